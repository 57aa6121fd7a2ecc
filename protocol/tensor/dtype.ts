import { DTYPES, type DType, type TypedData } from "./types.ts";

const BYTES: Record<DType, number> = { i8: 1, u8: 1, i16: 2, i32: 4 };
const MIN: Record<DType, number> = { i8: -128, u8: 0, i16: -32_768, i32: -2_147_483_648 };
const MAX: Record<DType, number> = { i8: 127, u8: 255, i16: 32_767, i32: 2_147_483_647 };

/** Bytes of one element. */
export const dtypeBytes = (dtype: DType): number => BYTES[dtype];
export const dtypeMin = (dtype: DType): number => MIN[dtype];
export const dtypeMax = (dtype: DType): number => MAX[dtype];

/** Code on the wire, 1…4. */
export const dtypeCode = (dtype: DType): number => DTYPES.indexOf(dtype) + 1;

export function dtypeOfCode(code: number): DType | undefined {
  return DTYPES[code - 1];
}

export function inRange(dtype: DType, value: number): boolean {
  return value >= MIN[dtype] && value <= MAX[dtype];
}

/** Largest |x − zeroPoint| over all x of the dtype. */
export function maxAbs(dtype: DType, zeroPoint: number): number {
  return Math.max(Math.abs(MIN[dtype] - zeroPoint), Math.abs(MAX[dtype] - zeroPoint));
}

/** A zero-filled array of `length` elements. */
export function allocate(dtype: DType, length: number): TypedData {
  switch (dtype) {
    case "i8":
      return new Int8Array(length);
    case "u8":
      return new Uint8Array(length);
    case "i16":
      return new Int16Array(length);
    case "i32":
      return new Int32Array(length);
  }
}

/** True if `data` has the class that tensors of this dtype carry. */
export function holds(dtype: DType, data: unknown): boolean {
  switch (dtype) {
    case "i8":
      return data instanceof Int8Array;
    case "u8":
      return data instanceof Uint8Array;
    case "i16":
      return data instanceof Int16Array;
    case "i32":
      return data instanceof Int32Array;
  }
}
