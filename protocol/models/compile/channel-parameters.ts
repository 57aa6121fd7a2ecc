import type { ContractionOptions } from "../../tensor/builder-contraction.ts";
import type { TypedData } from "../../tensor/types.ts";
import type { Encoding } from "../quantize/encoding.ts";
import { EXACT_BITS, toMultiplier } from "../quantize/multiplier.ts";
import { quantizeAs, type WeightType } from "../quantize/weights.ts";

/** Weights [channels, taps]: real numbers to quantise, or a model's own integers. */
export interface Weights {
  readonly channels: number;
  readonly real: Float64Array;
  /** Mean of what tap `tap` of channel `channel` reads, where the samples show it: it corrects the bias. */
  readonly meanOf?: ((channel: number, tap: number) => number) | undefined;
  /** Width that these weights need, whatever was asked for. */
  readonly width?: WeightType | undefined;
  /** Present where the model gives them; `scales` and `zeroPoints` per channel. */
  readonly exact?: ExactWeights | undefined;
}

/** A model's own integer weights [channels, taps], with a scale and a zero point for each channel. */
export interface ExactWeights {
  readonly dtype: "i8" | "u8" | "i16";
  readonly data: TypedData;
  readonly scales: Float64Array;
  readonly zeroPoints: Int32Array;
}

/** y = gain[c] · x + offset[c] per output channel. */
export interface ChannelLine {
  readonly gain: Float64Array;
  readonly offset: Float64Array;
}

/** Weights and parameter table as a contraction of the program takes them. */
export interface IntegerContraction {
  readonly dtype: "i8" | "u8" | "i16";
  readonly weights: TypedData;
  readonly options: ContractionOptions;
}

const MAX_BIAS = 2 ** 30;

/** The line that changes nothing. */
export function noLine(channels: number): ChannelLine {
  return { gain: new Float64Array(channels).fill(1), offset: new Float64Array(channels) };
}

/** The line `second` of the values of the line `first`. */
export function chainChannels(first: ChannelLine, second: ChannelLine): ChannelLine {
  return {
    gain: first.gain.map((gain, n) => gain * second.gain[n]!),
    offset: first.offset.map((offset, n) => offset * second.gain[n]! + second.offset[n]!),
  };
}

/** One value for every channel of a list that may have one for all. */
export function spread(values: ArrayLike<number>, channels: number): Float64Array {
  return Float64Array.from({ length: channels }, (_, n) => (values.length === 1 ? values[0]! : values[n]!));
}

/**
 * Integer weights and the parameter table of gain · Σ x·w + offset. With real = scale · (stored − zero point) everywhere, the
 * accumulator of channel n counts in units of input scale · weight scale; bias and multiplier follow from that. A
 * model's own integers keep its scales, and multipliers with all bits; real weights absorb the sign of the gain.
 */
export function integerContraction(
  { channels, real, exact, meanOf, width }: Weights,
  { gain, offset }: ChannelLine,
  input: Encoding,
  output: Encoding,
  { weightType, bits }: { readonly weightType: WeightType; readonly bits: number },
): IntegerContraction {
  if (exact !== undefined && gain.every((factor) => factor > 0)) {
    return withTable(exact, exact.zeroPoints, exact.scales, { gain, offset }, input, output, EXACT_BITS);
  }
  const taps = real.length / channels;
  const turned = real.map((weight, i) => weight * Math.sign(gain[Math.floor(i / taps)]!));
  // A channel without gain is its offset alone: any gain serves its weights of zero.
  const magnitude = gain.map((factor) => Math.abs(factor) || 1);
  const least = (n: number): number => Math.abs(offset[n]!) / (magnitude[n]! * input.scale * MAX_BIAS);
  const { dtype, data, scales } = quantizeAs(width ?? weightType, turned, channels, least);
  const shift = meanOf && errorOfMeans(turned, data, scales, meanOf);
  const corrected = offset.map((value, n) => value - magnitude[n]! * (shift?.[n] ?? 0));
  const line = { gain: magnitude, offset: corrected };
  return withTable({ dtype, data }, new Int32Array(channels), scales, line, input, output, bits);
}

/** What rounding of the weights adds to the mean of each channel: Σ (stored − real) · mean of the tap. */
function errorOfMeans(
  real: Float64Array,
  data: TypedData,
  scales: Float64Array,
  meanOf: (channel: number, tap: number) => number,
): Float64Array {
  const taps = real.length / scales.length;
  return scales.map((scale, n) => {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const at = n * taps + tap;
      sum += (scale * data[at]! - real[at]!) * meanOf(n, tap);
    }
    return sum;
  });
}

function withTable(
  weights: { readonly dtype: "i8" | "u8" | "i16"; readonly data: TypedData },
  zpW: Int32Array,
  scales: Float64Array,
  { gain, offset }: ChannelLine,
  input: Encoding,
  output: Encoding,
  bits: number,
): IntegerContraction {
  const [bias, m, s] = [new Int32Array(scales.length), new Int32Array(scales.length), new Int32Array(scales.length)];
  for (const [n, scale] of scales.entries()) {
    const unit = input.scale * scale;
    bias[n] = Math.round(offset[n]! / (gain[n]! * unit));
    const multiplier = toMultiplier((gain[n]! * unit) / output.scale, bits);
    [m[n], s[n]] = [multiplier.m, multiplier.s];
  }
  const options = { dtype: output.dtype, m, s, bias, zpX: input.zeroPoint, zpW, zpOut: output.zeroPoint };
  return { dtype: weights.dtype, weights: weights.data, options };
}
