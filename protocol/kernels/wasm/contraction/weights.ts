import type { TypedData } from "../../../tensor/types.ts";

/** Largest magnitude that an i32 sum may reach. */
const LARGEST_SUM = 2 ** 31 - 1;
/** Sums shorter than this are not worth a pass: then the weights are split into bytes. */
const SHORTEST_PASS = 16;

/** Weights minus their zero points, `values[n · terms + k]`. */
export interface Centred {
  readonly values: Int32Array;
  readonly channels: number;
  readonly terms: number;
}

/** Weights as 16-bit numbers: those of a node are `Σ values · 2^shift` over its planes. */
export interface Plane extends Centred {
  readonly shift: number;
  /** Any so many terms, in any order, add up within 32 bits. */
  readonly exactTerms: number;
  /** Largest magnitude of a sum over all terms. */
  readonly largestSum: number;
}

/** `zeroPoints` by channel; elements are at most 16 bits wide. */
export function centre(data: TypedData, zeroPoints: Float64Array): Centred {
  const channels = zeroPoints.length;
  const terms = data.length / channels;
  const values = new Int32Array(data.length);
  for (let n = 0, i = 0; n < channels; n++) {
    const zero = zeroPoints[n] as number;
    for (let k = 0; k < terms; k++, i++) values[i] = (data[i] as number) - zero;
  }
  return { values, channels, terms };
}

/**
 * Splits weights so that sums over inputs of magnitude `maxInput` can be taken in 32 bits. The bound is proven from the
 * weights themselves: |sum| <= maxInput · Σ|w| whatever the inputs are. Two products of -32768 and -32768 are 2^31 together,
 * which is why the bound is 2^31 - 1 and holds for every pair, not only for whole sums.
 */
export function planesOf(weights: Centred, maxInput: number): Plane[] {
  const { values, terms, channels } = weights;
  const limit = Math.floor(LARGEST_SUM / maxInput);
  let [smallest, largest, longest] = [0, 0, 0];
  for (let n = 0, i = 0; n < channels; n++) {
    let sum = 0;
    for (let k = 0; k < terms; k++, i++) {
      const value = values[i] as number;
      smallest = Math.min(smallest, value);
      largest = Math.max(largest, value);
      sum += Math.abs(value);
    }
    longest = Math.max(longest, sum);
  }
  const largestSum = longest * maxInput;
  if (smallest >= -32_768 && largest <= 32_767) {
    if (longest <= limit) return [{ ...weights, shift: 0, exactTerms: terms, largestSum }];
    const exactTerms = Math.floor(limit / Math.max(-smallest, largest));
    if (exactTerms >= SHORTEST_PASS) return [{ ...weights, shift: 0, exactTerms, largestSum }];
  }
  const low = values.map((value) => ((value + 128) & 255) - 128);
  const high = values.map((value, i) => (value - (low[i] as number)) / 256);
  return [
    { ...weights, values: low, shift: 0, exactTerms: Math.floor(limit / 128), largestSum },
    { ...weights, values: high, shift: 8, exactTerms: Math.floor(limit / 256), largestSum },
  ];
}
