import { type DType, dtypeMax, dtypeMin, saturate } from "@orion/protocol/tensor";

/** How real numbers are stored: real = scale · (stored − zeroPoint). */
export interface Encoding {
  readonly dtype: DType;
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Smallest and largest value that an activation took on the calibration images. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** For values that a ReLU follows: u8 with zero at 0, so that saturation is the ReLU. */
export function rectified({ high }: Range): Encoding {
  return { dtype: "u8", scale: high / 255, zeroPoint: 0 };
}

/** Zero stays at 0; `headroom` widens the range that is represented. */
export function symmetric(dtype: "i8" | "i16", { low, high }: Range, headroom = 1): Encoding {
  return { dtype, scale: (headroom * Math.max(-low, high)) / dtypeMax(dtype), zeroPoint: 0 };
}

/** i8 over [low, high] widened to hold zero, which is stored exactly. */
export function affine({ low, high }: Range): Encoding {
  const [bottom, top] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = (top - bottom) / 255;
  return { dtype: "i8", scale, zeroPoint: dtypeMin("i8") - Math.round(bottom / scale) };
}

/** The stored value nearest to `real`, saturated. */
export function encode(real: number, { dtype, scale, zeroPoint }: Encoding): number {
  return saturate(Math.round(real / scale) + zeroPoint, dtype);
}

export function decode(stored: number, { scale, zeroPoint }: Encoding): number {
  return scale * (stored - zeroPoint);
}
