import { dtypeMax, dtypeMin } from "../../tensor/dtype.ts";
import type { DType } from "../../tensor/types.ts";
import { affine, decode, encode, type Encoding, type Range, symmetric } from "./encoding.ts";
import type { Histogram } from "./histogram.ts";

/** How the range of a tensor follows from its calibration samples. */
export const RANGE_METHODS = ["min-max", "percentile", "mse"] as const;
export type RangeMethod = (typeof RANGE_METHODS)[number];

/** Share of the values that a percentile range keeps. */
const KEPT = 0.9999;
/** Shares of the extremes that the search for the least mean square error tries. */
const SHARES = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.5, 0.4, 0.3, 0.2] as const;

/** Quantiles of the histogram, half of what is dropped on either side, to a bin's width. */
function percentile(histogram: Histogram): Range {
  const dropped = (histogram.binned * (1 - KEPT)) / 2;
  const { counts } = histogram;
  let [first, last] = [0, counts.length - 1];
  for (let below = counts[first]!; below <= dropped && first < last; below += counts[first]!) first++;
  for (let above = counts[last]!; above <= dropped && last > first; above += counts[last]!) last--;
  const half = histogram.width / 2;
  return {
    low: Math.max(histogram.low, histogram.middle(first) - half),
    high: Math.min(histogram.high, histogram.middle(last) + half),
  };
}

/** i16 and i32 are symmetric, which keeps zero points out of products; bytes spend every step on the range. */
export function encodingOver(dtype: DType, range: Range): Encoding {
  return dtype === "i8" || dtype === "u8" ? affine(dtype, range) : symmetric(dtype, range);
}

/** Mean square error of storing what the histogram saw; values inside a bin count as spread evenly. */
export function meanSquareError(histogram: Histogram, encoding: Encoding): number {
  if (histogram.binned === 0) return 0;
  const bottom = decode(dtypeMin(encoding.dtype), encoding) - encoding.scale / 2;
  const top = decode(dtypeMax(encoding.dtype), encoding) + encoding.scale / 2;
  // A bin is wider than a step or not: the error of a rounded value is even over a step.
  const rounding = encoding.scale ** 2 / 12;
  let sum = 0;
  for (const [bin, count] of histogram.counts.entries()) {
    if (count === 0) continue;
    const middle = Math.min(Math.max(histogram.middle(bin), histogram.low), histogram.high);
    const saturated = middle < bottom || middle > top;
    sum += count * (saturated ? (middle - decode(encode(middle, encoding), encoding)) ** 2 : rounding);
  }
  return sum / histogram.binned;
}

/** Signal to quantisation noise in dB; infinite for a tensor of zeros. */
export function sqnr(histogram: Histogram, encoding: Encoding): number {
  const power = histogram.count === 0 ? 0 : histogram.power / histogram.count;
  return power === 0 ? Infinity : 10 * Math.log10(power / meanSquareError(histogram, encoding));
}

function leastError(histogram: Histogram, dtype: DType): Encoding {
  const { low, high } = histogram.range;
  let best = encodingOver(dtype, { low, high });
  let least = meanSquareError(histogram, best);
  for (const below of low < 0 ? SHARES : [1]) {
    for (const above of high > 0 ? SHARES : [1]) {
      const encoding = encodingOver(dtype, { low: low * below, high: high * above });
      const error = meanSquareError(histogram, encoding);
      if (error < least) [best, least] = [encoding, error];
    }
  }
  return best;
}

/** The encoding of a tensor with this histogram in `dtype`. */
export function encodingOf(histogram: Histogram, dtype: DType, method: RangeMethod): Encoding {
  switch (method) {
    case "min-max":
      return encodingOver(dtype, histogram.range);
    case "percentile":
      return encodingOver(dtype, percentile(histogram));
    case "mse":
      return leastError(histogram, dtype);
  }
}
