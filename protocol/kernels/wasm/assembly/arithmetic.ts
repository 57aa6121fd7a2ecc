/** Element-wise operators that end in a requantisation: requantize, add, sub, mul. */
import { integers, requantize, ROUNDER, storeFour, storeOne } from "./rounding";
import { bytesOf, toI32 } from "./slab";

/** What the accumulator is: `A - za` (0), `(A - za) * ma + (B - zb) * mb` (1), or `(A - za) * (B - zb)` (2). */
const RESCALE = 0;
const SUM = 1;

/** Accumulators are smaller than this. */
const LARGEST: f64 = 9007199254740992;

/** Elements that are widened at a time. */
const BLOCK = 256;
const BLOCK_BYTES = 4 * BLOCK + 16;

/**
 * sat(zp + halfEven(accumulator * m / 2^s)) of `count` elements whose accumulators and their parts are below 2^53, so that
 * doubles hold them.
 *
 * @param scale m * 2^-s
 * @param safe largest distance between a quotient and its rounded value that is trusted; 1 where quotients are exact
 * @param room 2 * 1040 bytes
 */
export function arithmetic(
  kind: i32,
  count: i32,
  a: usize,
  aCode: i32,
  za: f64,
  ma: f64,
  b: usize,
  bCode: i32,
  zb: f64,
  mb: f64,
  m: i32,
  s: i32,
  scale: f64,
  safe: f64,
  zp: i32,
  lo: i32,
  hi: i32,
  out: usize,
  outCode: i32,
  room: usize,
): void {
  const aBytes = bytesOf(aCode);
  const bBytes = bytesOf(bCode);
  const outBytes = bytesOf(outCode);
  for (; count > 0; count -= BLOCK) {
    const size = min(count, BLOCK);
    toI32(aCode, a, size, room);
    a += <usize>size * aBytes;
    if (kind != RESCALE) {
      toI32(bCode, b, size, room + BLOCK_BYTES);
      b += <usize>size * bBytes;
    }
    block(kind, size, room, za, ma, zb, mb, m, s, scale, safe, zp, lo, hi, out, outCode);
    out += <usize>size * outBytes;
  }
}

function block(
  kind: i32,
  count: i32,
  at: usize,
  za: f64,
  ma: f64,
  zb: f64,
  mb: f64,
  m: i32,
  s: i32,
  scale: f64,
  safe: f64,
  zp: i32,
  lo: i32,
  hi: i32,
  out: usize,
  code: i32,
): void {
  const least = f64x2.splat(<f64>lo - <f64>zp);
  const most = f64x2.splat(<f64>hi - <f64>zp);
  const rounder = f64x2.splat(ROUNDER);
  const trusted = f64x2.splat(safe);
  const scales = f64x2.splat(scale);
  const zeroPoint = i32x4.splat(zp);
  const aZero = f64x2.splat(za);
  const bZero = f64x2.splat(zb);
  const aFactor = f64x2.splat(ma);
  const bFactor = f64x2.splat(mb);
  for (let i = 0; i < count; i += 4) {
    const x = v128.load(at);
    let accLow = f64x2.sub(f64x2.convert_low_i32x4_s(x), aZero);
    let accHigh = f64x2.sub(f64x2.convert_low_i32x4_s(v128.shuffle<i32>(x, x, 2, 3, 2, 3)), aZero);
    if (kind != RESCALE) {
      const y = v128.load(at, BLOCK_BYTES);
      const low = f64x2.sub(f64x2.convert_low_i32x4_s(y), bZero);
      const high = f64x2.sub(f64x2.convert_low_i32x4_s(v128.shuffle<i32>(y, y, 2, 3, 2, 3)), bZero);
      if (kind == SUM) {
        accLow = f64x2.add(f64x2.mul(accLow, aFactor), f64x2.mul(low, bFactor));
        accHigh = f64x2.add(f64x2.mul(accHigh, aFactor), f64x2.mul(high, bFactor));
      } else {
        accLow = f64x2.mul(accLow, low);
        accHigh = f64x2.mul(accHigh, high);
      }
    }
    const quotientLow = f64x2.pmin(f64x2.pmax(f64x2.mul(accLow, scales), least), most);
    const quotientHigh = f64x2.pmin(f64x2.pmax(f64x2.mul(accHigh, scales), least), most);
    const sumLow = f64x2.add(quotientLow, rounder);
    const sumHigh = f64x2.add(quotientHigh, rounder);
    let values = i32x4.add(integers(sumLow, sumHigh), zeroPoint);
    if (safe < 0.5) {
      const errorLow = f64x2.abs(f64x2.sub(quotientLow, f64x2.sub(sumLow, rounder)));
      const errorHigh = f64x2.abs(f64x2.sub(quotientHigh, f64x2.sub(sumHigh, rounder)));
      if (v128.any_true(f64x2.gt(f64x2.pmax(errorLow, errorHigh), trusted))) {
        values = i32x4.replace_lane(values, 0, exactly(f64x2.extract_lane(accLow, 0), m, s, zp, lo, hi));
        values = i32x4.replace_lane(values, 1, exactly(f64x2.extract_lane(accLow, 1), m, s, zp, lo, hi));
        values = i32x4.replace_lane(values, 2, exactly(f64x2.extract_lane(accHigh, 0), m, s, zp, lo, hi));
        values = i32x4.replace_lane(values, 3, exactly(f64x2.extract_lane(accHigh, 1), m, s, zp, lo, hi));
      }
    }
    if (i + 4 <= count) {
      out += storeFour(code, out, values);
    } else {
      out += storeOne(code, out, i32x4.extract_lane(values, 0));
      if (i + 1 < count) out += storeOne(code, out, i32x4.extract_lane(values, 1));
      if (i + 2 < count) storeOne(code, out, i32x4.extract_lane(values, 2));
    }
    at += 16;
  }
}

/** Lanes beyond the last element may hold anything: they are not stored. */
function exactly(acc: f64, m: i32, s: i32, zp: i32, lo: i32, hi: i32): i32 {
  return requantize(<i64>min(max(acc, -LARGEST), LARGEST), m, s, zp, lo, hi);
}

/** As `arithmetic` for accumulators of up to 2^63, in integers. */
export function wideArithmetic(
  kind: i32,
  count: i32,
  a: usize,
  aCode: i32,
  za: i32,
  ma: i32,
  b: usize,
  bCode: i32,
  zb: i32,
  mb: i32,
  m: i32,
  s: i32,
  zp: i32,
  lo: i32,
  hi: i32,
  out: usize,
  outCode: i32,
  room: usize,
): void {
  const aBytes = bytesOf(aCode);
  const bBytes = bytesOf(bCode);
  for (; count > 0; count -= BLOCK) {
    const size = min(count, BLOCK);
    toI32(aCode, a, size, room);
    toI32(bCode, b, size, room + BLOCK_BYTES);
    a += <usize>size * aBytes;
    b += <usize>size * bBytes;
    const end = room + (<usize>size << 2);
    for (let at = room; at < end; at += 4) {
      const x = <i64>load<i32>(at) - <i64>za;
      const y = <i64>load<i32>(at, BLOCK_BYTES) - <i64>zb;
      const acc = kind == SUM ? x * <i64>ma + y * <i64>mb : x * y;
      out += storeOne(outCode, out, requantize(acc, m, s, zp, lo, hi));
    }
  }
}
