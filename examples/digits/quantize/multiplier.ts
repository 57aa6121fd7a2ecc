/** A positive real factor as m / 2^s. */
export interface Multiplier {
  readonly m: number;
  readonly s: number;
}

const MULTIPLIER_BITS = 31;
const MAX_SHIFT = 62;

/**
 * The closest m / 2^s to a positive `factor` with m < 2^31 and s ≤ 62, so that the relative error is at most 2^-31 where
 * the shift is not at its limit. Throws RangeError outside [2^-62, 2^30].
 */
export function toMultiplier(factor: number): Multiplier {
  if (!(factor >= 2 ** -MAX_SHIFT && factor <= 2 ** (MULTIPLIER_BITS - 1))) {
    throw new RangeError(`the factor ${factor} cannot be written as m / 2^s`);
  }
  const s = Math.min(shiftFor(factor, MULTIPLIER_BITS), MAX_SHIFT);
  return { m: Math.round(factor * 2 ** s), s };
}

/** Two positive factors over one shift, both multipliers below 2^`bits`. */
export function toMultiplierPair(a: number, b: number, bits: number): { ma: number; mb: number; s: number } {
  const s = shiftFor(Math.max(a, b), bits);
  return { ma: Math.round(a * 2 ** s), mb: Math.round(b * 2 ** s), s };
}

/** The largest shift whose multiplier still rounds to fewer than `bits` bits. */
function shiftFor(factor: number, bits: number): number {
  const shift = Math.max(0, bits - 1 - Math.floor(Math.log2(factor)));
  return Math.round(factor * 2 ** shift) < 2 ** bits ? shift : shift - 1;
}
