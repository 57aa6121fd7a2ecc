import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { hexlify, ZeroHash, type ContractTransactionReceipt, type ContractTransactionResponse } from "ethers";

import type { Terms } from "@orion/protocol/chain";
import {
  ancestor,
  chunkPlace,
  claimIdOf,
  claimShape,
  demandTop,
  depthOf,
  DisputeState,
  KnownClaim,
  makeMissingProof,
  makeProof,
  nextMove,
  nodeOf,
  openDemands,
  optionsOf,
  partialProofSource,
  placeOnChain,
  sealCommitment,
  shardDepth,
  shardOf,
  shardPlace,
  subjectOf,
  tensorTop,
  traceHash,
  type ClaimDispute,
  type ClaimShape,
  type Move,
  type OwnHash,
  type OwnTrace,
  type Provable,
  type ReadyProof,
  type Situation,
} from "@orion/protocol/disputes";
import {
  interpret,
  nodeFacts,
  proofHeader,
  type BuiltProgram,
  type Program,
  type ProofHeader,
  type ProgramInputs,
  type Tensor,
} from "@orion/protocol/tensor";

import { randomProgram } from "../unit/tensor/random-program.ts";
import { Random } from "../unit/tensor/random.ts";
import { makeClaim, type ClaimFixture, type Facts } from "./claim-fixture.ts";
import { NO_ENTRY } from "./claim-view.ts";
import { ALONE, SALT, STANDARD } from "./dispute-fixture.ts";
import { LyingClaim, type Lies } from "./lying-claim.ts";
import { OUTPUTS, type Job } from "./market-steps.ts";
import type { MarketFixture } from "./market-fixture.ts";
import { nodeSha256 } from "./node-sha256.ts";

/** A job of several units, the second of which is disputed; its truth is known to everybody who computes. */
export interface DisputedJob {
  readonly f: MarketFixture;
  readonly job: Job;
  readonly unit: number;
  readonly honest: ClaimFixture;
  readonly shape: ClaimShape;
  /** The own computation, by shard of the claim. */
  readonly traces: readonly OwnTrace[];
}

/** One committed claim of a job's disputed unit. */
export interface Commitment {
  readonly key: string;
  readonly facts: Facts;
  readonly worker: HardhatEthersSigner;
}

/** One transaction of a dispute. */
export interface Step {
  readonly what: Move["type"] | "respond" | "respondTrace" | "seal";
  readonly gas: number;
}

const ANYONE = { path: [], reserve: ZeroHash, attempt: 0 };
/** More than any demand prepays here; the rest becomes a balance. */
const PLENTY = 10n ** 17n;

