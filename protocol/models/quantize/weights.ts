import { allocate, dtypeMax } from "../../tensor/dtype.ts";
import type { TypedData } from "../../tensor/types.ts";

/** Widths of weights; `auto` is i16 where a few large weights leave i8 too coarse for the others. */
export const WEIGHT_TYPES = ["i8", "i16", "auto"] as const;
export type WeightType = (typeof WEIGHT_TYPES)[number];

/** No scale is smaller: quotients of two scales stay finite. */
const MIN_SCALE = 2 ** -100;

/** Weights with one scale per output channel: real = scales[n] · stored. */
export interface QuantizedWeights {
  readonly data: TypedData;
  readonly scales: Float64Array;
}

/** What a scale may not fall below so that the channel's bias fits its table. */
export type LeastScale = (channel: number) => number;

/** How far from a whole number of steps a weight of a grid may lie: 32-bit floats are much closer. */
const OFF_GRID = 1e-3;
/** Fewer weights lie on some grid by chance, and a coarse grid leaves the bias coarse. */
const MIN_GRID_TAPS = 4;

/**
 * The scale with which every weight of a channel is a whole number of steps, at most `most` of them; undefined where
 * there is none. Weights that were dequantised get their own integers back so, and their scale as the 32-bit float that it
 * was.
 */
export function gridScale(row: Float64Array, most: number): number | undefined {
  const largest = row.reduce((highest, weight) => Math.max(highest, Math.abs(weight)), 0);
  if (largest === 0 || row.length < MIN_GRID_TAPS) return undefined;
  for (let steps = 1; steps <= most; steps++) {
    const scale = largest / steps;
    if (!row.every((weight) => Math.abs(weight / scale - Math.round(weight / scale)) < OFF_GRID)) continue;
    let [product, square] = [0, 0];
    for (const weight of row) {
      const stored = Math.round(weight / scale);
      product += weight * stored;
      square += stored * stored;
    }
    return Math.fround(product / square);
  }
  return undefined;
}

/** Largest difference of two bytes: what is left of a weight less its zero point. */
const BYTE_SPAN = 255;

/** Whether all channels are integers times a scale, and of which width; undefined for weights as training leaves them. */
export function gridType(weights: Float64Array, channels: number): "i8" | "i16" | undefined {
  const taps = weights.length / channels;
  let widest: "i8" | "i16" = "i8";
  for (let n = 0; n < channels; n++) {
    const row = weights.subarray(n * taps, (n + 1) * taps);
    if (row.every((weight) => weight === 0) || gridScale(row, dtypeMax("i8")) !== undefined) continue;
    if (gridScale(row, BYTE_SPAN) === undefined) return undefined;
    widest = "i16";
  }
  return widest;
}

/**
 * Symmetric quantisation per channel of weights [channels, taps]: the largest weight of a channel becomes the largest
 * stored value. A channel of zeros has the least scale.
 */
export function quantizeWeights(
  weights: Float64Array,
  channels: number,
  dtype: "i8" | "i16",
  least: LeastScale = () => Number.MIN_VALUE,
): QuantizedWeights {
  const taps = weights.length / channels;
  const data = allocate(dtype, weights.length);
  const scales = new Float64Array(channels);
  const most = dtypeMax(dtype);
  for (let n = 0; n < channels; n++) {
    const row = weights.subarray(n * taps, (n + 1) * taps);
    let largest = 0;
    for (let i = 0; i < taps; i++) largest = Math.max(largest, Math.abs(row[i]!));
    const own = largest === 0 ? undefined : gridScale(row, Math.min(most, BYTE_SPAN));
    const scale = Math.max(own ?? largest / most, least(n), MIN_SCALE);
    scales[n] = scale;
    for (let i = 0; i < taps; i++) data[n * taps + i] = Math.min(Math.max(Math.round(row[i]! / scale), -most), most);
  }
  return { data, scales };
}

/** Least signal to quantisation noise, in dB, of i8 weights in mode `auto`: bell-shaped weights without outliers have more. */
const LEAST_SQNR = 42;

/** Signal to quantisation noise of weights in dB. */
export function weightSqnr(weights: Float64Array, { data, scales }: QuantizedWeights): number {
  const taps = weights.length / scales.length;
  let [signal, noise] = [0, 0];
  for (const [at, weight] of weights.entries()) {
    signal += weight ** 2;
    noise += (weight - scales[Math.floor(at / taps)]! * data[at]!) ** 2;
  }
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise);
}

/** Weights in the width asked for; integers of a model stay those integers, whatever was asked for. */
export function quantizeAs(
  type: WeightType,
  weights: Float64Array,
  channels: number,
  least: LeastScale,
): QuantizedWeights & { readonly dtype: "i8" | "i16" } {
  const as = (dtype: "i8" | "i16"): ReturnType<typeof quantizeAs> => {
    return { dtype, ...quantizeWeights(weights, channels, dtype, least) };
  };
  const own = gridType(weights, channels);
  if (own !== undefined) return as(own);
  if (type !== "auto") return as(type);
  const narrow = as("i8");
  return weightSqnr(weights, narrow) >= LEAST_SQNR ? narrow : as("i16");
}
