/**
 * Sums of products of 16-bit operands by `i32x4.dot_i16x8_s`: `sums[row, n] (+)= Σ_s Σ_k A[base[row] + segment[s] + k] · W[n, s, k]`.
 *
 * A is read in place: a row of a matrix product, or the pixels that one kernel line of a convolution covers, is a run of
 * terms in the slab, so no patch is ever copied. Weights are packed in panels of eight channels: for each segment and each
 * pair of terms sixteen numbers, the two terms of a channel side by side.
 */

/** Bytes of one pair of terms of a panel. */
const PAIR: usize = 32;

/**
 * Adds up `panels` panels for `rows` rows.
 *
 * @param slab address of A, i16
 * @param base byte offset in A of every row, u32
 * @param segments byte offsets in A of the segments, relative to the row, u32
 * @param pairs pairs of terms of every segment
 * @param accumulate 1 to add to what `sums` holds, 0 to overwrite it
 * @param sums i32; eight numbers are written per panel, so a row has room for a multiple of eight
 * @param pitch bytes between two rows of `sums`
 */
export function gemm(
  rows: i32,
  slab: usize,
  base: usize,
  segments: usize,
  segmentCount: i32,
  pairs: i32,
  weights: usize,
  panels: i32,
  accumulate: i32,
  sums: usize,
  pitch: usize,
): void {
  const panelBytes = <usize>segmentCount * <usize>pairs * PAIR;
  for (let panel = 0; panel < panels; panel++) {
    let row = 0;
    let to = sums;
    let at = base;
    for (; row + 4 <= rows; row += 4) {
      fourRows(
        slab + load<u32>(at),
        slab + load<u32>(at, 4),
        slab + load<u32>(at, 8),
        slab + load<u32>(at, 12),
        segments,
        segmentCount,
        pairs,
        weights,
        accumulate,
        to,
        pitch,
      );
      to += 4 * pitch;
      at += 16;
    }
    for (; row < rows; row++) {
      oneRow(slab + load<u32>(at), segments, segmentCount, pairs, weights, accumulate, to);
      to += pitch;
      at += 4;
    }
    weights += panelBytes;
    sums += 32;
  }
}

