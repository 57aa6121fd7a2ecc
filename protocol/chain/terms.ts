import { AbiCoder, keccak256, type ParamType } from "ethers";

import { InvalidInputError } from "../common/errors.ts";
import { contractInterface } from "./artifact.ts";

/** Everything that a job promises; amounts in base units (CU 10^-18, ORION 10^-18), roots and digests as 0x-hex of 32 bytes. */
export interface Terms {
  readonly poster: string;
  readonly salt: string;
  readonly programRoot: string;
  readonly dataset: string;
  readonly inputsRoot: string;
  /** Zero: anyone may demand of the job's claims. Else the root of the list of accounts that may. */
  readonly challengers: string;
  readonly rows: bigint;
  readonly shards: number;
  readonly shardsPerClaim: number;
  readonly workPerShard: bigint;
  readonly pricePerShard: bigint;
  readonly keeper: string;
  readonly keeperFee: bigint;
  /** ORION wei that a claim locks, the same for every unit, the last too. */
  readonly collateralPerClaim: bigint;
  /** `profile·8 attestors·8 minted·1` from the lowest bit. */
  readonly options: number;
}

/** The ABI type of the struct, taken from the compiled contract so that it is written once. */
export function termsType(): ParamType {
  const input = contractInterface("JobMarket").getFunction("postJob")?.inputs[0];
  if (input === undefined) throw new InvalidInputError("the compiled job market has no postJob(terms)");
  return input;
}

export function encodeTerms(terms: Terms): string {
  return AbiCoder.defaultAbiCoder().encode([termsType()], [terms]);
}

/** @throws InvalidInputError unless the bytes are exactly one encoding of terms */
export function decodeTerms(encoded: string): Terms {
  try {
    const [value] = AbiCoder.defaultAbiCoder().decode([termsType()], encoded) as unknown as [RawTerms];
    const terms = normaliseTerms(value);
    if (encodeTerms(terms) === encoded.toLowerCase()) return terms;
  } catch (cause) {
    throw new InvalidInputError("these are not the terms of a job", { cause });
  }
  throw new InvalidInputError("these terms are not in canonical form");
}

/** The struct as ethers returns it: integers as bigint, addresses with checksum. */
export interface RawTerms {
  poster: string;
  salt: string;
  programRoot: string;
  dataset: string;
  inputsRoot: string;
  challengers: string;
  rows: bigint;
  shards: bigint;
  shardsPerClaim: bigint;
  workPerShard: bigint;
  pricePerShard: bigint;
  keeper: string;
  keeperFee: bigint;
  collateralPerClaim: bigint;
  options: bigint;
}

export function normaliseTerms(raw: RawTerms): Terms {
  return {
    poster: raw.poster,
    salt: raw.salt,
    programRoot: raw.programRoot,
    dataset: raw.dataset,
    inputsRoot: raw.inputsRoot,
    challengers: raw.challengers,
    rows: raw.rows,
    shards: Number(raw.shards),
    shardsPerClaim: Number(raw.shardsPerClaim),
    workPerShard: raw.workPerShard,
    pricePerShard: raw.pricePerShard,
    keeper: raw.keeper,
    keeperFee: raw.keeperFee,
    collateralPerClaim: raw.collateralPerClaim,
    options: Number(raw.options),
  };
}

/** `keccak256(abi.encode(chainId, market, terms))`, the name of a job. */
export function jobIdOf(chainId: number, market: string, terms: Terms): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["uint256", "address", termsType()], [chainId, market, terms]));
}

/** `keccak256(abi.encode(chainId, market, jobId, unit, attempt, worker))`, the name of one claim. */
export function claimKeyOf(
  chainId: number,
  market: string,
  jobId: string,
  unit: number,
  attempt: number,
  worker: string,
): string {
  const types = ["uint256", "address", "bytes32", "uint32", "uint16", "address"];
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, [chainId, market, jobId, unit, attempt, worker]));
}

/** CU that the job holds in escrow: shards × (price + keeper fee). */
export function escrowOf(terms: Terms): bigint {
  return BigInt(terms.shards) * (terms.pricePerShard + terms.keeperFee);
}

export function unitCount(terms: Terms): number {
  return Math.ceil(terms.shards / terms.shardsPerClaim);
}

/** Shards [from, to) of a unit. */
export function unitRange(terms: Terms, unit: number): { from: number; to: number } {
  const from = unit * terms.shardsPerClaim;
  return { from, to: Math.min(from + terms.shardsPerClaim, terms.shards) };
}
