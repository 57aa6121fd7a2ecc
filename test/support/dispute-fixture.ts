import "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import hre from "hardhat";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { ZeroHash, hexlify, id, type ContractTransactionResponse } from "ethers";

import { loadParameters, type Parameters } from "@orion/deploy";
import { sealCommitment, shardPlace, type Place, type Tree } from "@orion/protocol/disputes";
import { encodeProof, interpret, ProgramBuilder, tensorType, type Proof } from "@orion/protocol/tensor";

import type { DisputeManager } from "../../protocol/chain/generated/dispute/DisputeManager.js";
import type { TensorVM } from "../../protocol/chain/generated/vm/TensorVM.js";
import { Random } from "../unit/tensor/random.ts";
import { makeClaim, type ClaimFixture, type ClaimOptions, type Facts } from "./claim-fixture.ts";
import { claimView, factsHash, type Block, type ClaimView, type NodeEntry, type TraceReply } from "./claim-view.ts";

type Connection = Awaited<ReturnType<typeof hre.network.create>>;
type Sent = Promise<ContractTransactionResponse>;

/** A claim that a market (an ordinary account here) has recorded with the judge. */
export interface RecordedClaim extends ClaimView {
  readonly key: string;
  readonly claimId: string;
  readonly market: HardhatEthersSigner;
}

export interface Admission {
  readonly path: string[];
  readonly reserve: string;
  readonly attempt: number;
}

export interface DemandChanges {
  readonly from?: HardhatEthersSigner;
  readonly value?: bigint;
  /** Hashes of the path; as many as lead to the anchor unless told. */
  readonly levels?: number;
  readonly entry?: NodeEntry;
  readonly leader?: { readonly place: bigint; readonly hash: string };
  readonly admission?: Admission;
  readonly target?: { readonly place?: bigint; readonly hash?: string; readonly path?: Uint8Array[] };
}

export interface DisputeFixture {
  readonly ethers: Connection["ethers"];
  readonly time: Connection["networkHelpers"]["time"];
  readonly helpers: Connection["networkHelpers"];
  readonly disputes: DisputeManager;
  readonly vm: TensorVM;
  readonly profile: Parameters["Orion"]["standard"];
  readonly market: HardhatEthersSigner;
  readonly worker: HardhatEthersSigner;
  readonly challenger: HardhatEthersSigner;
  readonly friend: HardhatEthersSigner;
  readonly stranger: HardhatEthersSigner;
  /** Records a claim under a key of its own; its window ends a thousand seconds from now unless told. */
  record(fixture: ClaimFixture, facts?: Partial<Facts>): Promise<RecordedClaim>;
  /** Demands hashes or a chunk, by a path up to the outputs root or to the shard's root unless told. */
  demand(claim: RecordedClaim, tree: Tree, place: Place, changes?: DemandChanges): Sent;
  respond(claim: RecordedClaim, tree: Tree, place: Place, from?: HardhatEthersSigner): Sent;
  /** Of a shard, counted within the claim. */
  demandTrace(claim: RecordedClaim, shard: number, changes?: DemandChanges): Sent;
  respondTrace(claim: RecordedClaim, shard: number, changes?: RespondChanges): Sent;
  /** The worker's signature of an answer. */
  signTrace(claim: RecordedClaim, reply: TraceReply, by?: HardhatEthersSigner): Promise<string>;
  demandOutput(claim: RecordedClaim, block: Block, changes?: DemandChanges): Sent;
  respondOutput(claim: RecordedClaim, block: Block, from?: HardhatEthersSigner): Sent;
  /** About a shard, counted within the claim. */
  seal(claim: RecordedClaim, shard: number, prover: HardhatEthersSigner, proof: Proof): Sent;
  prove(claim: RecordedClaim, shard: number, prover: HardhatEthersSigner, proof: Proof): Sent;
  /** Chain time of the latest block. */
  now(): Promise<number>;
  /** The next block's time. */
  at(time: number): Promise<void>;
  reset(): Promise<void>;
}

