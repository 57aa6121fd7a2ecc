import type { Piece, Segments } from "./pieces.ts";
import type { Centred } from "./weights.ts";

/** Channels of a panel of the kernels gemm and channelwise, and of wideGemm. */
export const PANEL = 8;
export const WIDE_PANEL = 4;

/** Channels `first` to `first + count` of a piece as `gemm` reads them; channels that only fill up a panel are zeros. */
export function packPanels(
  { values, terms }: Centred,
  segments: Segments,
  piece: Piece,
  first: number,
  count: number,
): Int16Array {
  const pairs = Math.ceil(piece.terms / 2);
  const panels = Math.ceil(count / PANEL);
  const packed = new Int16Array(panels * piece.segments * pairs * 2 * PANEL);
  const segmentStep = pairs * 2 * PANEL;
  for (let n = 0; n < count; n++) {
    let to = Math.floor(n / PANEL) * piece.segments * segmentStep + (n % PANEL) * 2;
    for (let s = 0; s < piece.segments; s++, to += segmentStep) {
      const from = (first + n) * terms + (piece.firstSegment + s) * segments.terms + piece.firstTerm;
      for (let k = 0; k < piece.terms; k++) {
        packed[to + (k >> 1) * 2 * PANEL + (k & 1)] = values[from + k] as number;
      }
    }
  }
  return packed;
}

/** Terms `piece` of channels `first` to `first + count` as `channelwise` reads them. */
export function packChannels({ values, terms }: Centred, piece: Piece, first: number, count: number): Int16Array {
  const pairs = Math.ceil(piece.segments / 2);
  const packed = new Int16Array(Math.ceil(count / PANEL) * pairs * 2 * PANEL);
  for (let n = 0; n < count; n++) {
    const to = Math.floor(n / PANEL) * pairs * 2 * PANEL + (n % PANEL) * 2;
    for (let t = 0; t < piece.segments; t++) {
      packed[to + (t >> 1) * 2 * PANEL + (t & 1)] = values[(first + n) * terms + piece.firstSegment + t] as number;
    }
  }
  return packed;
}

/** All terms of channels `first` to `first + count` as `wideGemm` reads them; `value` gives a weight minus its zero point. */
export function packWide(
  value: (n: number, k: number) => number,
  terms: number,
  first: number,
  count: number,
): BigInt64Array {
  const packed = new BigInt64Array(Math.ceil(count / WIDE_PANEL) * terms * WIDE_PANEL);
  for (let n = 0; n < count; n++) {
    const to = Math.floor(n / WIDE_PANEL) * terms * WIDE_PANEL + (n % WIDE_PANEL);
    for (let k = 0; k < terms; k++) packed[to + k * WIDE_PANEL] = BigInt(value(first + n, k));
  }
  return packed;
}
