import { expect } from "chai";

import { startHardhat, type ChainProcess } from "../support/network/chain-process.ts";
import { assemble, type Cast } from "../support/index/cast.ts";
import { compareAt } from "../support/index/compare/all.ts";
import { noJobs } from "../support/index/market-moves.ts";
import { actionNames, randomLife, type Life } from "../support/index/random-life.ts";
import { startWorld, type World } from "../support/index/world.ts";

const FACTOR = Math.max(1, Number(process.env.FUZZ_RUNS) || 1);
const STEPS = 180 * FACTOR;
/** Steps to go on at most until every kind of action has succeeded at least once. */
const MORE = 1_500;
const SEED = Number(process.env.INDEX_SEED ?? 20_261_125);
/** Blocks besides the head at which everything is compared once more. */
const EARLIER = 2;

describe("the index beside a chain on which everybody does everything", function () {
  this.timeout(600_000 * FACTOR);
  let chain: ChainProcess;
  let world: World;
  let cast: Cast;
  let life: Life;
  const blocks: number[] = [];

  before(async () => {
    chain = await startHardhat();
    world = await startWorld(chain);
    cast = await assemble(world);
    life = await randomLife(world, cast, SEED);
    for (let part = 0; part < EARLIER; part++) {
      await life.steps(STEPS / (EARLIER + 1));
      blocks.push(await world.head());
    }
    const names = await actionNames(world, cast);
    for (let more = 0; more < MORE && names.some((name) => !life.done.has(name)); more++) await life.step();
    await world.indexed();
  });
  after(async () => {
    await world?.stop();
    await chain?.stop();
  });

  it("has seen every kind of action succeed", async () => {
    const missing = (await actionNames(world, cast)).filter((name) => !life.done.has(name));
    expect(missing).to.deep.equal([]);
  });

  it("equals the contracts at the head", async () => {
    await compareAt(world, cast, life, await world.head());
  });

  for (let part = 0; part < EARLIER; part++) {
    it(`equals the contracts at an earlier block (${part + 1} of ${EARLIER})`, async () => {
      await compareAt(world, cast, life, blocks[part]!);
    });
  }

  it("equals the contracts right after the deployment", async () => {
    const young: Life = { ...life, jobs: noJobs(), disputes: { claims: [] } };
    await compareAt(world, cast, young, world.network.deployBlock + 30);
  });
});
