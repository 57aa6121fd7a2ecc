import { allocate, dtypeMax, dtypeMin, inRange } from "../../tensor/dtype.ts";
import { saturate } from "../../tensor/numbers.ts";
import type { DType, TypedData } from "../../tensor/types.ts";

/** How real numbers are stored: real = scale · (stored − zeroPoint). */
export interface Encoding {
  readonly dtype: DType;
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Smallest and largest real value. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** No scale is smaller: quotients of two scales stay finite. */
const MIN_SCALE = 2 ** -100;

/** Integers as they are. */
export function integers(dtype: DType): Encoding {
  return { dtype, scale: 1, zeroPoint: 0 };
}

/** Zero point 0; the largest magnitude of the range is the largest stored value. */
export function symmetric(dtype: DType, { low, high }: Range): Encoding {
  const largest = Math.max(-low, high, 0);
  return { dtype, scale: Math.max(largest / dtypeMax(dtype), MIN_SCALE), zeroPoint: 0 };
}

/** The whole dtype over the range, widened to hold zero, which is stored exactly. */
export function affine(dtype: DType, { low, high }: Range): Encoding {
  const [bottom, top] = [Math.min(low, 0), Math.max(high, 0)];
  const [min, max] = [dtypeMin(dtype), dtypeMax(dtype)];
  const scale = Math.max((top - bottom) / (max - min), MIN_SCALE);
  return { dtype, scale, zeroPoint: Math.min(Math.max(min - Math.round(bottom / scale), min), max) };
}

/** The stored value nearest to `real`, ties to even, saturated. */
export function encode(real: number, { dtype, scale, zeroPoint }: Encoding): number {
  return saturate(roundHalfEven(real / scale) + zeroPoint, dtype);
}

/** The real number that a stored value stands for. */
export function decode(stored: number, { scale, zeroPoint }: Encoding): number {
  return scale * (stored - zeroPoint);
}

/** All values of a list as a tensor's data. */
export function encodeAll(reals: ArrayLike<number>, encoding: Encoding): TypedData {
  const data = allocate(encoding.dtype, reals.length);
  for (let i = 0; i < data.length; i++) data[i] = encode(reals[i]!, encoding);
  return data;
}

/** The real numbers of a tensor's data. */
export function decodeAll(stored: ArrayLike<number>, encoding: Encoding): Float64Array {
  return Float64Array.from(stored, (value) => decode(value, encoding));
}

/** True if equal stored values stand for equal real numbers in both, in one dtype. */
export function sameEncoding(a: Encoding, b: Encoding): boolean {
  return a.dtype === b.dtype && a.scale === b.scale && a.zeroPoint === b.zeroPoint;
}

/** True if `real` lies in the range of the encoding, half a step outside included. */
export function represents({ dtype, scale, zeroPoint }: Encoding, real: number): boolean {
  return inRange(dtype, roundHalfEven(real / scale) + zeroPoint);
}

/** The nearest integer, ties to even, as ONNX rounds. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return Math.round(value) + 0;
  return (floor % 2 === 0 ? floor : floor + 1) + 0;
}
