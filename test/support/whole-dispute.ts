import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { hexlify, type ContractTransactionReceipt, type ContractTransactionResponse } from "ethers";

import type { Terms } from "@orion/protocol/chain";
import {
  ancestor,
  chunkPlace,
  claimIdOf,
  claimShape,
  depthOf,
  DisputeState,
  KnownClaim,
  makeProof,
  nextMove,
  nodeOf,
  nodePlace,
  partialProofSource,
  positionOf,
  sealCommitment,
  tensorTop,
  type ClaimDispute,
  type ClaimShape,
  type Move,
} from "@orion/protocol/disputes";
import {
  interpret,
  nodeFacts,
  proofHeader,
  type BuiltProgram,
  type ClaimTree,
  type ProgramInputs,
  type Tensor,
} from "@orion/protocol/tensor";

import { randomProgram } from "../unit/tensor/random-program.ts";
import { Random } from "../unit/tensor/random.ts";
import { makeClaim, type ClaimFixture, type Facts } from "./claim-fixture.ts";
import { NO_ENTRY } from "./disputed-claim.ts";
import { LyingClaim, type Lies } from "./lying-claim.ts";
import { OUTPUTS, type Job } from "./market-steps.ts";
import type { MarketFixture } from "./market-fixture.ts";
import { nodeSha256 } from "./node-sha256.ts";
import { SALT, STANDARD } from "./dispute-fixture.ts";

/** A job of several units, the second of which is disputed; its truth is known to everybody who computes. */
export interface DisputedJob {
  readonly f: MarketFixture;
  readonly job: Job;
  readonly unit: number;
  readonly honest: ClaimFixture;
  readonly shape: ClaimShape;
}

/** One committed claim of a job's disputed unit. */
export interface Commitment {
  readonly key: string;
  readonly facts: Facts;
  readonly worker: HardhatEthersSigner;
}

/** One transaction of a dispute. */
export interface Step {
  readonly what: Move["type"] | "respond" | "seal";
  readonly gas: number;
}

/** Posts a job of `units` units of `shards` shards each over a program, inputs differing by shard. */
export async function postDisputedJob(
  f: MarketFixture,
  { program }: BuiltProgram,
  inputs: readonly ProgramInputs[],
  changes: Partial<Terms> = {},
): Promise<DisputedJob> {
  const shards = inputs.length;
  const tensors = inputs.map((given) => interpret(program, given));
  const honest = makeClaim(program, tensors, { from: shards, shards: 2 * shards });
  const { programRoot, inputsRoot } = honest.facts;
  const terms = f.terms({
    programRoot: hexlify(programRoot),
    inputsRoot: hexlify(inputsRoot),
    shards: 2 * shards,
    shardsPerClaim: shards,
    rows: BigInt(2 * shards),
    profile: STANDARD,
    ...changes,
  });
  await f.market.connect(f.poster).postJob(terms);
  const job = { terms, id: await f.market.jobIdOf(terms) };
  return { f, job, unit: 1, honest, shape: claimShape(program, shards) };
}

/** A job over a random small program and random inputs. */
export async function randomJob(f: MarketFixture, seed: number, shards: number): Promise<DisputedJob> {
  const r = new Random(seed);
  const built = randomProgram(seed);
  const slots = (kind: number): Tensor[] =>
    built.program.nodes.filter(({ op, attrs }) => op === "input" && attrs[0] === kind).map((node) => r.tensor(node));
  const shared = slots(0);
  const inputs = Array.from({ length: shards }, () => ({ constants: built.constants, shared, shard: slots(1) }));
  return await postDisputedJob(f, built, inputs);
}

/** Claims the disputed unit and commits a root to it. */
export async function commitTo(
  { f, job, unit, honest }: DisputedJob,
  worker: HardhatEthersSigner,
  claimRoot: Uint8Array,
): Promise<Commitment> {
  await f.market.connect(worker).claim(job.terms, [unit]);
  const { attempt } = (await f.market.unit(job.id, unit)).slot;
  const key = await f.market.keyOf(job.id, unit, attempt, worker);
  await f.market.connect(worker).commit(job.terms, unit, key, claimRoot, OUTPUTS);
  const window = f.parameters.standard.challengeWindow;
  const windowEnd = (await f.time.latest()) + window;
  const facts = { ...honest.facts, claimRoot, worker: worker.address, windowEnd, profile: STANDARD };
  await f.disputes.requireFacts(f.market, key, facts);
  return { key, facts, worker };
}

/** A challenger that plays by the state table alone: chain and own computation in, transactions out. */
export class Challenger {
  readonly known: KnownClaim;
  readonly steps: Step[] = [];
  readonly #of: DisputedJob;
  readonly #claim: Commitment;
  readonly #signer: HardhatEthersSigner;
  readonly #tree: ClaimTree;

  constructor(of: DisputedJob, claim: Commitment, signer: HardhatEthersSigner) {
    this.#of = of;
    this.#claim = claim;
    this.#signer = signer;
    this.#tree = of.honest.source.claim as ClaimTree;
    this.known = new KnownClaim(of.shape, claim.facts.claimRoot, nodeSha256);
  }