/** Posts a job of two units of `shards` shards each over a program, inputs differing by shard. */
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
    options: optionsOf({ profile: STANDARD }),
    ...changes,
  });
  await f.market.connect(f.poster).postJob(terms);
  const job = { terms, id: await f.market.jobIdOf(terms) };
  const traces = Array.from({ length: shards }, (_, s): OwnTrace => {
    const shard = honest.facts.from + s;
    return { tree: honest.trace(shard), tensors: (node) => honest.source(shard).claimed(node) };
  });
  return { f, job, unit: 1, honest, shape: claimShape(program, shards), traces };
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
  outputsRoot: Uint8Array,
): Promise<Commitment> {
  await f.market.connect(worker).claim(job.terms, [unit]);
  const { attempt } = (await f.market.unit(job.id, unit)).slot;
  const key = await f.market.keyOf(job.id, unit, attempt, worker);
  await f.market.connect(worker).commit(job.terms, unit, key, outputsRoot, OUTPUTS);
  const window = f.parameters.standard.challengeWindow;
  const windowEnd = (await f.time.latest()) + window;
  const facts = { ...honest.facts, outputsRoot, worker: worker.address, windowEnd, profile: STANDARD };
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

  constructor(of: DisputedJob, claim: Commitment, signer: HardhatEthersSigner) {
    this.#of = of;
    this.#claim = claim;
    this.#signer = signer;
    this.known = new KnownClaim(of.shape, claim.facts.outputsRoot, nodeSha256);
  }

  /** What the chain tells about the claim now. */
  async dispute(): Promise<ClaimDispute | undefined> {
    return await readDispute(this.#of, this.#claim);
  }

  async next(): Promise<Move> {
    return nextMove(await this.#situation());
  }

  /** The demand that is made before anything is compared, where nothing is published. */
  async top(): Promise<Move> {
    return demandTop(await this.#situation());
  }

  async #situation(): Promise<Situation> {
    const { f, honest, shape } = this.#of;
    const { facts } = this.#claim;
    const dispute = await this.dispute();
    const times = new Map<number, number>();
    for (const { answeredInBlock: block } of dispute?.demands.values() ?? []) {
      if (block !== undefined) times.set(block, (await f.ethers.provider.getBlock(block))!.timestamp);
    }
    const { descendPeriod, answerPeriod } = f.parameters.standard;
    return {
      known: this.known,
      own: ownHash(this.#of),
      program: honest.program,
      dispute,
      from: facts.from,
      now: await f.time.latest(),
      windowEnd: facts.windowEnd,
      ...{ descendPeriod, answerPeriod },
      traceTime: Number(await f.disputes.traceTime(facts.profile, shape.shards)),
      timeOfBlock: (block) => times.get(block)!,
    };
  }

  /** Takes one step; returns what it was. */
  async step(): Promise<Move> {
    const move = await this.next();
    await this.take(move);
    return move;
  }

  /** Sends what a move says. */
  async take(move: Move): Promise<void> {
    const { disputes, market } = this.#of.f;
    const judge = disputes.connect(this.#signer);
    if (move.type === "demand") await this.#demand(move);
    if (move.type === "demandTrace") {
      const { key, facts } = this.#claim;
      const place = placeOnChain("outputs", shardPlace(this.#of.shape, move.shard));
      const target = { place, hash: move.leaf, path: move.path };
      await this.#note("demandTrace", judge.demandTrace(market, key, facts, target, ANYONE, { value: PLENTY }));
    }
    if (move.type === "timeout") await this.#note("timeout", judge.timeout(market, this.#claim.key, move.subject));
    if (move.type === "prove") await this.#prove(move.difference);
  }

  async #demand({ tree, place, hash, path, leader }: Extract<Move, { type: "demand" }>): Promise<void> {
    const { f, shape, honest } = this.#of;
    const { disputes, market } = f;
    const { key, facts } = this.#claim;
    const top = tensorTop(shape);
    const enters = tree === "trace" && depthOf(place) >= top && depthOf(ancestor(place, path.length)) < top;
    const { descriptor, descriptorPath } = nodeFacts(honest.program, enters ? nodeOf(shape, place) : 0, nodeSha256);
    const entry = enters ? { descriptor, path: [...descriptorPath] } : NO_ENTRY;
    const header = headerOf(honest.program);
    const target = { place: placeOnChain(tree, place), hash, path };
    const joined = leader === undefined ? ALONE : { place: placeOnChain("trace", leader.place), hash: leader.hash };
    const sending = disputes
      .connect(this.#signer)
      .demand(market, key, facts, header, entry, target, joined, ANYONE, { value: PLENTY });
    await this.#note("demand", sending);
  }

  async #prove(difference: Provable): Promise<void> {
    const { f } = this.#of;
    const { disputes, market } = f;
    const { key, facts } = this.#claim;
    const ready = this.#proofOf(difference);
    const { shard, shardRoot, kind, proof } = ready;
    const judge = disputes.connect(this.#signer);
    const commitment = sealCommitment(claimIdOf(await market.getAddress(), key), this.#signer.address, ready, SALT);
    await this.#note("seal", judge.seal(commitment));
    await f.time.increase(f.parameters.standard.sealAge);
    await this.#note("prove", judge.proveFraud(market, key, facts, shard, shardRoot, kind, proof, SALT));
  }

  #proofOf(difference: Provable): ReadyProof {
    const { honest, traces } = this.#of;
    const { program, facts } = honest;
    if (difference.kind === "missing") {
      return makeMissingProof(difference, this.known, program, facts.from, nodeSha256);
    }
    const { given, inputs } = honest.source(facts.from + difference.shard);
    const own = traces[difference.shard]!;
    const base = { program, shard: facts.from + difference.shard, given, inputs };
    const source = partialProofSource(base, difference.shard, this.known, own);
    return makeProof(difference, this.known, own.tensors, source, nodeSha256);
  }

  async #note(what: Step["what"], sending: Promise<ContractTransactionResponse>): Promise<void> {
    this.steps.push({ what, gas: await gasOf(sending) });
  }
}

/** The head of a program, as the generated types of the contracts take it. */
export function headerOf(program: Program): Omit<ProofHeader, "outputs"> & { outputs: [bigint, bigint] } {
  const { outputs, ...rest } = proofHeader(program, nodeSha256);
  return { ...rest, outputs: [...outputs] };
}

function ownHash({ honest, shape, traces }: DisputedJob): OwnHash {
  return (tree, place) => {
    const depth = depthOf(place);
    if (tree === "outputs") return honest.outputs.hash(shardDepth(shape) - depth, place - 2 ** depth);
    return traceHash(traces[shardOf(shape, place)]!, shape, place);
  };
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

/** What all demands on a claim are named by. */
export async function subjectsOf(of: DisputedJob, claim: Commitment): Promise<string[]> {
  const dispute = await readDispute(of, claim);
  return [...(dispute?.demands.values() ?? [])].map(({ what }) => subjectOf(what, of.shape, claim.facts.from));
}

/** Answers every open demand by what the liar claimed; returns the transactions. */
export async function answerAll(of: DisputedJob, claim: Commitment, lies: LyingClaim): Promise<Step[]> {
  const { disputes, market } = of.f;
  const { key, facts } = claim;
  const judge = disputes.connect(claim.worker);
  const header = headerOf(of.honest.program);
  const steps: Step[] = [];
  for (const { what } of openDemands(await readDispute(of, claim))) {
    if (what.kind === "shard") {
      const trace = lies.trace(what.shard - facts.from);
      if (trace === undefined) continue;
      const sending = judge.respondTrace(market, key, facts, header, { shard: what.shard, ...trace }, "0x");
      steps.push({ what: "respondTrace", gas: await gasOf(sending) });
    } else if (what.kind !== "block") {
      const data = lies.answer(what.kind, what.place);
      if (data === undefined) continue;
      const sending = judge.respond(market, key, placeOnChain(what.kind, what.place), what.hash, data);
      steps.push({ what: "respond", gas: await gasOf(sending) });
    }
  }
  return steps;
}

/** The claim of a worker that computed honestly and then lied. */
export function lie({ honest, shape, traces }: DisputedJob, lies: Partial<Lies>): LyingClaim {
  return new LyingClaim(shape, honest.program.outputNodes, traces, lies);
}

/** Gives the challenger what a worker publishes: the leaves of all shards. False where they do not fold to what it has committed to. */
export function publish(lies: LyingClaim, { known }: Challenger): boolean {
  return known.learnLeaves(lies.leaves());
}

/** Gives the challenger an output of a shard whose trace is answered, as the worker publishes it. */
export function publishOutput(
  of: DisputedJob,
  lies: LyingClaim,
  { known }: Challenger,
  shard: number,
  node: number,
): void {
  const bytes = lies.tensor(shard, node, chunkPlace(of.shape, shard, node, 0));
  if (!known.learnTensor(shard, node, bytes)) throw new Error("the published output is not the claim's");
}
