import { InvalidInputError } from "@orion/protocol/common";

/** The market's bounds on collateral: ORION wei per CU of work, and per claim. */
export interface CollateralBounds {
  readonly lowest: bigint;
  readonly highest: bigint;
  readonly perClaim: bigint;
}

export interface Units {
  readonly shardsPerClaim: number;
  /** ORION wei. */
  readonly collateralPerShard: bigint;
}

export const MAX_SHARDS_PER_CLAIM = 1_024;
const CREDIT = 10n ** 12n;
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
 * Cuts a job into units and sets the collateral, each unless it is given.
 * @param creditPrice ORION wei that one CU is worth at least
 * @throws InvalidInputError when a given value lies outside the market's bounds
 */
export function chooseUnits(
  job: { shards: number; workPerShard: bigint; creditPrice: bigint },
  bounds: CollateralBounds,
  given: { shardsPerClaim?: number | undefined; collateralPerShard?: bigint | undefined },
): Units {
  const shardsPerClaim = given.shardsPerClaim ?? chooseShardsPerClaim(job.shards, bounds, given.collateralPerShard);
  const smallest = BigInt(smallestUnit(job.shards, shardsPerClaim));
  const low = ceilDiv(job.workPerShard * bounds.lowest, CREDIT);
  const high = max((job.workPerShard * bounds.highest) / CREDIT, bounds.perClaim);
  const least = max(low, ceilDiv(bounds.perClaim, smallest));
  const wanted = ceilDiv(job.workPerShard * job.creditPrice * COLLATERAL_FACTOR, CREDIT);
  const collateralPerShard = given.collateralPerShard ?? min(max(wanted, least), high);
  if (collateralPerShard < low || collateralPerShard > high) {
    throw new InvalidInputError(`a collateral of ${collateralPerShard} wei per shard lies outside ${low} to ${high}`, {
      hint: "leave --collateral out to have it chosen",
    });
  }
  if (collateralPerShard * smallest < bounds.perClaim) {
    throw new InvalidInputError(
      `the smallest unit (${smallest} shards) would lock less than ${bounds.perClaim} wei of ORION`,
      {
        hint: "raise --collateral, or choose --shards-per-claim so that the last unit is not small",
      },
    );
  }
  return { shardsPerClaim, collateralPerShard };
}

/** The most even cut near the wanted size whose smallest unit a given collateral still covers; a larger one where there is none. */
function chooseShardsPerClaim(shards: number, bounds: CollateralBounds, collateral: bigint | undefined): number {
  const most = Math.min(shards, MAX_SHARDS_PER_CLAIM);
  const needed = collateral === undefined || collateral === 0n ? 1 : Number(ceilDiv(bounds.perClaim, collateral));
  const wanted = Math.min(Math.ceil(shards / WANTED_UNITS), MOST_SHARDS_BY_DEFAULT, most);
  const covered = (size: number): boolean => smallestUnit(shards, size) >= needed;
  const evenness = (size: number): number => smallestUnit(shards, size) / size;
  const near = range(Math.ceil(wanted / 2), wanted).filter(covered);
  if (near.length > 0) return near.reduce((best, size) => (evenness(size) >= evenness(best) ? size : best));
  return range(wanted + 1, most).find(covered) ?? most;
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
