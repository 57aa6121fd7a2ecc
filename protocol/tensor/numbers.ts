import { dtypeMax, dtypeMin } from "./dtype.ts";
import type { DType } from "./types.ts";

/** Below this magnitude integers in a double are exact. */
export const EXACT = 2 ** 53;
export const MAX_SHIFT = 62;

/** Clamps to the range of the dtype. */
export function saturate(value: number | bigint, dtype: DType): number {
  if (value <= dtypeMin(dtype)) return dtypeMin(dtype);
  if (value >= dtypeMax(dtype)) return dtypeMax(dtype);
  return Number(value);
}

/** p / q rounded once to the nearest integer, ties to even. q is not 0. */
export function halfEvenDiv(p: bigint, q: bigint): bigint {
  const negative = p < 0n !== q < 0n;
  const dividend = p < 0n ? -p : p;
  const divisor = q < 0n ? -q : q;
  const quotient = dividend / divisor;
  const twice = 2n * (dividend % divisor);
  const up = twice > divisor || (twice === divisor && (quotient & 1n) === 1n);
  const magnitude = up ? quotient + 1n : quotient;
  return negative ? -magnitude : magnitude;
}

/** halfEvenDiv for |p|, |q| < 2^52: the remainder of doubles is exact, and so is the division that follows it. */
export function halfEvenDivSmall(p: number, q: number): number {
  const remainder = p % q;
  const quotient = (p - remainder) / q;
  const twice = 2 * Math.abs(remainder);
  const divisor = Math.abs(q);
  const up = twice > divisor || (twice === divisor && quotient % 2 !== 0);
  // `+ 0` turns −0 into 0, so that no caller can tell the two apart.
  return (up ? quotient + (p < 0 !== q < 0 ? -1 : 1) : quotient) + 0;
}

/** acc·m / 2^s rounded once to the nearest integer, ties to even; the product is exact at any size. */
export function halfEvenShift(acc: bigint, m: bigint, s: number): bigint {
  return halfEvenDiv(acc * m, 1n << BigInt(s));
}

/** halfEvenShift of a product below 2^53: division by a power of two only moves the exponent of a double. */
function halfEvenShiftSmall(product: number, s: number): number {
  const quotient = product / 2 ** s;
  const floor = Math.floor(quotient);
  const fraction = quotient - floor;
  const up = fraction > 0.5 || (fraction === 0.5 && floor % 2 !== 0);
  return up ? floor + 1 : floor;
}

/**
 * sat(zp + halfEven(acc·m / 2^s)): one rounding of the exact quotient, then the zero point, then one saturation.
 * `acc` as a number must be an exact integer; the number path is taken only if acc·m is one too.
 */
export function requantize(acc: number | bigint, m: number, s: number, zp: number, dtype: DType): number {
  if (typeof acc === "number") {
    const product = acc * m;
    if (Math.abs(product) < EXACT) return saturate(zp + halfEvenShiftSmall(product, s), dtype);
  }
  return saturate(BigInt(zp) + halfEvenShift(BigInt(acc), BigInt(m), s), dtype);
}

/** A multiplier that comes from tensor data may hold any bits: what is not positive counts as 0. */
export const dataMultiplier = (m: number): number => Math.max(m, 0);

/** A shift that comes from tensor data may hold any bits. */
export const dataShift = (s: number): number => Math.min(Math.max(s, 0), MAX_SHIFT);
