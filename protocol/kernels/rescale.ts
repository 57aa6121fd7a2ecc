import { dtypeMax, dtypeMin } from "../tensor/dtype.ts";
import { requantize } from "../tensor/numbers.ts";
import type { DType, TypedData } from "../tensor/types.ts";

/**
 * How far a fraction must lie from one half to be rounded without a closer look. For quotients below 2^33 the computed
 * one is off by at most 2^-20; beyond that every result saturates, whichever way it is rounded.
 */
const MARGIN = 2 ** -19;
const BELOW = 0.5 - MARGIN;
const ABOVE = 0.5 + MARGIN;

/** The rounding of requantise for one multiplier: `acc` (an exact integer below 2^53) to sat(zp + halfEven(acc·m / 2^s)). */
export function rescaler(m: number, s: number, zp: number, dtype: DType): (acc: number) => number {
  const inverse = 2 ** -s;
  const lo = dtypeMin(dtype);
  const hi = dtypeMax(dtype);
  return (acc) => {
    // One rounding in the product, none in the scaling by a power of two.
    const quotient = acc * m * inverse;
    const floor = Math.floor(quotient);
    const fraction = quotient - floor;
    let value: number;
    if (fraction < BELOW) value = floor + zp;
    else if (fraction > ABOVE) value = floor + 1 + zp;
    else return requantize(acc, m, s, zp, dtype);
    return value < lo ? lo : value > hi ? hi : value;
  };
}

/** Parameters of the output channels of a contraction, channel by channel. */
export interface ChannelScales {
  readonly bias: Float64Array;
  readonly m: Float64Array;
  readonly s: Float64Array;
  readonly inverse: Float64Array;
  readonly zp: number;
  readonly dtype: DType;
}

/** Rescales `rows` rows of sums (without bias) of all channels into `out`, from element `to` on. */
export function rescaleRows(sums: Float64Array, rows: number, scales: ChannelScales, out: TypedData, to: number): void {
  const { bias, m, s, inverse, zp, dtype } = scales;
  const channels = bias.length;
  const lo = dtypeMin(dtype);
  const hi = dtypeMax(dtype);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let n = 0; n < channels; n++, i++) {
      const acc = (sums[i] as number) + (bias[n] as number);
      const quotient = acc * (m[n] as number) * (inverse[n] as number);
      const floor = Math.floor(quotient);
      const fraction = quotient - floor;
      let value: number;
      if (fraction < BELOW) value = floor + zp;
      else if (fraction > ABOVE) value = floor + 1 + zp;
      else value = requantize(acc, m[n] as number, s[n] as number, zp, dtype);
      out[to + i] = value < lo ? lo : value > hi ? hi : value;
    }
  }
}
