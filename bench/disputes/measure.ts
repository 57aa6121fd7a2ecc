import { hexlify } from "ethers";

import { chunkPlace, claimShape } from "@orion/protocol/disputes";
import { elementCount, FORMAT, tensorType, type ProgramBuilder, type Value } from "@orion/protocol/tensor";

import { makeClaim } from "../../test/support/claim-fixture.ts";
import { STANDARD } from "../../test/support/dispute-fixture.ts";
import { deployMarketFixture, type MarketFixture } from "../../test/support/market-fixture.ts";
import {
  answerAll,
  Challenger,
  commitTo,
  gasOf,
  lie,
  publish,
  type Commitment,
  type DisputedJob,
  type Step,
} from "../../test/support/whole-dispute.ts";
import { measuredProgram, noise, noiseConstant, SHARDS } from "../vm/claims.ts";
import type { DisputeFigures } from "./snapshot.ts";

const ROWS = 16_384;
const WIDTH = 1_024;

/** An int8 matrix product of K = 1,024 whose operand and result have 16 MiB each. */
function product(b: ProgramBuilder): Value {
  const x = b.isqrt(b.sharedInput("i8", [ROWS, WIDTH]), "i8");
  const w = noiseConstant(b, tensorType("i8", [WIDTH, WIDTH]));
  const bias = Array.from({ length: WIDTH }, (_, n) => 65_793 * n - 19_088_743);
  const m = Array.from({ length: WIDTH }, (_, n) => 1_518_500_251 + 2 * n);
  return b.matmul(x, w, { dtype: "i8", m, s: 38, bias, zpX: 3 });
}

/**
 * The job that is measured: claims of 64 shards of a program of 64 nodes. The values are noise, so that calldata costs what it costs
 * and nobody waits for 17 billion products; the element that the worker alters is not the product either way.
 */
async function measuredJob(f: MarketFixture): Promise<DisputedJob & { readonly node: number }> {
  const { program, constants, node } = measuredProgram(product);
  let constant = 0;
  const tensors = program.nodes.map((type, i) => (type.op === "constant" ? constants[constant++]! : noise(type, i)));
  const honest = makeClaim(program, [tensors], { from: SHARDS, strangers: SHARDS - 1 });
  const terms = f.terms({
    programRoot: hexlify(honest.facts.programRoot),
    inputsRoot: hexlify(honest.facts.inputsRoot),
    shards: honest.facts.to,
    shardsPerClaim: SHARDS,
    rows: BigInt(honest.facts.to),
    profile: STANDARD,
  });
  await f.market.connect(f.poster).postJob(terms);
  const job = { terms, id: await f.market.jobIdOf(terms) };
  return { f, job, unit: 1, honest, shape: claimShape(program, SHARDS), node };
}

const sum = (steps: readonly Step[]): number => steps.reduce((total, { gas }) => total + gas, 0);

/** Plays worker against challenger until the claim falls; every transaction of either side in order. */
async function play(of: DisputedJob, claim: Commitment, lies: ReturnType<typeof lie>): Promise<Step[]> {
  const challenger = new Challenger(of, claim, of.f.stranger);
  const steps: Step[] = [];
  for (;;) {
    const move = await challenger.step();
    steps.push(...challenger.steps.splice(0));
    if (move.type === "prove") return steps;
    const answers = await answerAll(of, claim, lies);
    if (answers.length === 0) throw new Error(`nobody moves after ${move.type}`);
    steps.push(...answers);
  }
}

/** Gas of whole disputes and of what follows them, measured on a chain in this process. */
export async function measureDisputes(): Promise<DisputeFigures> {
  const f = await deployMarketFixture("DisputeManager");
  const of = await measuredJob(f);
  const { node, shape, honest, job } = of;
  const element = Math.floor(elementCount(honest.program.nodes[node]!.dims) / 2) + 500;
  const index = Math.floor(element / FORMAT.leafBytes);
  const chunk = honest.source.claimed(0, node).slice(index * FORMAT.leafBytes, (index + 1) * FORMAT.leafBytes);
  chunk[element % FORMAT.leafBytes]! ^= 1;
  const lies = lie(of, { chunks: new Map([[chunkPlace(shape, 0, node, index), chunk]]) });

  const claim = await commitTo(of, f.workers[0], lies.root);
  const state = await f.helpers.takeSnapshot();
  const published = new Challenger(of, claim, f.stranger);
  publish(of, lies, published, [[0, node]]);
  await published.step();
  await state.restore();

  const steps = await play(of, claim, lies);
  const subjects = [...((await new Challenger(of, claim, f.stranger).dispute())?.demands.keys() ?? [])];
  const { market, disputes, stranger } = f;
  const back = await gasOf(disputes.returnPrepayments(market, claim.key, subjects));
  const withdraw = await gasOf(disputes.connect(stranger).withdraw(stranger));
  const settle = await gasOf(market.settle(job.terms, [of.unit]));

  const only = (what: Step["what"]): Step[] => steps.filter((step) => step.what === what);
  const most = (what: Step["what"]): number => Math.max(...only(what).map(({ gas }) => gas));
  return {
    "published data: seal and proof": sum(published.steps),
    "withheld data: transactions": steps.length,
    "withheld data: gas of all sides": sum(steps),
    "withheld data: challenger": sum(steps) - sum(only("respond")),
    "withheld data: worker": sum(only("respond")),
    "one demand, dearest": most("demand"),
    "one answer, dearest": most("respond"),
    seal: most("seal"),
    "proof of an int8 product, K = 1,024": most("prove"),
    "five prepayments returned": back,
    withdraw,
    "settlement of a fallen claim": settle,
  };
}
