import type { TypedData } from "../../tensor/types.ts";

/** A piece of a contraction's output rows, small enough for one dispatch. */
export interface Tile {
  /** First output row and number of rows. */
  readonly first: number;
  readonly rows: number;
  /** Writes the inputs of the tile, minus the zero point, to the start of the slab. */
  fill(x: TypedData, zeroPoint: number, slab: Float32Array): void;
}

/**
 * Where a contraction finds its inputs: term k of output row m of group g is `slab[base[m] + g·groupStep + taps[k]]`. All
 * taps are different, and all tiles share base and slab size.
 */
export interface Geometry {
  readonly taps: Int32Array;
  readonly base: Float32Array;
  readonly groups: number;
  readonly groupStep: number;
  /** Output channels of one group. */
  readonly groupChannels: number;
  /** Floats of the slab that a tile fills. */
  readonly slab: number;
  /** One more than the largest tap of any group. */
  readonly span: number;
  readonly tiles: readonly Tile[];
}

/** Cuts `count` things into equal pieces of at most `most`; the last may be shorter. */
export function equalPieces(count: number, most: number): { size: number; pieces: number } {
  const pieces = Math.ceil(count / most);
  const size = Math.ceil(count / pieces);
  return { size, pieces: Math.ceil(count / size) };
}
