import "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import hre from "hardhat";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { id, type ContractTransactionResponse } from "ethers";

import { loadParameters, type Parameters } from "@orion/deploy";
import { sealCommitment, type OutputRange, type Place } from "@orion/protocol/disputes";
import {
  encodeProof,
  interpret,
  ProgramBuilder,
  tensorType,
  type EncodedProof,
  type Proof,
} from "@orion/protocol/tensor";

import type { DisputeManager } from "../../protocol/chain/generated/dispute/DisputeManager.js";
import type { TensorVM } from "../../protocol/chain/generated/vm/TensorVM.js";
import { Random } from "../unit/tensor/random.ts";
import { makeClaim, type ClaimFixture, type ClaimOptions, type Facts } from "./claim-fixture.ts";
import { disputedClaim, factsHash, type DisputedClaim, type NodeEntry, type PlacedHash } from "./disputed-claim.ts";

type Connection = Awaited<ReturnType<typeof hre.network.create>>;

/** A claim that a market (an ordinary account here) has recorded with the judge. */
export interface RecordedClaim extends DisputedClaim {
  readonly key: string;
  readonly claimId: string;
  readonly market: HardhatEthersSigner;
}

export interface DemandChanges {
  readonly from?: HardhatEthersSigner;
  readonly value?: bigint;
  readonly levels?: number;
  readonly entry?: NodeEntry;
  readonly target?: Partial<PlacedHash>;
}

export interface DisputeFixture {
  readonly ethers: Connection["ethers"];
  readonly time: Connection["networkHelpers"]["time"];
  readonly helpers: Connection["networkHelpers"];
  readonly disputes: DisputeManager;
  readonly vm: TensorVM;
  readonly profile: Parameters["Orion"]["standard"];
  /** Wei that the first demand prepays. */
  readonly price: bigint;
  readonly market: HardhatEthersSigner;
  readonly worker: HardhatEthersSigner;
  readonly challenger: HardhatEthersSigner;
  readonly friend: HardhatEthersSigner;
  readonly stranger: HardhatEthersSigner;
  /** Records a claim under a key of its own; its window ends a thousand seconds from now unless told. */
  record(fixture: ClaimFixture, facts?: Partial<Facts>): Promise<RecordedClaim>;
  demand(claim: RecordedClaim, place: Place, changes?: DemandChanges): Promise<ContractTransactionResponse>;
  respond(claim: RecordedClaim, place: Place, from?: HardhatEthersSigner): Promise<ContractTransactionResponse>;
  demandOutput(claim: RecordedClaim, range: OutputRange, changes?: DemandChanges): Promise<ContractTransactionResponse>;
  seal(claim: RecordedClaim, prover: HardhatEthersSigner, proof: EncodedProof): Promise<ContractTransactionResponse>;
  prove(claim: RecordedClaim, prover: HardhatEthersSigner, proof: EncodedProof): Promise<ContractTransactionResponse>;
  /** Chain time of the latest block. */
  now(): Promise<number>;
  reset(): Promise<void>;
}

export const SALT = id("salt of a seal");
export const WINDOW = 1_000;
/** Index of the profile that claims have unless told; its clocks are long enough to be set to the second. */
export const STANDARD = 1;

