import { CREDIT, InvalidInputError } from "@orion/protocol/common";

/** The market's bounds on collateral: ORION wei per CU of work, and per claim. */
export interface CollateralBounds {
  readonly lowest: bigint;
  readonly highest: bigint;
  readonly perClaim: bigint;
}

export interface Units {
  readonly shardsPerClaim: number;
  /** ORION wei, the same for every unit. */
  readonly collateralPerClaim: bigint;
}

export const MAX_SHARDS_PER_CLAIM = 1_024;
/** Enough units that a handful of workers share a job evenly; larger units make each shard cheaper in gas. */
const WANTED_UNITS = 16;
const MOST_SHARDS_BY_DEFAULT = 64;
/** Deterrence: a cheat risks this many times what it is paid. */
const COLLATERAL_FACTOR = 20n;

/** Shards in the smallest unit: the last one, where they do not divide evenly. */
export function smallestUnit(shards: number, shardsPerClaim: number): number {
  return shards % shardsPerClaim === 0 ? shardsPerClaim : shards % shardsPerClaim;
}

/**
 * Cuts a job into units and sets the collateral of a claim, each unless it is given.
 * @param creditPrice ORION wei that one CU is worth at least
 * @throws InvalidInputError when a given value lies outside the market's bounds
 */
export function chooseUnits(
  job: { shards: number; workPerShard: bigint; creditPrice: bigint },
  bounds: CollateralBounds,
  given: { shardsPerClaim?: number | undefined; collateralPerClaim?: bigint | undefined },
): Units {
  const shardsPerClaim = given.shardsPerClaim ?? chooseShardsPerClaim(job.shards);
  const work = job.workPerShard * BigInt(shardsPerClaim);
  const low = max(ceilDiv(work * bounds.lowest, CREDIT), bounds.perClaim);
  const high = max((work * bounds.highest) / CREDIT, bounds.perClaim);
  const wanted = ceilDiv(work * job.creditPrice * COLLATERAL_FACTOR, CREDIT);
  const collateralPerClaim = given.collateralPerClaim ?? min(max(wanted, low), high);
  if (collateralPerClaim < low || collateralPerClaim > high) {
    throw new InvalidInputError(`a collateral of ${collateralPerClaim} wei per claim lies outside ${low} to ${high}`, {
      hint: "leave --collateral out to have it chosen",
    });
  }
  return { shardsPerClaim, collateralPerClaim };
}

/** The most even cut near the wanted size. */
function chooseShardsPerClaim(shards: number): number {
  const wanted = Math.min(Math.ceil(shards / WANTED_UNITS), MOST_SHARDS_BY_DEFAULT, shards, MAX_SHARDS_PER_CLAIM);
  const evenness = (size: number): number => smallestUnit(shards, size) / size;
  const near = range(Math.ceil(wanted / 2), wanted);
  return near.reduce((best, size) => (evenness(size) >= evenness(best) ? size : best));
}

/** Both ends included. */
function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
