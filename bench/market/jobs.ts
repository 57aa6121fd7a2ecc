import { MaxUint256, ZeroAddress, ZeroHash, concat, hexlify, id } from "ethers";

import { claimKeyOf, jobIdOf, type Terms } from "@orion/protocol/chain";
import { claimIdOf, sealCommitment } from "@orion/protocol/disputes";
import {
  buildStepProof,
  encodeProof,
  interpret,
  ProgramBuilder,
  proofHeader,
  tensorType,
  type EncodedProof,
  type ProofHeader,
} from "@orion/protocol/tensor";

import { makeClaim, type Facts } from "../../test/support/claim-fixture.ts";
import { nodeSha256 } from "../../test/support/node-sha256.ts";
import { FEE_TIER } from "./contracts.ts";
import type { Job } from "./state.ts";
import { most, toCu, toOrion } from "./units.ts";
import type { World } from "./world.ts";

/** Profile whose clocks jobs here have. */
const STANDARD = 1;
const UNITS = [0];
const SALT = id("salt of the market's validator");
const DATASET = id("dataset of the market");
/** ORION of collateral for a CU of work: so many times its mean price of a week, as the command line sets it. */
const COLLATERAL_FACTOR = 20;

interface Work {
  readonly right: Facts;
  readonly wrong: Facts;
  readonly header: ProofHeader;
  /** The wrong trace as its worker answers it. */
  readonly nodeRoots: readonly string[];
  readonly shardRoot: string;
  readonly proof: EncodedProof;
}

/**
 * The small program that every job of the market runs: its true claim, one that is wrong in an element, and the proof of that. What a job
 * pays for is stated in its terms and has nothing to do with how small the program is.
 */
const WORK = ((): Work => {
  const builder = new ProgramBuilder();
  const input = builder.shardInput("u8", [4, 8]);
  const { program, constants } = builder.build(builder.reduceSum(input, 1, "i16"));
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => i);
  const tensor = { ...tensorType("u8", [4, 8]), data: bytes };
  const tensors = [interpret(program, { constants, shared: [], shard: [tensor] })];
  const [output = 0] = program.outputNodes;
  const alter = (_: number, node: number, value: Uint8Array): Uint8Array =>
    node === output ? value.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) : value;
  const wrong = makeClaim(program, tensors, { alter });
  const proof = buildStepProof(wrong.source(0), { node: output, element: 0 }, nodeSha256);
  const trace = wrong.trace(0);
  return {
    right: makeClaim(program, tensors).facts,
    wrong: wrong.facts,
    header: proofHeader(program, nodeSha256),
    nodeRoots: program.nodes.map((_, node) => hexlify(trace.nodeRoot(node))),
    shardRoot: hexlify(trace.root),
    proof: encodeProof({ kind: "step", proof }),
  };
})();

/** Terms of a job of `size` CU, one shard, at par, without a keeper. */
export function termsOf(world: World, poster: string, size: number, number: number, collateral?: bigint): Terms {
  const { view, contracts } = world;
  const work = toCu(size);
  const mean = view.weekMean > 0 ? view.weekMean : world.price;
  const collateralPerClaim =
    collateral ?? most(toOrion(COLLATERAL_FACTOR * mean * size), contracts.parameters.claimCollateral);
  return {
    poster,
    salt: id(`job ${number} of ${poster}`),
    programRoot: hexlify(WORK.right.programRoot),
    dataset: DATASET,
    inputsRoot: hexlify(WORK.right.inputsRoot),
    challengers: ZeroHash,
    rows: 1n,
    shards: 1,
    shardsPerClaim: 1,
    workPerShard: work,
    pricePerShard: work,
    keeper: ZeroAddress,
    keeperFee: 0n,
    collateralPerClaim,
    options: STANDARD,
  };
}

/** Buys the escrow and posts the job in one transaction, for at most what the pool asks now; returns the ORION. */
export async function buyAndPost(world: World, terms: Terms): Promise<bigint> {
  const { buyAndPost: router, at } = world.contracts;
  const cost = world.bookPurchase(terms.pricePerShard);
  const hops = [{ tokenOut: at.credits, fee: FEE_TIER }];
  const payment = { tokenIn: at.orion, hops, maxIn: cost, deadline: MaxUint256 };
  const data = router.interface.encodeFunctionData("buyAndPost", [terms, payment]);
  await world.chain.send(terms.poster, at.buyAndPost, data, "buy and post");
  return cost;
}

/** Posts a job from CU in hand. */
export async function post(world: World, terms: Terms): Promise<void> {
  await market(world, terms.poster, "postJob", [terms]);
}

