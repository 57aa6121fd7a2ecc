import { type Tensor, tensor } from "@orion/protocol/tensor";
import type { Parameter } from "../nn/parameter.ts";
import type { Encoding } from "./encoding.ts";
import { toMultiplier } from "./multiplier.ts";

const WEIGHT_LIMIT = 127;
const BIAS_LIMIT = 2 ** 30;

/** The integer form of one convolution or dense layer. */
export interface QuantizedContraction {
  /** i8, in the shape of the float weights; zero point 0. */
  readonly weights: Tensor;
  /** i32 per output channel, in units of the accumulator. */
  readonly bias: Int32Array;
  /** Per output channel m / 2^s, from the accumulator to the output. */
  readonly m: Int32Array;
  readonly s: Int32Array;
}

/**
 * Per-channel symmetric quantisation. With real = scale · (stored − zero point) on both sides, the accumulator of channel n
 * counts in units of `input.scale · weightScale[n]`; m / 2^s takes it to units of `output.scale`.
 */
export function quantizeContraction(
  weights: Parameter,
  bias: Parameter,
  input: Encoding,
  output: Encoding,
): QuantizedContraction {
  const channels = bias.value.length;
  const taps = weights.value.length / channels;
  const stored = new Int8Array(weights.value.length);
  const [biases, m, s] = [new Int32Array(channels), new Int32Array(channels), new Int32Array(channels)];
  for (let n = 0; n < channels; n++) {
    const row = weights.value.subarray(n * taps, (n + 1) * taps);
    const scale = weightScale(row, bias.value[n]!, input.scale);
    row.forEach((weight, i) => (stored[n * taps + i] = Math.round(weight / scale)));
    const unit = input.scale * scale;
    biases[n] = Math.round(bias.value[n]! / unit);
    const multiplier = toMultiplier(unit / output.scale);
    m[n] = multiplier.m;
    s[n] = multiplier.s;
  }
  return { weights: tensor("i8", weights.shape, stored), bias: biases, m, s };
}

/** The largest weight becomes ±127; a channel of nearly nothing but bias gets a scale in which its bias fits. */
function weightScale(row: Float32Array, bias: number, inputScale: number): number {
  const largest = row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  return Math.max(largest / WEIGHT_LIMIT, Math.abs(bias) / (inputScale * BIAS_LIMIT), Number.EPSILON);
}
