import { widenHalves, widenBfloats } from "../onnx/float16.ts";
import { tensorOf } from "../graph/tensors.ts";
import type { ArrayOf, GraphTensor, ValueType } from "../graph/types.ts";

/** How a file stores one element: its width in bytes, how its bits are read, and the type that its values have here. */
export interface Storage {
  readonly width: number;
  readonly type: ValueType;
  readonly read: (bytes: Uint8Array<ArrayBuffer>) => ArrayOf[ValueType];
}

type Made<T> = new (buffer: ArrayBuffer) => T;

function as<T extends ArrayOf[ValueType]>(type: ValueType, width: number, array: Made<T>): Storage {
  return { width, type, read: (bytes) => new array(bytes.buffer) };
}

/** By a neutral name. Unsigned integers get the next wider signed type, 16-bit floats are widened to f32. */
export const STORAGES = {
  f16: { width: 2, type: "f32", read: ({ buffer }) => widenHalves(new Uint16Array(buffer)) },
  bf16: { width: 2, type: "f32", read: ({ buffer }) => widenBfloats(new Uint16Array(buffer)) },
  f32: as("f32", 4, Float32Array),
  f64: as("f64", 8, Float64Array),
  i8: as("i8", 1, Int8Array),
  u8: as("u8", 1, Uint8Array),
  i16: as("i16", 2, Int16Array),
  u16: { width: 2, type: "i32", read: ({ buffer }) => Int32Array.from(new Uint16Array(buffer)) },
  i32: as("i32", 4, Int32Array),
  u32: { width: 4, type: "i64", read: ({ buffer }) => BigInt64Array.from(new Uint32Array(buffer), BigInt) },
  i64: as("i64", 8, BigInt64Array),
  bool: as("bool", 1, Uint8Array),
} as const satisfies Record<string, Storage>;
export type StorageName = keyof typeof STORAGES;

/** The elements of a little-endian or big-endian file section; a copy, aligned. Its length is a multiple of the width. */
export function readElements(
  storage: Storage,
  dims: readonly number[],
  content: Uint8Array,
  isBigEndian: boolean,
): GraphTensor {
  const bytes = content.slice();
  if (isBigEndian) reverseEach(bytes, storage.width);
  return tensorOf(storage.type, dims, storage.read(bytes));
}

function reverseEach(bytes: Uint8Array, width: number): void {
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}

/** A view of a tensor's little-endian bytes. */
export function bytesOf({ data }: GraphTensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