/** Four rows by eight channels: eight registers of sums, two of weights, one of A. */
function fourRows(
  row0: usize,
  row1: usize,
  row2: usize,
  row3: usize,
  segments: usize,
  segmentCount: i32,
  pairs: i32,
  weights: usize,
  accumulate: i32,
  sums: usize,
  pitch: usize,
): void {
  let s00 = i32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  const lastSegment = segments + (<usize>segmentCount << 2);
  for (; segments < lastSegment; segments += 4) {
    const offset = <usize>load<u32>(segments);
    let a0 = row0 + offset;
    let a1 = row1 + offset;
    let a2 = row2 + offset;
    let a3 = row3 + offset;
    const end = a0 + (<usize>pairs << 2);
    for (; a0 + 4 < end; a0 += 8) {
      const w0 = v128.load(weights);
      const w1 = v128.load(weights, 16);
      let a = v128.load32_splat(a0);
      s00 = i32x4.add(s00, i32x4.dot_i16x8_s(a, w0));
      s01 = i32x4.add(s01, i32x4.dot_i16x8_s(a, w1));
      a = v128.load32_splat(a1);
      s10 = i32x4.add(s10, i32x4.dot_i16x8_s(a, w0));
      s11 = i32x4.add(s11, i32x4.dot_i16x8_s(a, w1));
      a = v128.load32_splat(a2);
      s20 = i32x4.add(s20, i32x4.dot_i16x8_s(a, w0));
      s21 = i32x4.add(s21, i32x4.dot_i16x8_s(a, w1));
      a = v128.load32_splat(a3);
      s30 = i32x4.add(s30, i32x4.dot_i16x8_s(a, w0));
      s31 = i32x4.add(s31, i32x4.dot_i16x8_s(a, w1));
      const w2 = v128.load(weights, 32);
      const w3 = v128.load(weights, 48);
      a = v128.load32_splat(a0, 4);
      s00 = i32x4.add(s00, i32x4.dot_i16x8_s(a, w2));
      s01 = i32x4.add(s01, i32x4.dot_i16x8_s(a, w3));
      a = v128.load32_splat(a1, 4);
      s10 = i32x4.add(s10, i32x4.dot_i16x8_s(a, w2));
      s11 = i32x4.add(s11, i32x4.dot_i16x8_s(a, w3));
      a = v128.load32_splat(a2, 4);
      s20 = i32x4.add(s20, i32x4.dot_i16x8_s(a, w2));
      s21 = i32x4.add(s21, i32x4.dot_i16x8_s(a, w3));
      a = v128.load32_splat(a3, 4);
      s30 = i32x4.add(s30, i32x4.dot_i16x8_s(a, w2));
      s31 = i32x4.add(s31, i32x4.dot_i16x8_s(a, w3));
      weights += 2 * PAIR;
      a1 += 8;
      a2 += 8;
      a3 += 8;
    }
    if (a0 < end) {
      const w0 = v128.load(weights);
      const w1 = v128.load(weights, 16);
      let a = v128.load32_splat(a0);
      s00 = i32x4.add(s00, i32x4.dot_i16x8_s(a, w0));
      s01 = i32x4.add(s01, i32x4.dot_i16x8_s(a, w1));
      a = v128.load32_splat(a1);
      s10 = i32x4.add(s10, i32x4.dot_i16x8_s(a, w0));
      s11 = i32x4.add(s11, i32x4.dot_i16x8_s(a, w1));
      a = v128.load32_splat(a2);
      s20 = i32x4.add(s20, i32x4.dot_i16x8_s(a, w0));
      s21 = i32x4.add(s21, i32x4.dot_i16x8_s(a, w1));
      a = v128.load32_splat(a3);
      s30 = i32x4.add(s30, i32x4.dot_i16x8_s(a, w0));
      s31 = i32x4.add(s31, i32x4.dot_i16x8_s(a, w1));
      weights += PAIR;
    }
  }
  put(sums, s00, s01, accumulate);
  sums += pitch;
  put(sums, s10, s11, accumulate);
  sums += pitch;
  put(sums, s20, s21, accumulate);
  sums += pitch;
  put(sums, s30, s31, accumulate);
}

function oneRow(
  row: usize,
  segments: usize,
  segmentCount: i32,
  pairs: i32,
  weights: usize,
  accumulate: i32,
  sums: usize,
): void {
  let s0 = i32x4.splat(0);
  let s1 = s0;
  let t0 = s0;
  let t1 = s0;
  const lastSegment = segments + (<usize>segmentCount << 2);
  for (; segments < lastSegment; segments += 4) {
    let a = row + <usize>load<u32>(segments);
    const end = a + (<usize>pairs << 2);
    for (; a + 4 < end; a += 8) {
      const first = v128.load32_splat(a);
      s0 = i32x4.add(s0, i32x4.dot_i16x8_s(first, v128.load(weights)));
      s1 = i32x4.add(s1, i32x4.dot_i16x8_s(first, v128.load(weights, 16)));
      const second = v128.load32_splat(a, 4);
      t0 = i32x4.add(t0, i32x4.dot_i16x8_s(second, v128.load(weights, 32)));
      t1 = i32x4.add(t1, i32x4.dot_i16x8_s(second, v128.load(weights, 48)));
      weights += 2 * PAIR;
    }
    if (a < end) {
      const first = v128.load32_splat(a);
      s0 = i32x4.add(s0, i32x4.dot_i16x8_s(first, v128.load(weights)));
      s1 = i32x4.add(s1, i32x4.dot_i16x8_s(first, v128.load(weights, 16)));
      weights += PAIR;
    }
  }
  put(sums, i32x4.add(s0, t0), i32x4.add(s1, t1), accumulate);
}

// @ts-ignore: decorator
@inline
function put(sums: usize, low: v128, high: v128, accumulate: i32): void {
  if (accumulate) {
    low = i32x4.add(low, v128.load(sums));
    high = i32x4.add(high, v128.load(sums, 16));
  }
  v128.store(sums, low);
  v128.store(sums, high, 16);
}
