/** Pools over windows of X[N,H,W,C], the channels of a window side by side. */
import { integers, ROUNDER, storeFour, storeOne } from "./rounding";
import { bytesOf, I16, I32, I8, U8 } from "./slab";

/** Maximum over the real taps of the output lines `line` to `line + lines`; up to 15 bytes beyond the last are written. */
export function maxPool(
  code: i32,
  x: usize,
  firstLine: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  padTop: i32,
  padLeft: i32,
  line: i32,
  lines: i32,
  columns: i32,
  out: usize,
): void {
  const pixel = <usize>channels * bytesOf(code);
  const pitch = <usize>width * pixel;
  for (let y = line; y < line + lines; y++) {
    const top = y * strideHeight - padTop;
    const from = max(top, 0);
    const to = min(top + kernelHeight, height);
    for (let column = 0; column < columns; column++) {
      const left = column * strideWidth - padLeft;
      const first = max(left, 0);
      const last = min(left + kernelWidth, width);
      const at = x + <usize>(from - firstLine) * pitch + <usize>first * pixel;
      const bytes = <usize>(last - first) * pixel;
      const end = at + <usize>(to - from) * pitch;
      if (code == I8) maxOf<i8>(at, end, pitch, bytes, pixel, out);
      else if (code == U8) maxOf<u8>(at, end, pitch, bytes, pixel, out);
      else if (code == I16) maxOf<i16>(at, end, pitch, bytes, pixel, out);
      else maxOf<i32>(at, end, pitch, bytes, pixel, out);
      out += pixel;
    }
  }
}

/** One window: `bytes` of every line from `at` to `end`, `pixel` bytes a tap. */
function maxOf<T>(at: usize, end: usize, pitch: usize, bytes: usize, pixel: usize, out: usize): void {
  for (let c: usize = 0; c < pixel; c += 16) {
    let best = v128.load(at + c);
    for (let row = at + c; row < end; row += pitch) {
      for (let tap = row; tap < row + bytes; tap += pixel) best = v128.max<T>(best, v128.load(tap));
    }
    v128.store(out + c, best);
  }
}

/**
 * sat(zp + halfEven((Σ - count * zp) / count)) over the real taps, at most 65,535: the sums of elements of 16 bits stay within
 * 32, those of wider ones within a double, and a double's quotient is off by less than any quotient lies from a tie.
 */
export function averagePool(
  code: i32,
  x: usize,
  firstLine: i32,
  height: i32,
  width: i32,
  channels: i32,
  kernelHeight: i32,
  kernelWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  padTop: i32,
  padLeft: i32,
  line: i32,
  lines: i32,
  columns: i32,
  out: usize,
  zp: i32,
  lo: i32,
  hi: i32,
): void {
  const pixel = <usize>channels * bytesOf(code);
  const pitch = <usize>width * pixel;
  for (let y = line; y < line + lines; y++) {
    const top = y * strideHeight - padTop;
    const from = max(top, 0);
    const to = min(top + kernelHeight, height);
    for (let column = 0; column < columns; column++) {
      const left = column * strideWidth - padLeft;
      const first = max(left, 0);
      const last = min(left + kernelWidth, width);
      const at = x + <usize>(from - firstLine) * pitch + <usize>first * pixel;
      const bytes = <usize>(last - first) * pixel;
      const end = at + <usize>(to - from) * pitch;
      const count = (to - from) * (last - first);
      if (code == I8) averageOf<i8>(code, at, end, pitch, bytes, pixel, channels, count, zp, lo, hi, out);
      else if (code == U8) averageOf<u8>(code, at, end, pitch, bytes, pixel, channels, count, zp, lo, hi, out);
      else if (code == I32) wideAverageOf(at, end, pitch, bytes, pixel, channels, count, zp, lo, hi, out);
      else averageOf<i16>(code, at, end, pitch, bytes, pixel, channels, count, zp, lo, hi, out);
      out += pixel;
    }
  }
}

function averageOf<T>(
  code: i32,
  at: usize,
  end: usize,
  pitch: usize,
  bytes: usize,
  pixel: usize,
  channels: i32,
  count: i32,
  zp: i32,
  lo: i32,
  hi: i32,
  out: usize,
): void {
  for (let c = 0; c < channels; c += 8) {
    let low = i32x4.splat(0);
    let high = low;
    for (let row = at; row < end; row += pitch) {
      for (let tap = row; tap < row + bytes; tap += pixel) {
        let words: v128;
        if (sizeof<T>() == 1) words = isSigned<T>() ? v128.load8x8_s(tap) : v128.load8x8_u(tap);
        else words = v128.load(tap);
        low = i32x4.add(low, i32x4.extend_low_i16x8_s(words));
        high = i32x4.add(high, i32x4.extend_high_i16x8_s(words));
      }
    }
    out += storeAverages(code, low, channels - c, count, zp, lo, hi, out);
    if (channels - c > 4) out += storeAverages(code, high, channels - c - 4, count, zp, lo, hi, out);
    at += 8 * sizeof<T>();
    end += 8 * sizeof<T>();
  }
}

function wideAverageOf(
  at: usize,
  end: usize,
  pitch: usize,
  bytes: usize,
  pixel: usize,
  channels: i32,
  count: i32,
  zp: i32,
  lo: i32,
  hi: i32,
  out: usize,
): void {
  for (let c = 0; c < channels; c += 4) {
    let low = f64x2.splat(0);
    let high = low;
    for (let row = at; row < end; row += pitch) {
      for (let tap = row; tap < row + bytes; tap += pixel) {
        const words = v128.load(tap);
        low = f64x2.add(low, f64x2.convert_low_i32x4_s(words));
        high = f64x2.add(high, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(words, words, 2, 3, 2, 3)));
      }
    }
    out += storeQuotients(I32, low, high, channels - c, count, zp, lo, hi, out);
    at += 16;
    end += 16;
  }
}

function storeAverages(code: i32, sums: v128, left: i32, count: i32, zp: i32, lo: i32, hi: i32, out: usize): usize {
  const low = f64x2.convert_low_i32x4_s(sums);
  const high = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(sums, sums, 2, 3, 2, 3));
  return storeQuotients(code, low, high, left, count, zp, lo, hi, out);
}

function storeQuotients(
  code: i32,
  lowSums: v128,
  highSums: v128,
  left: i32,
  count: i32,
  zp: i32,
  lo: i32,
  hi: i32,
  out: usize,
): usize {
  const divisor = f64x2.splat(<f64>count);
  const offset = f64x2.splat(<f64>count * <f64>zp);
  const least = f64x2.splat(<f64>lo - <f64>zp);
  const most = f64x2.splat(<f64>hi - <f64>zp);
  const rounder = f64x2.splat(ROUNDER);
  const low = f64x2.div(f64x2.sub(lowSums, offset), divisor);
  const high = f64x2.div(f64x2.sub(highSums, offset), divisor);
  const sumLow = f64x2.add(f64x2.pmin(f64x2.pmax(low, least), most), rounder);
  const sumHigh = f64x2.add(f64x2.pmin(f64x2.pmax(high, least), most), rounder);
  const values = i32x4.add(integers(sumLow, sumHigh), i32x4.splat(zp));
  if (left >= 4) return storeFour(code, out, values);
  let bytes = storeOne(code, out, i32x4.extract_lane(values, 0));
  if (left > 1) bytes += storeOne(code, out + bytes, i32x4.extract_lane(values, 1));
  if (left > 2) bytes += storeOne(code, out + bytes, i32x4.extract_lane(values, 2));
  return bytes;
}
