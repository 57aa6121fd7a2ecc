/**
 * Bias, multiplier, shift, zero point and saturation of the rows of a contraction's sums. The parameters of all channels
 * stand in one array behind another, each with room for `stride` channels (a multiple of four): bias and scale (m · 2^-s)
 * as f64, bias as i64, m and s as i32. Channels that only fill up have a scale and a multiplier of 0.
 */
import { integers, requantize, ROUNDER, storeFour, storeOne } from "./rounding";

/**
 * Rescales rows of i32 sums. The quotient is computed in doubles; lanes that lie so near to a tie that its error could
 * matter are computed again in integers.
 *
 * @param columns channels of a row
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
  const biases = parameters;
  const scales = biases + doubles;
  const exact = scales + doubles;
  const least = f64x2.splat(<f64>lo - <f64>zp);
  const most = f64x2.splat(<f64>hi - <f64>zp);
  const rounder = f64x2.splat(ROUNDER);
  const trusted = f64x2.splat(safe);
  const zeroPoint = i32x4.splat(zp);
  for (let row = 0; row < rows; row++) {
    let to = out;
    for (let n = 0; n < columns; n += 4) {
      const from = sums + (<usize>n << 2);
      const at = <usize>n << 3;
      const acc = v128.load(from);
      const upper = v128.shuffle<i32>(acc, acc, 2, 3, 2, 3);
      let low = f64x2.mul(f64x2.add(f64x2.convert_low_i32x4_s(acc), v128.load(biases + at)), v128.load(scales + at));
      let high = f64x2.mul(
        f64x2.add(f64x2.convert_low_i32x4_s(upper), v128.load(biases + at, 16)),
        v128.load(scales + at, 16),
      );
      // Bounds are integers, so saturating before the rounding gives what saturating after it would.
      low = f64x2.pmin(f64x2.pmax(low, least), most);
      high = f64x2.pmin(f64x2.pmax(high, least), most);
      const lowSum = f64x2.add(low, rounder);
      const highSum = f64x2.add(high, rounder);
      let values = i32x4.add(integers(lowSum, highSum), zeroPoint);
      const lowError = f64x2.abs(f64x2.sub(low, f64x2.sub(lowSum, rounder)));
      const highError = f64x2.abs(f64x2.sub(high, f64x2.sub(highSum, rounder)));
      if (v128.any_true(f64x2.gt(f64x2.pmax(lowError, highError), trusted))) {
        values = i32x4.replace_lane(values, 0, narrowLane(from, n, exact, stride, zp, lo, hi));
        values = i32x4.replace_lane(values, 1, narrowLane(from + 4, n + 1, exact, stride, zp, lo, hi));
        values = i32x4.replace_lane(values, 2, narrowLane(from + 8, n + 2, exact, stride, zp, lo, hi));
        values = i32x4.replace_lane(values, 3, narrowLane(from + 12, n + 3, exact, stride, zp, lo, hi));
      }
      if (n + 4 <= columns) {
        to += storeFour(code, to, values);
      } else {
        to += storeOne(code, to, i32x4.extract_lane(values, 0));
        if (n + 1 < columns) to += storeOne(code, to, i32x4.extract_lane(values, 1));
        if (n + 2 < columns) storeOne(code, to, i32x4.extract_lane(values, 2));
      }
    }
    sums += pitch;
    out += outPitch;
  }
}

function narrowLane(at: usize, n: i32, exact: usize, stride: i32, zp: i32, lo: i32, hi: i32): i32 {
  return exactly(<i64>load<i32>(at), n, exact, stride, zp, lo, hi);
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
