import { dtypeMax } from "../../tensor/dtype.ts";
import type { TypedData } from "../../tensor/types.ts";
import { allocate } from "../../tensor/dtype.ts";

export type WeightType = "i8" | "i16";

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
  weights: ArrayLike<number>,
  channels: number,
  dtype: WeightType,
  least: LeastScale = () => Number.MIN_VALUE,
): QuantizedWeights {
  const taps = weights.length / channels;
  const data = allocate(dtype, weights.length);
  const scales = new Float64Array(channels);
  for (let n = 0; n < channels; n++) {
    let largest = 0;
    for (let i = n * taps; i < (n + 1) * taps; i++) largest = Math.max(largest, Math.abs(weights[i]!));
    const scale = Math.max(largest / dtypeMax(dtype), least(n), 2 ** -100);
    scales[n] = scale;
    for (let i = n * taps; i < (n + 1) * taps; i++) data[i] = Math.round(weights[i]! / scale);
  }
  return { data, scales };
}