  /** What the chain tells about the claim now. */
  async dispute(): Promise<ClaimDispute | undefined> {
    return await readDispute(this.#of, this.#claim);
  }

  async next(): Promise<Move> {
    const { f, shape, honest } = this.#of;
    const dispute = await this.dispute();
    const times = new Map<number, number>();
    for (const { answeredInBlock: block } of dispute?.demands.values() ?? []) {
      if (block !== undefined) times.set(block, (await f.ethers.provider.getBlock(block))!.timestamp);
    }
    return nextMove({
      known: this.known,
      own: (place) => this.#tree.hash(positionOf(shape, place)),
      program: honest.program,
      dispute,
      now: await f.time.latest(),
      windowEnd: this.#claim.facts.windowEnd,
      descendPeriod: f.parameters.standard.descendPeriod,
      timeOfBlock: (block) => times.get(block)!,
    });
  }

  /** Takes one step; returns what it was. */
  async step(): Promise<Move> {
    const move = await this.next();
    await this.take(move);
    return move;
  }

  /** Sends what a move says. */
  async take(move: Move): Promise<void> {
    if (move.type === "demand") await this.#demand(move);
    if (move.type === "timeout") {
      const { f } = this.#of;
      const { disputes, market } = f;
      await this.#note("timeout", disputes.connect(this.#signer).timeout(market, this.#claim.key, move.subject));
    }
    if (move.type === "prove") await this.#prove(move);
  }

  async #demand({ place, hash, path }: Extract<Move, { type: "demand" }>): Promise<void> {
    const { f, shape, honest } = this.#of;
    const { disputes, market } = f;
    const { key, facts } = this.#claim;
    const top = tensorTop(shape);
    const enters = depthOf(place) >= top && depthOf(ancestor(place, path.length)) < top;
    const { descriptor, descriptorPath } = nodeFacts(
      honest.program,
      { shard: 0, node: enters ? nodeOf(shape, place) : 0 },
      nodeSha256,
    );
    const entry = enters ? { descriptor, path: [...descriptorPath] } : NO_ENTRY;
    const value = await disputes.priceOf(market, key, facts.profile);
    const header = proofHeader(honest.program, nodeSha256);
    const sending = disputes
      .connect(this.#signer)
      .demand(market, key, facts, header, entry, { place, hash, path }, { value });
    await this.#note("demand", sending);
  }

  async #prove({ difference }: Extract<Move, { type: "prove" }>): Promise<void> {
    const { f, honest } = this.#of;
    const { disputes, market } = f;
    const { key, facts } = this.#claim;
    const { program, from, given, inputs } = honest.source;
    const own = { tree: this.#tree, tensors: honest.source.claimed };
    const source = partialProofSource({ program, from, given, inputs }, this.known, own);
    const { kind, proof } = makeProof(difference, this.known, own, source, nodeSha256);
    const judge = disputes.connect(this.#signer);
    const commitment = sealCommitment(claimIdOf(await market.getAddress(), key), this.#signer.address, proof, SALT);
    await this.#note("seal", judge.seal(commitment));
    await this.#note("prove", judge.proveFraud(market, key, facts, kind, proof, SALT));
  }

  async #note(what: Step["what"], sending: Promise<ContractTransactionResponse>): Promise<void> {
    this.steps.push({ what, gas: await gasOf(sending) });
  }
}

export async function gasOf(sending: Promise<ContractTransactionResponse>): Promise<number> {
  const receipt = (await (await sending).wait()) as ContractTransactionReceipt;
  return Number(receipt.gasUsed);
}

/** The events of one claim, as a state. */
export async function readDispute({ f }: DisputedJob, { key }: Commitment): Promise<ClaimDispute | undefined> {
  const market = await f.market.getAddress();
  const state = new DisputeState();
  const topics = [null, `0x${market.slice(2).toLowerCase().padStart(64, "0")}`, key];
  const address = await f.disputes.getAddress();
  for (const log of await f.ethers.provider.getLogs({ address, topics, fromBlock: 0, toBlock: "latest" })) {
    const parsed = f.disputes.interface.parseLog(log);
    if (parsed === null) continue;
    const args: Record<string, unknown> = parsed.args.toObject();
    state.apply({ name: parsed.name, args, block: log.blockNumber, transaction: log.transactionHash });
  }
  return state.of(market, key);
}

/** Answers every open demand by what the liar claimed; returns how many it could answer. */
export async function answerAll(of: DisputedJob, claim: Commitment, lies: LyingClaim): Promise<Step[]> {
  const { disputes, market } = of.f;
  const steps: Step[] = [];
  for (const { at, answer } of (await readDispute(of, claim))?.demands.values() ?? []) {
    if (at === undefined || answer !== undefined) continue;
    const data = lies.answer(at.place);
    if (data === undefined) continue;
    const sending = disputes.connect(claim.worker).respond(market, claim.key, at.place, at.hash, data);
    steps.push({ what: "respond", gas: await gasOf(sending) });
  }
  return steps;
}

/** The claim of a worker that computed honestly and then lied. */
export function lie({ honest, shape }: DisputedJob, lies: Partial<Lies>): LyingClaim {
  const { claim, claimed } = honest.source;
  const all = {
    chunks: lies.chunks ?? new Map<number, Uint8Array>(),
    hashes: lies.hashes ?? new Map<number, Uint8Array>(),
  };
  return new LyingClaim(shape, claim as ClaimTree, claimed, all);
}

/** Gives the challenger what a worker publishes with its outputs: all node roots, and the tensors asked for. */
export function publish(of: DisputedJob, lies: LyingClaim, { known }: Challenger, tensors: [number, number][]): void {
  const { shape } = of;
  const all = Array.from({ length: shape.shards }, (_, shard) =>
    Array.from({ length: shape.nodes }, (_, node) => lies.hash(nodePlace(shape, shard, node))),
  );
  if (!known.learnNodeRoots(all)) throw new Error("the published roots are not the claim's");
  for (const [shard, node] of tensors) {
    const bytes = lies.tensor(shard, node, chunkPlace(shape, shard, node, 0));
    if (!known.learnTensor(shard, node, bytes)) throw new Error("the published tensor is not the claim's");
  }
}
