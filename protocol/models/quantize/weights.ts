import { allocate, dtypeMax } from "../../tensor/dtype.ts";
import type { TypedData } from "../../tensor/types.ts";

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
    const scale = Math.max(largest / most, least(n), MIN_SCALE);
    scales[n] = scale;
    for (let i = 0; i < taps; i++) data[n * taps + i] = Math.min(Math.max(Math.round(row[i]! / scale), -most), most);
  }
  return { data, scales };
}
