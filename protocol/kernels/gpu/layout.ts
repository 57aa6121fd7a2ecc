import type { KernelSettings } from "./gpu-js.ts";

/** Everything that a compiled kernel depends on. */
export interface KernelShape {
  /** Output rows of one dispatch, sentinel row included. */
  readonly rows: number;
  /** Output channels of one dispatch. */
  readonly channels: number;
  /** Products that are added up per output element. */
  readonly terms: number;
  /** Floats of the input slab. */
  readonly slab: number;
}

/**
 * How one family of devices wants its work: `out[m, n] = Σ_k slab[base[m] + taps[k]] · weights[n, k]`. Indices and sums
 * are integers of at most 2^24, which 32-bit floats hold exactly.
 */
export interface KernelLayout {
  readonly name: string;
  /** Channels of a dispatch are a multiple of this. */
  readonly channelStep: number;
  source(shape: KernelShape): string;
  settings(shape: KernelShape): KernelSettings;
  /** Where weight k of channel n stands in the packed weights of `terms` terms. */
  weightIndex(terms: number, channel: number, term: number): number;
  /** Adds row m < `rows`, channel n < `channels` of a result to `acc[m·pitch + first + n]`. */
  accumulate(result: unknown, shape: KernelShape, rows: number, channels: number, acc: Accumulator): void;
  /** One element of a result. */
  at(result: unknown, shape: KernelShape, row: number, channel: number): number;
}

/** Sums of a tile, row by row; a dispatch adds to the channels from `first` on. */
export interface Accumulator {
  readonly sums: Float64Array;
  readonly pitch: number;
  readonly first: number;
}

export function commonSettings(
  shape: KernelShape,
): Pick<KernelSettings, "precision" | "loopMaxIterations" | "immutable"> {
  // Without the limit gpu.js silently cuts loops at 1,000 iterations.
  return { precision: "single", loopMaxIterations: shape.terms + 1, immutable: false };
}
