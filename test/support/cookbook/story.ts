import { id, parseEther, toBeHex, ZeroHash } from "ethers";

import type { Terms } from "@orion/protocol/chain";
import { CREDIT } from "@orion/protocol/common";
import { optionsOf } from "@orion/protocol/disputes";

import { Random } from "../../unit/tensor/random.ts";
import { assemble } from "../index/cast.ts";
import type { Disputes } from "../index/disputable.ts";
import { disputeMoves } from "../index/dispute-moves.ts";
import { UNIT } from "../index/known-truth.ts";
import { noJobs } from "../index/market-moves.ts";
import type { Move } from "../index/move.ts";
import type { World } from "../index/world.ts";

const CU = CREDIT;
const NEVER = 2n ** 40n;
const DAY = 86_400;
const SEED = 11;
const MOST_TRIES = 200;

/** What the questions of the cookbook are asked about. */
export interface Told {
  readonly job: string;
  readonly engineer: string;
  readonly worker: string;
  readonly pool: string;
}

/**
 * A short story, the same each time: a job of which one unit is accepted and paid and another computed, a swap, some credits redeemed, a report of the
 * dollar price, and a claim that is proved wrong.
 */
export async function tellStory(world: World): Promise<Told> {
  const cast = await assemble(world);
  const { market, dex, credits } = world.contracts;
  const at = world.network.addresses;
  const [engineer = ""] = cast.engineers;
  const [worker = ""] = cast.workers;
  const must = async (from: string, to: string, data: string): Promise<void> => {
    if (!(await world.act(from, to, data))) throw new Error("a step of the story was refused");
  };
  const terms = termsOf(engineer, cast.keeper);
  const abi = market.interface;
  await must(engineer, at.market, abi.encodeFunctionData("postJob", [terms]));
  const job = await market.jobIdOf(terms);
  await must(cast.keeper, at.market, abi.encodeFunctionData("publishManifest", [terms, id("manifest")]));
  await must(engineer, at.market, abi.encodeFunctionData("addTip", [terms, CU]));
  await must(worker, at.market, abi.encodeFunctionData("claim", [terms, [0, 1]]));
  const { slot } = await market.unit(job, 0);
  const key = await market.keyOf(job, 0, slot.attempt, worker);
  await must(worker, at.market, abi.encodeFunctionData("commit", [terms, 0, key, id("outputs root"), id("outputs")]));
  await must(engineer, at.market, abi.encodeFunctionData("accept", [terms, [0]]));
  await must(cast.keeper, at.market, abi.encodeFunctionData("publishResult", [job, id("result root"), id("result")]));
  const hops = [{ tokenOut: at.credits, fee: 30 }];
  const swap = { tokenIn: at.orion, hops, to: engineer, deadline: NEVER, amountIn: parseEther("10"), minOut: 0n };
  await must(cast.traders[0] ?? "", at.dex, dex.interface.encodeFunctionData("swapExactIn", [swap]));
  const { usdPrices } = world.contracts;
  await must(cast.keeper, at.usdPrices ?? "", usdPrices?.interface.encodeFunctionData("report") ?? "");
  const disputes: Disputes = { claims: [] };
  const moves = disputeMoves({ world, cast, random: new Random(SEED) }, noJobs(), disputes);
  await proveOneWrong(moves, disputes);
  // Whichever of them fell is forfeit; the others are passed over.
  for (const claim of disputes.claims) {
    await must(engineer, at.market, abi.encodeFunctionData("settle", [claim.terms, [UNIT]]));
  }
  // A candle is there when its day is over.
  await world.pass(DAY);
  return {
    job,
    engineer: engineer.toLowerCase(),
    worker: worker.toLowerCase(),
    pool: toBeHex(await credits.POOL(), 32),
  };
}

function termsOf(poster: string, keeper: string): Terms {
  return {
    ...{
      poster,
      keeper,
      salt: id("salt"),
      programRoot: id("program"),
      dataset: id("dataset"),
      inputsRoot: id("inputs"),
    },
    ...{ rows: 400n, shards: 4, shardsPerClaim: 2, workPerShard: CU, pricePerShard: 2n * CU, keeperFee: CU / 10n },
    ...{ collateralPerClaim: parseEther("14"), challengers: ZeroHash, options: optionsOf({ profile: 1 }) },
  };
}

async function proveOneWrong(moves: readonly Move[], disputes: Disputes): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES && disputes.claims.at(-1)?.lying !== true; tries++) {
    await until(moves, "work on a disputable unit");
  }
  // A proof is judged against the trace that its worker has given.
  const walk = ["demand a trace", "answer a trace", "prove fraud"].map((name) =>
    moves.find((one) => one.name === name),
  );
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    for (const move of walk) if ((await move?.play()) === true && move?.name === "prove fraud") return;
  }
  throw new Error("no claim was proved wrong");
}

/** Some actions have random arguments, and the contracts refuse some of them. */
async function until(moves: readonly Move[], name: string): Promise<void> {
  const move = moves.find((one) => one.name === name);
  for (let tries = 0; tries < MOST_TRIES; tries++) if ((await move?.play()) === true) return;
  throw new Error(`no "${name}" succeeded`);
}
