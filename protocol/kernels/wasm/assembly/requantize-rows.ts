/**
 * Bias, multiplier, shift, zero point and saturation of the rows of a contraction's sums. The parameters of all channels
 * stand in one array behind another, each with room for `stride` channels (a multiple of four): bias and scale (m · 2^-s)
 * as f64, bias as i64, m and s as i32. Channels that only fill up have a scale and a multiplier of 0.
 */
import { integers, requantize, ROUNDER, storeEight, storeFour, storeOne } from "./rounding";

/**
 * Rescales rows of i32 sums. The quotients are computed in doubles; a row with one that lies so near to a tie that its error
 * could matter is computed again in integers.
 *
 * @param columns channels of a row; sums and parameters of a multiple of four are readable
 * @param pitch bytes between two rows of `sums`
 * @param safe largest distance between a quotient and its rounded value that is trusted: 0.5 minus the error bound, or 1 where quotients are exact
 * @param lo smallest value of the output's type
 * @param hi largest value of the output's type
 * @param outPitch bytes between two rows of `out`
 */
export function requantizeRows(
  rows: i32,
  columns: i32,
  sums: usize,
  pitch: usize,
  parameters: usize,
  stride: i32,
  safe: f64,
  code: i32,
  zp: i32,
  lo: i32,
  hi: i32,
  out: usize,
  outPitch: usize,
): void {
  const doubles = <usize>stride << 3;
  const exact = parameters + 2 * doubles;
  const least = f64x2.splat(<f64>lo - <f64>zp);
  const most = f64x2.splat(<f64>hi - <f64>zp);
  const rounder = f64x2.splat(ROUNDER);
  const zeroPoint = i32x4.splat(zp);
  const whole = columns & ~7;
  for (let row = 0; row < rows; row++) {
    let to = out;
    let bias = parameters;
    let worst = f64x2.splat(0);
    let n = 0;
    for (; n < whole; n += 8) {
      const first = v128.load(sums + (<usize>n << 2));
      const second = v128.load(sums + (<usize>n << 2), 16);
      // Bounds are integers, so saturating before the rounding gives what saturating after it would.
      const q0 = quotients(f64x2.convert_low_i32x4_s(first), bias, doubles, least, most);
      const q1 = quotients(f64x2.convert_low_i32x4_s(upper(first)), bias + 16, doubles, least, most);
      const q2 = quotients(f64x2.convert_low_i32x4_s(second), bias + 32, doubles, least, most);
      const q3 = quotients(f64x2.convert_low_i32x4_s(upper(second)), bias + 48, doubles, least, most);
      const r0 = f64x2.add(q0, rounder);
      const r1 = f64x2.add(q1, rounder);
      const r2 = f64x2.add(q2, rounder);
      const r3 = f64x2.add(q3, rounder);
      if (safe < 0.5) {
        const e0 = f64x2.pmax(distance(q0, r0, rounder), distance(q1, r1, rounder));
        const e1 = f64x2.pmax(distance(q2, r2, rounder), distance(q3, r3, rounder));
        worst = f64x2.pmax(worst, f64x2.pmax(e0, e1));
      }
      to += storeEight(code, to, i32x4.add(integers(r0, r1), zeroPoint), i32x4.add(integers(r2, r3), zeroPoint));
      bias += 64;
    }
    for (; n < columns; n += 4) {
      const acc = v128.load(sums + (<usize>n << 2));
      const q0 = quotients(f64x2.convert_low_i32x4_s(acc), bias, doubles, least, most);
      const q1 = quotients(f64x2.convert_low_i32x4_s(upper(acc)), bias + 16, doubles, least, most);
      const r0 = f64x2.add(q0, rounder);
      const r1 = f64x2.add(q1, rounder);
      worst = f64x2.pmax(worst, f64x2.pmax(distance(q0, r0, rounder), distance(q1, r1, rounder)));
      const values = i32x4.add(integers(r0, r1), zeroPoint);
      if (n + 4 <= columns) {
        to += storeFour(code, to, values);
      } else {
        to += storeOne(code, to, i32x4.extract_lane(values, 0));
        if (n + 1 < columns) to += storeOne(code, to, i32x4.extract_lane(values, 1));
        if (n + 2 < columns) storeOne(code, to, i32x4.extract_lane(values, 2));
      }
      bias += 32;
    }
    if (v128.any_true(f64x2.gt(worst, f64x2.splat(safe)))) {
      exactRow(columns, sums, exact, stride, code, zp, lo, hi, out);
    }
    sums += pitch;
    out += outPitch;
  }
}

/** Two quotients, saturated: (acc + bias) * scale, which stands `doubles` bytes behind the bias. */
// @ts-ignore: decorator
@inline
function quotients(acc: v128, bias: usize, doubles: usize, least: v128, most: v128): v128 {
  const product = f64x2.mul(f64x2.add(acc, v128.load(bias)), v128.load(bias + doubles));
  return f64x2.pmin(f64x2.pmax(product, least), most);
}

/** How far quotients lie from their rounded values, of which `rounded` is the sum with the rounder. */
// @ts-ignore: decorator
@inline
function distance(quotient: v128, rounded: v128, rounder: v128): v128 {
  return f64x2.abs(f64x2.sub(quotient, f64x2.sub(rounded, rounder)));
}

// @ts-ignore: decorator
@inline
function upper(values: v128): v128 {
  return v128.shuffle<i32>(values, values, 2, 3, 2, 3);
}

function exactRow(
  columns: i32,
  sums: usize,
  exact: usize,
  stride: i32,
  code: i32,
  zp: i32,
  lo: i32,
  hi: i32,
  out: usize,
): void {
  for (let n = 0; n < columns; n++) {
    const sum = <i64>load<i32>(sums + (<usize>n << 2));
    out += storeOne(code, out, exactly(sum, n, exact, stride, zp, lo, hi));
  }
}

/** Adds the bias and rounds in integers of any size; `exact` is the address of the biases as i64. */
function exactly(sum: i64, n: i32, exact: usize, stride: i32, zp: i32, lo: i32, hi: i32): i32 {
  const channel = <usize>n;
  const multipliers = exact + (<usize>stride << 3);
  const m = load<i32>(multipliers + (channel << 2));
  const s = load<i32>(multipliers + ((<usize>stride + channel) << 2));
  return requantize(sum + load<i64>(exact + (channel << 3)), m, s, zp, lo, hi);
}

/** As requantizeRows for i64 sums, in integers throughout. */
export function requantizeWideRows(
  rows: i32,
  columns: i32,
  sums: usize,
  pitch: usize,
  parameters: usize,
  stride: i32,
  code: i32,
  zp: i32,
  lo: i32,
  hi: i32,
  out: usize,
  outPitch: usize,
): void {
  const exact = parameters + (<usize>stride << 4);
  for (let row = 0; row < rows; row++) {
    let to = out;
    for (let n = 0; n < columns; n++) {
      const sum = load<i64>(sums + (<usize>n << 3));
      to += storeOne(code, to, exactly(sum, n, exact, stride, zp, lo, hi));
    }
    sums += pitch;
    out += outPitch;
  }
}