export interface RespondChanges {
  readonly from?: HardhatEthersSigner;
  readonly signature?: string;
  readonly answer?: Partial<TraceReply>;
}

export const SALT = id("salt of a seal");
export const WINDOW = 1_000;
/** Index of the profile that claims have unless told; its clocks are long enough to be set to the second. */
export const STANDARD = 1;
export const ANYONE: Admission = { path: [], reserve: ZeroHash, attempt: 0 };
export const ALONE = { place: 0n, hash: ZeroHash } as const;
/** Sent with demands whose price does not matter: the excess is a balance. */
const PLENTY = 10n ** 17n;
const NO_PROOF = { shard: 0, shardRoot: ZeroHash };
const TRACE_ANSWER = {
  TraceAnswer: [
    { name: "market", type: "address" },
    { name: "key", type: "bytes32" },
    { name: "shard", type: "uint32" },
    { name: "shardRoot", type: "bytes32" },
  ],
};

/** The judge with the real tensor machine, alone on an in-process chain without a base fee; accounts play markets, workers and challengers. */
export async function deployDisputes(): Promise<DisputeFixture> {
  const connection = await hre.network.create({ network: "default", override: { initialBaseFeePerGas: 0n } });
  const { ethers, networkHelpers: helpers } = connection;
  const [market, worker, challenger, friend, stranger] = await ethers.getSigners();
  if (!market || !worker || !challenger || !friend || !stranger) throw new Error("too few accounts");
  const { Orion } = await loadParameters("local");
  const vm = await ethers.deployContract("TensorVM");
  const profiles = [Orion.fast, Orion.standard, Orion.long, Orion.rollup];
  const disputes = await ethers.deployContract("DisputeManager", [vm, profiles]);
  const snapshot = await helpers.takeSnapshot();
  const domain = {
    name: "Orion DisputeManager",
    version: "2",
    chainId: (await ethers.provider.getNetwork()).chainId,
    verifyingContract: await disputes.getAddress(),
  };
  let keys = 0;

  const now = (): Promise<number> => helpers.time.latest();
  const sealedAs = (claim: RecordedClaim, shard: number, proof: Proof) => {
    const overShards = proof.kind === "missingLeaf" && proof.proof.tree === "shards";
    const absolute = claim.facts.from + shard;
    const about = overShards ? NO_PROOF : { shard: absolute, shardRoot: hexlify(claim.fixture.trace(absolute).root) };
    return { ...about, ...encodeProof(proof) };
  };
  return {
    ...{ ethers, time: helpers.time, helpers, disputes, vm, profile: Orion.standard },
    ...{ market, worker, challenger, friend, stranger, now },
    async record(fixture, changes = {}) {
      const windowEnd = (await now()) + WINDOW;
      const view = claimView(fixture, { worker: worker.address, windowEnd, profile: STANDARD, ...changes });
      const key = id(`key ${String((keys += 1))}`);
      await disputes.connect(market).recordClaim(key, factsHash(view.facts));
      return { ...view, key, market, claimId: await disputes.claimIdOf(market, key) };
    },
    demand(claim, tree, place, changes = {}) {
      const { from = challenger, value = PLENTY, leader = ALONE, admission = ANYONE } = changes;
      const levels = changes.levels ?? claim.levelsToRoot(tree, place);
      const target = { ...claim.placed(tree, place, levels), ...changes.target };
      const entry = changes.entry ?? claim.entryFor(tree, place, levels);
      const call = [market, claim.key, claim.facts, claim.header] as const;
      return disputes.connect(from).demand(...call, entry, target, leader, admission, { value });
    },
    respond: (claim, tree, place, from = worker) =>
      disputes
        .connect(from)
        .respond(market, claim.key, claim.onChain(tree, place), claim.hash(tree, place), claim.answer(tree, place)),
    demandTrace(claim, shard, changes = {}) {
      const { from = challenger, value = PLENTY, admission = ANYONE } = changes;
      const place = shardPlace(claim.shape, shard);
      const levels = changes.levels ?? claim.levelsToRoot("outputs", place);
      const target = { ...claim.placed("outputs", place, levels), ...changes.target };
      return disputes.connect(from).demandTrace(market, claim.key, claim.facts, target, admission, { value });
    },
    respondTrace(claim, shard, { from = worker, signature = "0x", answer = {} } = {}) {
      const call = [market, claim.key, claim.facts, claim.header] as const;
      return disputes.connect(from).respondTrace(...call, { ...claim.traceReply(shard), ...answer }, signature);
    },
    signTrace: (claim, { shard, shardRoot }, by = worker) =>
      by.signTypedData(domain, TRACE_ANSWER, { market: market.address, key: claim.key, shard, shardRoot }),
    demandOutput(claim, block, changes = {}) {
      const { from = challenger, value = PLENTY, admission = ANYONE } = changes;
      const entry = changes.entry ?? claim.entry(claim.fixture.program.outputNodes[block.output] ?? 0);
      const call = [market, claim.key, claim.facts, claim.header] as const;
      return disputes.connect(from).demandOutput(...call, entry, block, admission, { value });
    },
    respondOutput: (claim, block, from = worker) =>
      disputes
        .connect(from)
        .respondOutput(market, claim.key, claim.facts, claim.header, block, claim.outputOpening(block)),
    seal: (claim, shard, prover, proof) =>
      disputes.connect(prover).seal(sealCommitment(claim.claimId, prover.address, sealedAs(claim, shard, proof), SALT)),
    prove(claim, shard, prover, of) {
      const { shard: about, shardRoot, kind, proof } = sealedAs(claim, shard, of);
      return disputes.connect(prover).proveFraud(market, claim.key, claim.facts, about, shardRoot, kind, proof, SALT);
    },
    at: (time) => helpers.time.setNextBlockTimestamp(time),
    async reset() {
      await snapshot.restore();
      // The chain's clock went on: a fresh block, so that what is counted from the latest one is counted from now.
      await helpers.mine();
    },
  };
}