/** The judge with the real tensor machine, alone on an in-process chain; accounts play markets, workers and challengers. */
export async function deployDisputes(): Promise<DisputeFixture> {
  const connection = await hre.network.create();
  const { ethers, networkHelpers: helpers } = connection;
  const [market, worker, challenger, friend, stranger] = await ethers.getSigners();
  if (!market || !worker || !challenger || !friend || !stranger) throw new Error("too few accounts");
  const { Orion } = await loadParameters("local");
  const vm = await ethers.deployContract("TensorVM");
  const profiles = [Orion.fast, Orion.standard, Orion.long];
  const disputes = await ethers.deployContract("DisputeManager", [vm, ...profiles]);
  const price = BigInt(Orion.standard.answerGwei) * 10n ** 9n;
  const snapshot = await helpers.takeSnapshot();
  let keys = 0;

  const commitment = (claim: RecordedClaim, prover: HardhatEthersSigner, { proof }: EncodedProof): string =>
    sealCommitment(claim.claimId, prover.address, proof, SALT);
  return {
    ...{ ethers, time: helpers.time, helpers, disputes, vm, profile: Orion.standard, price },
    ...{ market, worker, challenger, friend, stranger },
    async record(fixture, changes = {}) {
      const windowEnd = (await helpers.time.latest()) + WINDOW;
      const claim = disputedClaim(fixture, { worker: worker.address, windowEnd, profile: STANDARD, ...changes });
      const key = id(`key ${String((keys += 1))}`);
      await disputes.connect(market).recordClaim(key, factsHash(claim.facts));
      return { ...claim, key, market, claimId: await disputes.claimIdOf(market, key) };
    },
    demand(claim, place, { from = challenger, value = price, levels, entry, target } = {}) {
      const call = [market, claim.key, claim.facts, claim.header] as const;
      const placed = { ...claim.placed(place, levels), ...target };
      return disputes.connect(from).demand(...call, entry ?? claim.entryFor(place, levels), placed, { value });
    },
    respond: (claim, place, from = worker) =>
      disputes.connect(from).respond(market, claim.key, place, claim.hash(place), claim.answer(place)),
    demandOutput(claim, range, { from = challenger, value = price * 4n, entry } = {}) {
      const call = [market, claim.key, claim.facts, claim.header] as const;
      return disputes
        .connect(from)
        .demandOutput(...call, entry ?? claim.entry(claim.header.outputNode), range, { value });
    },
    seal: (claim, prover, proof) => disputes.connect(prover).seal(commitment(claim, prover, proof)),
    prove: (claim, prover, { kind, proof }) =>
      disputes.connect(prover).proveFraud(market, claim.key, claim.facts, kind, proof, SALT),
    now: () => helpers.time.latest(),
    async reset() {
      await snapshot.restore();
      // The chain's clock went on: a fresh block, so that what is counted from the latest one is counted from now.
      await helpers.mine();
    },
  };
}

export const encoded = (proof: Proof): EncodedProof => encodeProof(proof);

/** Chunks of the large tensors of the small program: trees of eight levels, so that a descent into one takes two answers and a chunk. */
export const LARGE_CHUNKS = 200;

/** Nodes of the small program by what they are. */
export const NODE = { input: 0, roots: 1, sums: 2, constant: 3, output: 4 } as const;

/**
 * Claim over shards 4 to 6 of ten of a program of five nodes, all of 200 chunks but the sums of rows, which fill part of one. Every tree has
 * missing leaves.
 */
export function smallClaim(options: ClaimOptions = {}): ClaimFixture {
  const b = new ProgramBuilder();
  const x = b.shardInput("u8", [LARGE_CHUNKS, 1024]);
  const roots = b.isqrt(x, "i8");
  b.reduceSum(roots, 1, "i16");
  const limits = b.constant(new Random(7).tensor(tensorType("i8", [LARGE_CHUNKS, 1024])));
  const { program, constants } = b.build(b.max(roots, limits));
  const tensors = Array.from({ length: 3 }, (_, shard) => {
    const input = new Random(shard + 1).tensor(tensorType("u8", [LARGE_CHUNKS, 1024]));
    return interpret(program, { constants, shared: [], shard: [input] });
  });
  return makeClaim(program, tensors, { from: 4, shards: 10, ...options });
}

/** Alters one byte of one node of one shard of a claim. */
export function alterByte(shard: number, node: number, position: number): Required<Pick<ClaimOptions, "alter">> {
  return {
    alter: (s, n, bytes) => (s === shard && n === node ? bytes.map((v, i) => (i === position ? v ^ 1 : v)) : bytes),
  };
}
