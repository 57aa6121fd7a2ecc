/**
 * Convolutions whose groups are too narrow for panels, depthwise ones above all: eight channels side by side, each with its
 * own input. Two terms are interleaved, so that `i32x4.dot_i16x8_s` adds them up at once.
 */

/**
 * `sums[row, n] (+)= Σ_t A[base[row] + term[t] + n] · W[t, n]` for `blocks` blocks of eight channels.
 *
 * @param slab address of A, i16
 * @param base byte offset in A of every row, u32
 * @param terms byte offset in A of every term relative to the row, u32; an even number of them, the last repeated if need be
 * @param weights by block and pair of terms: the two terms of a channel side by side, i16
 * @param accumulate 1 to add to what `sums` holds, 0 to overwrite it
 * @param pitch bytes between two rows of `sums`, i32
 */
export function channelwise(
  rows: i32,
  slab: usize,
  base: usize,
  terms: usize,
  pairs: i32,
  weights: usize,
  blocks: i32,
  accumulate: i32,
  sums: usize,
  pitch: usize,
): void {
  const blockBytes = <usize>pairs << 5;
  const lastTerm = terms + (<usize>pairs << 3);
  for (let block = 0; block < blocks; block++) {
    let to = sums;
    let row = 0;
    let at = base;
    for (; row + 2 <= rows; row += 2) {
      twoRows(slab + load<u32>(at), slab + load<u32>(at, 4), terms, lastTerm, weights, accumulate, to, to + pitch);
      at += 8;
      to += 2 * pitch;
    }
    if (row < rows) {
      const last = slab + load<u32>(at);
      twoRows(last, last, terms, lastTerm, weights, accumulate, to, to);
    }
    weights += blockBytes;
    slab += 16;
    sums += 32;
  }
}

/** Eight channels of two rows, or of one given twice: its sums are read before they are written. */
function twoRows(
  row0: usize,
  row1: usize,
  terms: usize,
  lastTerm: usize,
  weights: usize,
  accumulate: i32,
  to0: usize,
  to1: usize,
): void {
  let low0 = i32x4.splat(0);
  let high0 = low0;
  let low1 = low0;
  let high1 = low0;
  for (; terms < lastTerm; terms += 8) {
    const first = <usize>load<u32>(terms);
    const second = <usize>load<u32>(terms, 4);
    const w0 = v128.load(weights);
    const w1 = v128.load(weights, 16);
    const x0 = v128.load(row0 + first);
    const y0 = v128.load(row0 + second);
    low0 = i32x4.add(low0, i32x4.dot_i16x8_s(near(x0, y0), w0));
    high0 = i32x4.add(high0, i32x4.dot_i16x8_s(far(x0, y0), w1));
    const x1 = v128.load(row1 + first);
    const y1 = v128.load(row1 + second);
    low1 = i32x4.add(low1, i32x4.dot_i16x8_s(near(x1, y1), w0));
    high1 = i32x4.add(high1, i32x4.dot_i16x8_s(far(x1, y1), w1));
    weights += 32;
  }
  if (accumulate) {
    low0 = i32x4.add(low0, v128.load(to0));
    high0 = i32x4.add(high0, v128.load(to0, 16));
    low1 = i32x4.add(low1, v128.load(to1));
    high1 = i32x4.add(high1, v128.load(to1, 16));
  }
  v128.store(to0, low0);
  v128.store(to0, high0, 16);
  v128.store(to1, low1);
  v128.store(to1, high1, 16);
}

/** The first four elements of two registers in turn. */
// @ts-ignore: decorator
@inline
function near(x: v128, y: v128): v128 {
  return v128.shuffle<i16>(x, y, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** The last four elements of two registers in turn. */
// @ts-ignore: decorator
@inline
function far(x: v128, y: v128): v128 {
  return v128.shuffle<i16>(x, y, 4, 12, 5, 13, 6, 14, 7, 15);
}

/**
 * Copies the channels of `pixels` pixels so that every output channel finds its own input: plane c holds
 * `X[(n / outputs) · inputs + c]` for output channel n. With one input and one output channel a group nothing is to be done.
 *
 * @param inputs input channels of a group
 * @param outputs output channels of a group
 * @param planeBytes bytes of one plane of `to`
 */
export function spreadGroups(
  from: usize,
  pixels: i32,
  groups: i32,
  inputs: i32,
  outputs: i32,
  to: usize,
  planeBytes: usize,
): void {
  const step = <usize>inputs << 1;
  for (let c = 0; c < inputs; c++) {
    let source = from + (<usize>c << 1);
    let target = to + <usize>c * planeBytes;
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let group = 0; group < groups; group++) {
        const value = load<i16>(source);
        for (let n = 0; n < outputs; n++) {
          store<i16>(target, value);
          target += 2;
        }
        source += step;
      }
    }
  }
}
