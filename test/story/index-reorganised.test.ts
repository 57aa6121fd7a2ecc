import { expect } from "chai";

import { anvilPath, startAnvil, type ChainProcess } from "../support/network/chain-process.ts";
import { assemble, type Cast } from "../support/index/cast.ts";
import { compareAt } from "../support/index/compare/all.ts";
import { randomLife, type Life } from "../support/index/random-life.ts";
import { startWorld, type World } from "../support/index/world.ts";

const FACTOR = Math.max(1, Number(process.env.FUZZ_RUNS) || 1);
const SEED = Number(process.env.INDEX_SEED ?? 17);
/** Blocks taken back at once; the local graph-node is told that up to 50 may be. */
const DEPTHS = Array.from({ length: FACTOR }, () => [1, 2, 7, 20]).flat();
const anvil = anvilPath();

describe("the index beside a chain that takes back blocks", function () {
  this.timeout(600_000 * FACTOR);
  let chain: ChainProcess;
  let world: World;
  let cast: Cast;
  let life: Life;

  before(async function () {
    if (anvil === undefined) return this.skip();
    chain = await startAnvil(anvil);
    world = await startWorld(chain);
    cast = await assemble(world);
    life = await randomLife(world, cast, SEED);
    await life.steps(30);
  });
  after(async () => {
    await world?.stop();
    await chain?.stop();
  });

  for (const [round, depth] of DEPTHS.entries()) {
    it(`keeps no trace of ${depth} block${depth === 1 ? "" : "s"} (reorganisation ${round + 1})`, async () => {
      const begun = await world.head();
      let old = begun;
      // The index must have seen every block that is taken back, or the test would test nothing; and anvil, unlike other nodes, forgets them at
      // once, so graph-node could not ask for one that it has not kept.
      while (old - begun < depth) {
        await life.step();
        old = await world.indexed();
      }
      const before = await hashOf(chain, old);
      await chain.rpc("anvil_reorg", [depth, []]);
      expect(await hashOf(chain, old)).to.not.equal(before);
      await life.steps(8);
      const head = await world.indexed();
      await compareAt(world, cast, life, head);
      await compareAt(world, cast, life, old - Math.floor(depth / 2));
    });
  }
});

async function hashOf(chain: ChainProcess, block: number): Promise<string> {
  const found = (await chain.rpc("eth_getBlockByNumber", [`0x${block.toString(16)}`, false])) as { hash: string };
  return found.hash;
}
