import { elementCount, formatDims } from "./dims.ts";
import { modelError } from "./model-error.ts";
import type { ArrayOf, GraphTensor, ValueType } from "./types.ts";

const ARRAYS: { readonly [T in ValueType]: new (length: number) => ArrayOf[T] } = {
  f32: Float32Array,
  f64: Float64Array,
  i64: BigInt64Array,
  i32: Int32Array,
  i16: Int16Array,
  i8: Int8Array,
  u8: Uint8Array,
  bool: Uint8Array,
};

/** Types whose elements are JavaScript numbers. */
export type NumberArray = Exclude<ArrayOf[ValueType], BigInt64Array>;

/** A new array of zeros. */
export function allocate<T extends ValueType>(type: T, length: number): ArrayOf[T] {
  return new ARRAYS[type](length);
}

/** Joins a type, a shape and an array of that type. The caller vouches that the three belong together. */
export function tensorOf(type: ValueType, dims: readonly number[], data: ArrayOf[ValueType]): GraphTensor {
  return { type, dims, data } as GraphTensor;
}

/** A tensor from JavaScript numbers; integers wrap to their type as they do on assignment to a typed array. */
export function tensorFrom(type: ValueType, dims: readonly number[], values: readonly number[]): GraphTensor {
  const count = elementCount(dims);
  if (values.length !== count) {
    throw modelError(`${values.length} values were given for a tensor of shape ${formatDims(dims)}`);
  }
  if (type === "i64") return { type, dims, data: BigInt64Array.from(values, (value) => BigInt(Math.trunc(value))) };
  const data: NumberArray = allocate(type, count);
  data.set(values);
  return tensorOf(type, dims, data);
}

/** A scalar 32-bit float. */
export function scalar(value: number): GraphTensor {
  return { type: "f32", dims: [], data: Float32Array.of(value) };
}

/** The elements as JavaScript numbers; 64-bit integers beyond ±2^53 are clamped, because as an extent or index they mean "to the end". */
export function numbersOf(tensor: GraphTensor): number[] {
  if (tensor.type !== "i64") return Array.from(tensor.data);
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return Array.from(tensor.data, (value) => Number(value > most ? most : value < -most ? -most : value));
}

/** Same elements under another shape; the array is shared. */
export function withDims(tensor: GraphTensor, dims: readonly number[]): GraphTensor {
  return { ...tensor, dims };
}
