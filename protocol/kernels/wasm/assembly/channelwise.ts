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
    for (let row = 0; row < rows; row++) {
      const a = slab + load<u32>(base + (<usize>row << 2));
      let low = i32x4.splat(0);
      let high = low;
      let w = weights;
      for (let term = terms; term < lastTerm; term += 8) {
        const x = v128.load(a + load<u32>(term));
        const y = v128.load(a + load<u32>(term, 4));
        const near = v128.shuffle<i16>(x, y, 0, 8, 1, 9, 2, 10, 3, 11);
        const far = v128.shuffle<i16>(x, y, 4, 12, 5, 13, 6, 14, 7, 15);
        low = i32x4.add(low, i32x4.dot_i16x8_s(near, v128.load(w)));
        high = i32x4.add(high, i32x4.dot_i16x8_s(far, v128.load(w, 16)));
        w += 32;
      }
      if (accumulate) {
        low = i32x4.add(low, v128.load(to));
        high = i32x4.add(high, v128.load(to, 16));
      }
      v128.store(to, low);
      v128.store(to, high, 16);
      to += pitch;
    }
    weights += blockBytes;
    slab += 16;
    sums += 32;
  }
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
