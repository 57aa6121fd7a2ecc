/** Element-wise operators without a multiplier. */
import { integers, ROUNDER, storeFour, storeOne } from "./rounding";
import { bytesOf, I16, I8, toI32, U8 } from "./slab";

/** Elements that are widened at a time. */
const BLOCK = 256;
const BLOCK_BYTES = 4 * BLOCK + 16;

/** The larger (`kind` 0) or the smaller elements; up to 15 bytes beyond the last are written. */
export function extremum(kind: i32, code: i32, count: i32, a: usize, b: usize, out: usize): void {
  const end = out + <usize>count * bytesOf(code);
  if (code == I8) extremumOf<i8>(kind, a, b, out, end);
  else if (code == U8) extremumOf<u8>(kind, a, b, out, end);
  else if (code == I16) extremumOf<i16>(kind, a, b, out, end);
  else extremumOf<i32>(kind, a, b, out, end);
}

function extremumOf<T>(kind: i32, a: usize, b: usize, out: usize, end: usize): void {
  if (kind == 0) {
    for (; out < end; out += 16, a += 16, b += 16) v128.store(out, v128.max<T>(v128.load(a), v128.load(b)));
  } else {
    for (; out < end; out += 16, a += 16, b += 16) v128.store(out, v128.min<T>(v128.load(a), v128.load(b)));
  }
}

/** min(max(X, lo), hi); up to 15 bytes beyond the last element are written. */
export function clamp(code: i32, count: i32, x: usize, lo: i32, hi: i32, out: usize): void {
  const end = out + <usize>count * bytesOf(code);
  if (code == I8) clampOf<i8>(x, <i8>lo, <i8>hi, out, end);
  else if (code == U8) clampOf<u8>(x, <u8>lo, <u8>hi, out, end);
  else if (code == I16) clampOf<i16>(x, <i16>lo, <i16>hi, out, end);
  else clampOf<i32>(x, lo, hi, out, end);
}

function clampOf<T>(x: usize, lo: T, hi: T, out: usize, end: usize): void {
  const least = v128.splat<T>(lo);
  const most = v128.splat<T>(hi);
  for (; out < end; out += 16, x += 16) v128.store(out, v128.min<T>(v128.max<T>(v128.load(x), least), most));
}

/** table[clamp(X + offset, 0, last)] with elements of `width` bytes. */
export function lookup(
  code: i32,
  count: i32,
  x: usize,
  offset: i32,
  table: usize,
  last: i32,
  width: i32,
  out: usize,
): void {
  if (code == I8) lookupOf<i8>(count, x, offset, table, last, width, out);
  else if (code == U8) lookupOf<u8>(count, x, offset, table, last, width, out);
  else if (code == I16) lookupOf<i16>(count, x, offset, table, last, width, out);
  else lookupOf<i32>(count, x, offset, table, last, width, out);
}

function lookupOf<T>(count: i32, x: usize, offset: i32, table: usize, last: i32, width: i32, out: usize): void {
  const end = x + <usize>count * sizeof<T>();
  if (width == 1) {
    for (; x < end; x += sizeof<T>(), out++) store<u8>(out, load<u8>(table + indexOf<T>(x, offset, last)));
  } else if (width == 2) {
    for (; x < end; x += sizeof<T>(), out += 2) {
      store<u16>(out, load<u16>(table + (indexOf<T>(x, offset, last) << 1)));
    }
  } else {
    for (; x < end; x += sizeof<T>(), out += 4) {
      store<u32>(out, load<u32>(table + (indexOf<T>(x, offset, last) << 2)));
    }
  }
}

// @ts-ignore: decorator
@inline
function indexOf<T>(x: usize, offset: i32, last: i32): usize {
  // In 64 bits: the sum of two numbers of 32 may overflow.
  const index = sizeof<T>() == 4 ? <i64>load<T>(x) + <i64>offset : <i64>(<i32>load<T>(x)) + <i64>offset;
  return <usize>min(max(index, 0), <i64>last);
}

/**
 * sat(halfEven(A / B)); x / 0 saturates by the sign of x, 0 / 0 is 0. A quotient that is no tie lies at least 1 / (2|B|)
 * from one, and the division of doubles is off by at most 2^31 / |B| · 2^-53: it never takes one for the other.
 *
 * @param room 2 * 1040 bytes
 */
export function divide(
  count: i32,
  a: usize,
  aCode: i32,
  b: usize,
  bCode: i32,
  lo: i32,
  hi: i32,
  out: usize,
  outCode: i32,
  room: usize,
): void {
  const least = f64x2.splat(<f64>lo);
  const most = f64x2.splat(<f64>hi);
  const rounder = f64x2.splat(ROUNDER);
  for (; count > 0; count -= BLOCK) {
    const size = min(count, BLOCK);
    toI32(aCode, a, size, room);
    toI32(bCode, b, size, room + BLOCK_BYTES);
    a += <usize>size * bytesOf(aCode);
    b += <usize>size * bytesOf(bCode);
    let at = room;
    for (let i = 0; i < size; i += 4, at += 16) {
      const x = v128.load(at);
      const y = v128.load(at, BLOCK_BYTES);
      const low = f64x2.div(f64x2.convert_low_i32x4_s(x), f64x2.convert_low_i32x4_s(y));
      const high = f64x2.div(
        f64x2.convert_low_i32x4_s(v128.shuffle<i32>(x, x, 2, 3, 2, 3)),
        f64x2.convert_low_i32x4_s(v128.shuffle<i32>(y, y, 2, 3, 2, 3)),
      );
      const sumLow = f64x2.add(f64x2.pmin(f64x2.pmax(low, least), most), rounder);
      const sumHigh = f64x2.add(f64x2.pmin(f64x2.pmax(high, least), most), rounder);
      const none = v128.and(i32x4.eq(x, i32x4.splat(0)), i32x4.eq(y, i32x4.splat(0)));
      const values = v128.andnot(integers(sumLow, sumHigh), none);
      out += storeSome(outCode, out, values, size - i);
    }
  }
}

/** sat(floor(√X)), 0 of what is negative. */
export function squareRoot(count: i32, x: usize, code: i32, hi: i32, out: usize, outCode: i32, room: usize): void {
  const most = i32x4.splat(hi);
  const zero = i32x4.splat(0);
  for (; count > 0; count -= BLOCK) {
    const size = min(count, BLOCK);
    toI32(code, x, size, room);
    x += <usize>size * bytesOf(code);
    let at = room;
    for (let i = 0; i < size; i += 4, at += 16) {
      const value = i32x4.max_s(v128.load(at), zero);
      const low = f64x2.sqrt(f64x2.convert_low_i32x4_s(value));
      const high = f64x2.sqrt(f64x2.convert_low_i32x4_s(v128.shuffle<i32>(value, value, 2, 3, 2, 3)));
      const roots = v128.shuffle<i32>(
        i32x4.trunc_sat_f64x2_s_zero(low),
        i32x4.trunc_sat_f64x2_s_zero(high),
        0,
        1,
        4,
        5,
      );
      out += storeSome(outCode, out, i32x4.min_s(roots, most), size - i);
    }
  }
}

/** Stores the first `left` of four elements, or all of them. */
function storeSome(code: i32, out: usize, values: v128, left: i32): usize {
  if (left >= 4) return storeFour(code, out, values);
  let bytes = storeOne(code, out, i32x4.extract_lane(values, 0));
  if (left > 1) bytes += storeOne(code, out + bytes, i32x4.extract_lane(values, 1));
  if (left > 2) bytes += storeOne(code, out + bytes, i32x4.extract_lane(values, 2));
  return bytes;
}
