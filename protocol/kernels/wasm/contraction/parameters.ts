import { maxAbs } from "../../../tensor/dtype.ts";
import { EXACT } from "../../../tensor/numbers.ts";
import type { ContractionScales } from "../../contraction/scales.ts";
import { SAFE } from "../../rescale.ts";
import type { Image } from "../image.ts";

/** Parameters of some channels as `requantizeRows` reads them. */
export interface Parameters {
  /** Distance in the image, and channels that each array has room for. */
  readonly at: number;
  readonly stride: number;
  /** Largest distance from a rounded quotient that needs no closer look. */
  readonly safe: number;
}

/**
 * Writes the parameters of `count` channels from `first` on. `biases` are added to sums of at most `largestSum`, by channel.
 */
export function appendParameters(
  image: Image,
  { m, s }: ContractionScales,
  biases: BigInt64Array,
  largestSum: number,
  first: number,
  count: number,
): Parameters {
  const stride = Math.ceil(count / 4) * 4;
  const bias = new Float64Array(stride);
  const scale = new Float64Array(stride);
  const whole = new BigInt64Array(stride);
  const multipliers = new Int32Array(stride);
  const shifts = new Int32Array(stride);
  let isExact = true;
  for (let n = 0; n < count; n++) {
    const [multiplier, shift] = [m[first + n] as number, s[first + n] as number];
    whole[n] = biases[first + n] as bigint;
    bias[n] = Number(whole[n]);
    // Exact: the shift only moves the exponent of a multiplier below 2^31.
    scale[n] = multiplier * 2 ** -shift;
    multipliers[n] = multiplier;
    shifts[n] = shift;
    // A power of two only moves the product's exponent.
    const odd = multiplier / Math.max(multiplier & -multiplier, 1);
    isExact &&= (Math.abs(bias[n] as number) + largestSum) * odd < EXACT;
  }
  const at = image.append(bias);
  image.append(scale);
  image.append(whole);
  image.append(multipliers);
  image.append(shifts);
  return { at, stride, safe: isExact ? 1 : SAFE };
}

/** How inputs stand in the slab: minus `zero`, and `padding` where there is no pixel; |what stands there| is at most `largest`. */
export interface InputForm {
  readonly zero: number;
  readonly padding: number;
  readonly largest: number;
}

/** Bytes fit into 16 bits minus any zero point; of wider elements the zero point is taken off afterwards. */
export function inputForm(dtype: "i8" | "u8" | "i16" | "i32", zeroPoint: number): InputForm {
  if (dtype === "i8" || dtype === "u8") return { zero: zeroPoint, padding: 0, largest: maxAbs(dtype, zeroPoint) };
  return { zero: 0, padding: zeroPoint, largest: maxAbs(dtype, 0) };
}
