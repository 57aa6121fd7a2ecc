/**
 * Contractions of 32-bit operands. Sums are taken modulo 2^64, which gives the true sum: the program's validator bounds it
 * below 2^63, whatever the partial sums do on the way.
 */

/**
 * `sums[row, n] = Σ_s Σ_k A[base[row] + segment[s] + k] · W[n, s, k]` for `panels` panels of four channels.
 *
 * @param slab address of A, i32
 * @param base byte offset in A of every row, u32
 * @param segments byte offsets in A of the segments, relative to the row, u32
 * @param terms terms of every segment
 * @param weights by panel, segment and term: four channels, i64
 * @param sums i64
 * @param pitch bytes between two rows of `sums`
 */
export function wideGemm(
  rows: i32,
  slab: usize,
  base: usize,
  segments: usize,
  segmentCount: i32,
  terms: i32,
  weights: usize,
  panels: i32,
  sums: usize,
  pitch: usize,
): void {
  const panelBytes = <usize>segmentCount * (<usize>terms << 5);
  const lastSegment = segments + (<usize>segmentCount << 2);
  for (let panel = 0; panel < panels; panel++) {
    let to = sums;
    for (let row = 0; row < rows; row++) {
      const start = slab + load<u32>(base + (<usize>row << 2));
      let w = weights;
      let s0: i64 = 0;
      let s1: i64 = 0;
      let s2: i64 = 0;
      let s3: i64 = 0;
      for (let segment = segments; segment < lastSegment; segment += 4) {
        let a = start + load<u32>(segment);
        for (let k = 0; k < terms; k++) {
          const x = <i64>load<i32>(a);
          s0 += x * load<i64>(w);
          s1 += x * load<i64>(w, 8);
          s2 += x * load<i64>(w, 16);
          s3 += x * load<i64>(w, 24);
          a += 4;
          w += 32;
        }
      }
      store<i64>(to, s0);
      store<i64>(to, s1, 8);
      store<i64>(to, s2, 16);
      store<i64>(to, s3, 24);
      to += pitch;
    }
    weights += panelBytes;
    sums += 32;
  }
}

/** `wide[row, n] (+)= narrow[row, n] · 2^shift`: sums of 32 bits are added up in 64 before they could overflow. */
export function widenSums(
  rows: i32,
  columns: i32,
  narrow: usize,
  narrowPitch: usize,
  shift: i32,
  accumulate: i32,
  wide: usize,
  widePitch: usize,
): void {
  for (let row = 0; row < rows; row++) {
    for (let n: usize = 0; n < <usize>columns; n++) {
      const value = <i64>load<i32>(narrow + (n << 2)) << shift;
      const at = wide + (n << 3);
      store<i64>(at, accumulate ? load<i64>(at) + value : value);
    }
    narrow += narrowPitch;
    wide += widePitch;
  }
}