/** Chunks of the large tensors of the small program: trees of eight levels, so that a descent into one takes two answers and a chunk. */
export const LARGE_CHUNKS = 200;

/** Nodes of the small program by what they are. */
export const NODE = { input: 0, roots: 1, sums: 2, constant: 3, output: 4 } as const;

/** First shard of the small claim. */
export const FROM = 4;

export interface SmallOptions extends ClaimOptions {
  /** Shards of the claim. */
  readonly count?: number;
  /** Its outputs: the last node, or the sums and the last node. */
  readonly outputs?: 1 | 2;
}

/**
 * Claim over shards 4 to 6 of ten of a program of five nodes, all of 200 chunks but the sums of rows, which fill part of one. Every tree has
 * missing leaves.
 */
export function smallClaim({ count = 3, outputs = 1, ...options }: SmallOptions = {}): ClaimFixture {
  const b = new ProgramBuilder();
  const x = b.shardInput("u8", [LARGE_CHUNKS, 1024]);
  const roots = b.isqrt(x, "i8");
  const sums = b.reduceSum(roots, 1, "i16");
  const limits = b.constant(new Random(7).tensor(tensorType("i8", [LARGE_CHUNKS, 1024])));
  const last = b.max(roots, limits);
  const { program, constants } = outputs === 1 ? b.build(last) : b.build(sums, last);
  const tensors = Array.from({ length: count }, (_, shard) => {
    const input = new Random(shard + 1).tensor(tensorType("u8", [LARGE_CHUNKS, 1024]));
    return interpret(program, { constants, shared: [], shard: [input] });
  });
  return makeClaim(program, tensors, { from: FROM, shards: FROM + count + 3, ...options });
}

/** Alters one byte of one node of one shard (within the claim) of a claim. */
export function alterByte(shard: number, node: number, position: number): Required<Pick<ClaimOptions, "alter">> {
  return {
    alter: (s, n, bytes) => (s === shard && n === node ? bytes.map((v, i) => (i === position ? v ^ 1 : v)) : bytes),
  };
}