export async function addTip(world: World, job: Job, amount: bigint): Promise<void> {
  await market(world, job.terms.poster, "addTip", [job.terms, amount]);
}

export async function cancel(world: World, job: Pick<Job, "terms">): Promise<void> {
  await market(world, job.terms.poster, "cancel", [job.terms]);
}

export async function claim(world: World, terms: Terms, worker: string): Promise<void> {
  await market(world, worker, "claim", [terms, UNITS]);
}

/** Commits the true root, or the wrong one. */
export async function commit(
  world: World,
  terms: Terms,
  worker: string,
  attempt: number,
  lies: boolean,
): Promise<void> {
  const root = lies ? WORK.wrong.outputsRoot : WORK.right.outputsRoot;
  await market(world, worker, "commit", [terms, 0, keyOf(world, { terms, worker, attempt }), root, DATASET]);
}

export async function settle(world: World, terms: Terms, sender: string): Promise<void> {
  await market(world, sender, "settle", [terms, UNITS]);
}

/** Seconds from a commit to the end of its challenge window. */
export const windowOf = (world: World): number => world.contracts.parameters.standard.challengeWindow;

/** A committed claim as its judge knows it. */
export interface Claimed {
  readonly terms: Terms;
  readonly worker: string;
  readonly attempt: number;
  readonly windowEnd: number;
}

/** Place of the only shard's leaf, which is the root of the outputs tree. */
const LEAF = (1n << 63n) | 1n;
const EVERYONE = { path: [], reserve: ZeroHash, attempt: 0 };

/** Seals the proof that a committed claim is wrong and demands the trace of its shard, which its worker answers; `prove` may follow an hour later. */
export async function seal(world: World, claimed: Claimed, prover: string): Promise<void> {
  const { disputes, at } = world.contracts;
  const key = keyOf(world, claimed);
  const sealed = { shard: 0, shardRoot: WORK.shardRoot, proof: WORK.proof.proof };
  const commitment = sealCommitment(claimIdOf(at.market, key), prover, sealed, SALT);
  await world.chain.send(prover, at.disputes, disputes.interface.encodeFunctionData("seal", [commitment]), "seal");
  const facts = factsOf(claimed);
  // What is paid too much stays the prover's, as a balance with the judge.
  const price = 4n * (await disputes.priceOfTrace(STANDARD, 1));
  const target = { place: LEAF, hash: facts.outputsRoot, path: [] };
  const demand = disputes.interface.encodeFunctionData("demandTrace", [at.market, key, facts, target, EVERYONE]);
  await world.chain.send(prover, at.disputes, demand, "demand a trace", price);
  const trace = { shard: 0, shardRoot: WORK.shardRoot, data: concat(WORK.nodeRoots), outputRoots: [], paths: [] };
  const { outputs, ...header } = WORK.header;
  const answer = [
    at.market,
    key,
    facts,
    { ...header, outputs: [...outputs] as [bigint, bigint] },
    trace,
    "0x",
  ] as const;
  const data = disputes.interface.encodeFunctionData("respondTrace", [...answer]);
  await world.chain.send(claimed.worker, at.disputes, data, "answer a trace");
}

export async function prove(world: World, claimed: Claimed, prover: string): Promise<void> {
  const { disputes, at } = world.contracts;
  const { kind, proof } = WORK.proof;
  const call = [at.market, keyOf(world, claimed), factsOf(claimed), 0, WORK.shardRoot, kind, proof, SALT] as const;
  await world.chain.send(prover, at.disputes, disputes.interface.encodeFunctionData("proveFraud", [...call]), "prove");
}

function factsOf({ worker, windowEnd }: Claimed): Facts {
  return { ...WORK.wrong, worker, windowEnd, profile: STANDARD };
}

/** Hardhat's own. */
const CHAIN_ID = 31_337;

function keyOf({ contracts: { at } }: World, { terms, worker, attempt }: Omit<Claimed, "windowEnd">): string {
  const [unit] = UNITS;
  return claimKeyOf(CHAIN_ID, at.market, jobIdOf(CHAIN_ID, at.market, terms), unit!, attempt, worker);
}

type MarketCall = "postJob" | "addTip" | "cancel" | "claim" | "commit" | "settle";

async function market(world: World, from: string, what: MarketCall, values: readonly unknown[]): Promise<void> {
  const { market: contract, at } = world.contracts;
  const data = contract.interface.encodeFunctionData(what as "settle", values as never);
  await world.chain.send(from, at.market, data, what);
}
