import type { ContractTransactionResponse, Result } from "ethers";
import { ZeroHash, hexlify } from "ethers";

import { chunkPlace, nodePlace, sealCommitment, shardPlace, type Place, type Tree } from "@orion/protocol/disputes";
import {
  buildStepProof,
  elementCount,
  encodeProof,
  FORMAT,
  tensorType,
  type ProgramBuilder,
  type Value,
} from "@orion/protocol/tensor";

import { makeClaim, type ClaimFixture } from "../../test/support/claim-fixture.ts";
import { claimView, type ClaimView } from "../../test/support/claim-view.ts";
import { ALONE, ANYONE, STANDARD } from "../../test/support/dispute-fixture.ts";
import { ORION, deployMarketFixture, type MarketFixture } from "../../test/support/market-fixture.ts";
import { nodeSha256 } from "../../test/support/node-sha256.ts";
import { gasOf } from "../gas/measure.ts";
import { measuredProgram, noise, noiseConstant, SHARDS } from "../vm/claims.ts";
import type { DisputeFigures } from "./snapshot.ts";

const ROWS = 16_384;
const WIDTH = 1_024;
/** The unit that is disputed: the second, so that its shards begin at 64. */
const UNIT = 1;
/** Blocks after which the base fee of an idle chain asks for no more than the schedule. */
const IDLE = 40;
const SALT = ZeroHash;
/** Nothing of the program is needed above the shards. */
const NO_HEADER = {
  ...{ version: 0, nodeCount: 0, sharedSlots: 0, shardSlots: 0, outputCount: 0 },
  ...{ outputs: [0n, 0n] as [bigint, bigint], descriptorsRoot: ZeroHash },
};

/** An int8 matrix product of K = 1,024 whose operand and result have 16 MiB each. */
function product(b: ProgramBuilder): Value {
  const x = b.isqrt(b.sharedInput("i8", [ROWS, WIDTH]), "i8");
  const w = noiseConstant(b, tensorType("i8", [WIDTH, WIDTH]));
  const bias = Array.from({ length: WIDTH }, (_, n) => 65_793 * n - 19_088_743);
  const m = Array.from({ length: WIDTH }, (_, n) => 1_518_500_251 + 2 * n);
  return b.matmul(x, w, { dtype: "i8", m, s: 38, bias, zpX: 3 });
}

interface LyingClaim {
  readonly fixture: ClaimFixture;
  readonly node: number;
  readonly element: number;
}

/**
 * A claim over 64 shards of a program of 64 nodes, one element of whose product is altered. The values are noise, so that calldata costs what it costs
 * and nobody waits for 17 billion products; that element is not the product either way.
 */
function lyingClaim(): LyingClaim {
  const { program, constants, node } = measuredProgram(product);
  let constant = 0;
  const tensors = program.nodes.map((type, i) => (type.op === "constant" ? constants[constant++]! : noise(type, i)));
  const element = Math.floor(elementCount(program.nodes[node]!.dims) / 2) + 500;
  const alter = (shard: number, at: number, bytes: Uint8Array): Uint8Array => {
    if (shard !== 0 || at !== node) return bytes;
    const altered = bytes.slice();
    altered[element]! ^= 1;
    return altered;
  };
  const fixture = makeClaim(program, [tensors], { from: SHARDS, strangers: SHARDS - 1, alter });
  return { fixture, node, element };
}

type Sending = Promise<ContractTransactionResponse>;

interface Side {
  readonly f: MarketFixture;
  readonly key: string;
  readonly view: ClaimView;
}

/** The worker commits to the claim; the parties see it from then on. */
async function committed(f: MarketFixture, { facts, ...rest }: ClaimFixture): Promise<Side> {
  const [worker] = f.workers;
  const terms = f.terms({
    programRoot: hexlify(facts.programRoot),
    inputsRoot: hexlify(facts.inputsRoot),
    shards: facts.to,
    shardsPerClaim: SHARDS,
    rows: BigInt(facts.to),
    collateralPerClaim: 128n * ORION,
    options: STANDARD,
  });
  await f.market.connect(f.poster).postJob(terms);
  await f.market.connect(worker).claim(terms, [UNIT]);
  const key = await f.market.keyOf(await f.market.jobIdOf(terms), UNIT, 0, worker);
  await f.market.connect(worker).commit(terms, UNIT, key, facts.outputsRoot, ZeroHash);
  const windowEnd = (await f.time.latest()) + f.parameters.standard.challengeWindow;
  const view = claimView({ facts, ...rest }, { worker: worker.address, windowEnd, profile: STANDARD });
  await f.disputes.requireFacts(f.market, key, view.facts);
  return { f, key, view };
}

/** A dispute of an earlier claim of the worker, whose queue has a slot from then on. */
async function warmed(f: MarketFixture, fixture: ClaimFixture): Promise<void> {
  const side = await committed(f, fixture);
  await f.helpers.mine(IDLE);
  const of = await moves(side);
  await of.demandTrace(Math.log2(SHARDS));
  await of.respondTrace();
}

