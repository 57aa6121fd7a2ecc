import type { Frame } from "./frame.ts";
import type { Tiling } from "./tiles.ts";

/** Terms of one call at most: a panel's weights and four rows of inputs stay in a first-level cache. */
const LONGEST_CALL = 512;

/** The runs of terms that an output row reads: segment s is `terms` elements from `offsets[s]` on, relative to the row. */
export interface Segments {
  readonly offsets: readonly number[];
  readonly terms: number;
}

/** Some terms of some segments, which one call of a kernel adds up. */
export interface Piece {
  readonly firstSegment: number;
  readonly segments: number;
  /** First term of every segment and their number. */
  readonly firstTerm: number;
  readonly terms: number;
}

/** Whole kernel lines where they lie side by side in the slab, single taps otherwise. */
export function segmentsOf(frame: Frame, tiling: Tiling): Segments {
  const { kernel, dilation, inputs, groups } = frame;
  const at = (ky: number, kx: number): number => (ky * dilation[0] * tiling.slabColumns + kx * dilation[1]) * inputs;
  if (groups === 1 && (dilation[1] === 1 || kernel[1] === 1)) {
    return { offsets: Array.from({ length: kernel[0] }, (_, ky) => at(ky, 0)), terms: kernel[1] * inputs };
  }
  const taps = Array.from({ length: kernel[0] * kernel[1] }, (_, tap) =>
    at(Math.floor(tap / kernel[1]), tap % kernel[1]),
  );
  return { offsets: taps, terms: inputs / groups };
}

/** Cuts the terms of a sum into pieces of at most `exactTerms` terms. */
export function piecesOf({ offsets, terms }: Segments, exactTerms: number): Piece[] {
  const most = Math.max(Math.min(exactTerms, LONGEST_CALL) & ~1, 2);
  const pieces: Piece[] = [];
  if (terms <= most) {
    const step = Math.floor(most / terms);
    for (let firstSegment = 0; firstSegment < offsets.length; firstSegment += step) {
      pieces.push({ firstSegment, segments: Math.min(step, offsets.length - firstSegment), firstTerm: 0, terms });
    }
    return pieces;
  }
  for (const firstSegment of offsets.keys()) {
    for (let firstTerm = 0; firstTerm < terms; firstTerm += most) {
      pieces.push({ firstSegment, segments: 1, firstTerm, terms: Math.min(most, terms - firstTerm) });
    }
  }
  return pieces;
}
