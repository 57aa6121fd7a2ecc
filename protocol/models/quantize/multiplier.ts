import { MAX_SHIFT } from "../../tensor/numbers.ts";

/** A positive real factor as m / 2^s. */
export interface Multiplier {
  readonly m: number;
  readonly s: number;
}

/** Bits of a multiplier that repeats a model's own scales: as many as the format has. */
export const EXACT_BITS = 31;

/**
 * Bits of a multiplier behind a calibrated scale. 2^-23 of the largest i16 is far below half a step, and the product
 * with an accumulator below 2^31 stays below 2^53, where a double is exact and fast.
 */
export const CALIBRATED_BITS = 22;

/**
 * The closest m / 2^s to a non-negative `factor` with 1 ≤ m < 2^bits and s ≤ 62: a factor below 2^-62 becomes 2^-62, one
 * of 2^bits or more the largest multiplier.
 */
export function toMultiplier(factor: number, bits: number): Multiplier {
  if (!(factor >= 0)) throw new RangeError(`the factor ${factor} is not a non-negative number`);
  const s = shiftFor(factor, bits);
  return { m: limited(factor * 2 ** s, bits), s };
}

/** Two non-negative factors over one shift, both multipliers below 2^`bits`. */
export function toMultiplierPair(a: number, b: number, bits: number): { ma: number; mb: number; s: number } {
  const s = shiftFor(Math.max(a, b), bits);
  return { ma: limited(a * 2 ** s, bits), mb: limited(b * 2 ** s, bits), s };
}

function limited(product: number, bits: number): number {
  return Math.min(Math.max(Math.round(product), 1), 2 ** bits - 1);
}

/** The largest shift whose multiplier still rounds to fewer than `bits` bits. */
function shiftFor(factor: number, bits: number): number {
  if (factor === 0) return MAX_SHIFT;
  const shift = Math.min(Math.max(0, bits - 1 - Math.floor(Math.log2(factor))), MAX_SHIFT);
  return shift === 0 || Math.round(factor * 2 ** shift) < 2 ** bits ? shift : shift - 1;
}