/** The moves of a dispute, each one transaction. */
async function moves({ f, key, view }: Side) {
  const { disputes, market, stranger: challenger } = f;
  const [worker] = f.workers;
  const { facts, header } = view;
  const call = [market, key, facts] as const;
  const near = { value: await disputes.priceOf(market, key, STANDARD) };
  const compute = { value: await disputes.priceOfTrace(STANDARD, SHARDS) };
  const shard = facts.from;
  const shardRoot = view.traceReply(0).shardRoot;
  return {
    demand: (tree: Tree, place: Place, levels: number, price: "near" | "compute" = "near"): Sending =>
      disputes
        .connect(challenger)
        .demand(
          ...call,
          tree === "trace" ? header : NO_HEADER,
          view.entryFor(tree, place, levels),
          view.placed(tree, place, levels),
          ALONE,
          ANYONE,
          price === "near" ? near : compute,
        ),
    respond: (tree: Tree, place: Place): Sending =>
      disputes
        .connect(worker)
        .respond(market, key, view.onChain(tree, place), view.hash(tree, place), view.answer(tree, place)),
    demandTrace: (levels: number): Sending =>
      disputes
        .connect(challenger)
        .demandTrace(...call, view.placed("outputs", shardPlace(view.shape, 0), levels), ANYONE, compute),
    respondTrace: (): Sending => disputes.connect(worker).respondTrace(...call, header, view.traceReply(0), "0x"),
    timeout: (): Sending => disputes.connect(challenger).timeout(market, key, view.traceSubject(0)),
    seal(proof: Uint8Array): Sending {
      const about = { shard, shardRoot: hexlify(shardRoot), proof };
      const claimId = disputes.claimIdOf(market, key);
      return claimId.then((id) =>
        disputes.connect(challenger).seal(sealCommitment(id, challenger.address, about, SALT)),
      );
    },
    prove: (kind: number, proof: Uint8Array): Sending =>
      disputes.connect(challenger).proveFraud(...call, shard, shardRoot, kind, proof, SALT),
  };
}

/** Gas of whole disputes and of what follows them, measured on a chain in this process. */
export async function measureDisputes(): Promise<DisputeFigures> {
  const f = await deployMarketFixture();
  const { fixture, node, element } = lyingClaim();
  await warmed(f, fixture);
  const side = await committed(f, fixture);
  await f.helpers.mine(IDLE);
  const { view, key } = side;
  const of = await moves(side);
  const step = buildStepProof(fixture.source(SHARDS), { node, element }, nodeSha256);
  const { kind, proof } = encodeProof({ kind: "step", proof: step });
  const begun = await f.helpers.takeSnapshot();
  const shardDepth = Math.log2(SHARDS);

  const silence = [await gasOf(of.demandTrace(shardDepth))];
  await f.time.increase(Number(await f.disputes.traceTime(STANDARD, SHARDS)) + f.parameters.standard.answerPeriod + 1);
  silence.push(await gasOf(of.timeout()));
  const terms = await termsOf(f);
  const forfeitSilence = await gasOf(f.market.settle(terms, [UNIT]));
  await begun.restore();

  const published = [await gasOf(of.demandTrace(shardDepth)), await gasOf(of.respondTrace())];
  const seal = await gasOf(of.seal(proof));
  await f.time.increase(f.parameters.standard.sealAge);
  published.push(seal, await gasOf(of.prove(kind, proof)));
  await begun.restore();

  const root = nodePlace(view.shape, 0, node);
  const chunk = chunkPlace(view.shape, 0, node, Math.floor(element / FORMAT.leafBytes));
  const inner = Math.floor(chunk / 2 ** 7);
  const [challenger, worker] = [[] as number[], [] as number[]];
  challenger.push(await gasOf(of.demand("outputs", 1, 0)));
  worker.push(await gasOf(of.respond("outputs", 1)));
  challenger.push(await gasOf(of.demandTrace(shardDepth)));
  worker.push(await gasOf(of.respondTrace()));
  for (const [place, levels, price] of [
    [root, Math.log2(view.shape.nodes), "near"],
    [inner, 7, "near"],
    [chunk, 7, "compute"],
  ] as const) {
    challenger.push(await gasOf(of.demand("trace", place, levels, price)));
    worker.push(await gasOf(of.respond("trace", place)));
  }
  const demands = challenger.slice();
  challenger.push(await gasOf(of.seal(proof)));
  await f.time.increase(f.parameters.standard.sealAge);
  const proving = await gasOf(of.prove(kind, proof));
  challenger.push(proving);
  const subjects = [view.subject("outputs", 1), view.traceSubject(0)];
  subjects.push(...[root, inner, chunk].map((place) => view.subject("trace", place)));
  const back = await gasOf(f.disputes.returnPrepayments(f.market, key, subjects));
  const withdraw = await gasOf(f.disputes.connect(f.stranger).withdraw(f.stranger));
  return {
    "silence: transactions": silence.length,
    "silence: gas of the challenger": sum(silence),
    "published data: trace, its answer, seal and proof": sum(published),
    "withheld data: transactions": challenger.length + worker.length,
    "withheld data: gas of all sides": sum(challenger) + sum(worker),
    "withheld data: challenger": sum(challenger),
    "withheld data: worker": sum(worker),
    "a trace demanded": demands[1]!,
    "a trace answered": worker[1]!,
    "one demand, dearest": Math.max(...demands),
    "one answer, dearest": Math.max(...worker),
    seal,
    "proof of an int8 product, K = 1,024": proving,
    "five prepayments returned": back,
    withdraw,
    "settlement of a claim that was proved wrong": await gasOf(f.market.settle(terms, [UNIT])),
    "settlement of a claim that fell by silence": forfeitSilence,
  };
}

/** The terms of the latest job. */
async function termsOf(f: MarketFixture): Promise<Parameters<MarketFixture["market"]["settle"]>[0]> {
  const posted = (await f.market.queryFilter(f.market.filters.JobPosted())).at(-1);
  if (posted === undefined) throw new Error("no job was posted");
  const { terms } = posted.args;
  return (terms as unknown as Result).toObject() as Parameters<MarketFixture["market"]["settle"]>[0];
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0);
}
