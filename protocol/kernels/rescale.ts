import { dtypeMax, dtypeMin } from "../tensor/dtype.ts";
import { requantize } from "../tensor/numbers.ts";
import type { DType, TypedData } from "../tensor/types.ts";

/**
 * How far a quotient must lie from a tie to be rounded without a closer look. For quotients below 2^33 the computed
 * one is off by at most 2^-20; beyond that every result saturates, whichever way it is rounded.
 */
const MARGIN = 2 ** -19;
export const SAFE = 0.5 - MARGIN;

/** Rows of so many channels are rescaled in memory that stays; an allocation costs little beside more of them. */
const SMALL = 1 << 12;

/** The rounding of requantise for one multiplier: `acc` (an exact integer below 2^53) to sat(zp + halfEven(acc·m / 2^s)). */
export function rescaler(m: number, s: number, zp: number, dtype: DType): (acc: number) => number {
  // Exact: the shift only moves the exponent of a multiplier below 2^31.
  const scale = m * 2 ** -s;
  const lo = dtypeMin(dtype);
  const hi = dtypeMax(dtype);
  return (acc) => {
    const quotient = acc * scale;
    const nearest = Math.floor(quotient + 0.5);
    if (Math.abs(quotient - nearest) > SAFE) return requantize(acc, m, s, zp, dtype);
    return Math.min(Math.max(nearest + zp, lo), hi);
  };
}

/** Parameters of the output channels of a contraction, channel by channel. */
export interface ChannelScales {
  readonly bias: Float64Array;
  readonly m: Float64Array;
  readonly s: Float64Array;
  readonly zp: number;
  readonly dtype: DType;
}

/** A rescaler of rows of sums (without bias) of all channels, into `out` from element `to` on. */
export type RowRescaler = (sums: Float64Array, rows: number, out: TypedData, to: number) => void;

export function rowRescaler({ bias, m, s, zp, dtype }: ChannelScales): RowRescaler {
  const channels = bias.length;
  const lo = dtypeMin(dtype);
  const hi = dtypeMax(dtype);
  // Exact: the shift only moves the exponent of a multiplier below 2^31.
  const scale = m.map((multiplier, n) => multiplier * 2 ** -(s[n] as number));
  // One element type for the loop, whatever the output's: the values are saturated, so the copy at the end is exact.
  const small = new Int32Array(Math.min(channels, SMALL));
  return (sums, rows, out, to) => {
    const rescaled =
      rows * channels <= small.length ? small.subarray(0, rows * channels) : new Int32Array(rows * channels);
    for (let row = 0, i = 0; row < rows; row++) {
      for (let n = 0; n < channels; n++, i++) {
        const acc = (sums[i] as number) + (bias[n] as number);
        const quotient = acc * (scale[n] as number);
        const nearest = Math.floor(quotient + 0.5);
        // A branch on the sign of a fraction, or on saturation, would be mispredicted half of the time.
        rescaled[i] =
          Math.abs(quotient - nearest) > SAFE
            ? requantize(acc, m[n] as number, s[n] as number, zp, dtype)
            : Math.min(Math.max(nearest + zp, lo), hi);
      }
    }
    out.set(rescaled, to);
  };
}
