/** The rounding of requantise. */
import { I16, I8, U8 } from "./slab";

/** Adding 1.5 · 2^52 to a double below 2^51 rounds it to an integer, ties to even, and leaves that integer in its low bits. */
export const ROUNDER: f64 = 6755399441055744.0;

/** acc · m / 2^s rounded once, ties to even; beyond ±2^62 some number of the right sign. */
export function halfEvenShift(acc: i64, m: i64, s: i32): i64 {
  // acc · m = high · 2^32 + low, 0 <= low < 2^32; |high| < 2^63 because |acc| < 2^63 and m < 2^31.
  let low = <u64>(acc & 0xffffffff) * <u64>m;
  const high = (acc >> 32) * m + <i64>(low >> 32);
  low &= 0xffffffff;
  if (s <= 32) {
    const up = 32 - s;
    const limit: i64 = (<i64>1) << (62 - up);
    if (high >= limit) return (<i64>1) << 62;
    if (high < -limit) return -((<i64>1) << 62);
    const floor = (high << up) | <i64>(low >> s);
    if (s == 0) return floor;
    return roundUp(floor, low & (((<u64>1) << s) - 1), (<u64>1) << (s - 1));
  }
  const down = s - 32;
  const rest = ((<u64>high & (((<u64>1) << down) - 1)) << 32) | low;
  return roundUp(high >> down, rest, (<u64>1) << (s - 1));
}

// @ts-ignore: decorator
@inline
function roundUp(floor: i64, rest: u64, half: u64): i64 {
  return rest > half || (rest == half && (floor & 1) == 1) ? floor + 1 : floor;
}

/** sat(zp + halfEven(acc · m / 2^s)). */
export function requantize(acc: i64, m: i32, s: i32, zp: i32, lo: i32, hi: i32): i32 {
  const value = halfEvenShift(acc, m, s) + zp;
  return <i32>min(max(value, <i64>lo), <i64>hi);
}

/** The low 32 bits of two pairs of doubles that were rounded by ROUNDER. */
// @ts-ignore: decorator
@inline
export function integers(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 0, 2, 4, 6);
}

/** Stores four i32 that are in the range of type `code`; gives the bytes that were written. */
// @ts-ignore: decorator
@inline
export function storeFour(code: i32, to: usize, values: v128): usize {
  if (code == I8) {
    const words = i16x8.narrow_i32x4_s(values, values);
    v128.store32_lane(to, i8x16.narrow_i16x8_s(words, words), 0);
    return 4;
  }
  if (code == U8) {
    const words = i16x8.narrow_i32x4_s(values, values);
    v128.store32_lane(to, i8x16.narrow_i16x8_u(words, words), 0);
    return 4;
  }
  if (code == I16) {
    v128.store64_lane(to, i16x8.narrow_i32x4_s(values, values), 0);
    return 8;
  }
  v128.store(to, values);
  return 16;
}

/** As storeFour for eight. */
// @ts-ignore: decorator
@inline
export function storeEight(code: i32, to: usize, low: v128, high: v128): usize {
  if (code <= U8) {
    const words = i16x8.narrow_i32x4_s(low, high);
    const bytes = code == I8 ? i8x16.narrow_i16x8_s(words, words) : i8x16.narrow_i16x8_u(words, words);
    v128.store64_lane(to, bytes, 0);
    return 8;
  }
  if (code == I16) {
    v128.store(to, i16x8.narrow_i32x4_s(low, high));
    return 16;
  }
  v128.store(to, low);
  v128.store(to, high, 16);
  return 32;
}

/** Stores one i32 that is in the range of type `code`; gives the bytes that were written. */
// @ts-ignore: decorator
@inline
export function storeOne(code: i32, to: usize, value: i32): usize {
  if (code <= U8) {
    store<i8>(to, <i8>value);
    return 1;
  }
  if (code == I16) {
    store<i16>(to, <i16>value);
    return 2;
  }
  store<i32>(to, value);
  return 4;
}
