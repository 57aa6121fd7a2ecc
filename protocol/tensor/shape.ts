import { InvalidInputError } from "../common/errors.ts";
import { FORMAT } from "./constants.ts";
import { dtypeBytes, holds } from "./dtype.ts";
import type { DType, Dims, Tensor, TensorType, TypedData } from "./types.ts";

export const MAX_DIMENSION = 2 ** 31 - 1;

/** Number of elements; a double, exact below 2^53 and never below the limit when it is inexact. */
export function elementCount(dims: Dims): number {
  return dims[0] * dims[1] * dims[2] * dims[3];
}

export function byteLength(type: TensorType): number {
  return elementCount(type.dims) * dtypeBytes(type.dtype);
}

/** Number of 1 KiB leaves of the tensor's tree. */
export function leafCount(type: TensorType): number {
  return Math.ceil(byteLength(type) / FORMAT.leafBytes);
}

export function sameDims(a: Dims, b: Dims): boolean {
  return a.every((extent, axis) => extent === b[axis]);
}

export function sameShape(a: TensorType, b: TensorType): boolean {
  return a.rank === b.rank && sameDims(a.dims, b.dims);
}

export function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && sameShape(a, b);
}

/** The meaningful extents, e.g. [10] for dims [1,1,1,10] of rank 1. */
export function shapeOf(type: TensorType): number[] {
  return type.dims.slice(4 - type.rank);
}

/** Extent of the first meaningful axis: the batch axis of a shard slot. */
export function firstExtent(type: TensorType): number {
  return type.dims[4 - type.rank] ?? 1;
}

/** Row-major strides in elements. */
export function strides(dims: Dims): Dims {
  return [dims[1] * dims[2] * dims[3], dims[2] * dims[3], dims[3], 1];
}

/** What is wrong with a type, or undefined. */
export function typeFault(type: TensorType): { field: string; rule: string } | undefined {
  const { rank, dims } = type;
  if (!Number.isInteger(rank) || rank < 1 || rank > 4) return { field: "rank", rule: `rank ${rank} is not 1…4` };
  if (dims.length !== 4) return { field: "dims", rule: "there must be four extents" };
  for (const [axis, extent] of dims.entries()) {
    if (!Number.isInteger(extent) || extent < 1 || extent > MAX_DIMENSION) {
      return { field: "dims", rule: `extent ${extent} of axis ${axis} is not between 1 and 2^31-1` };
    }
    if (axis < 4 - rank && extent !== 1) {
      return { field: "dims", rule: `axis ${axis} lies before rank ${rank} but is ${extent}` };
    }
  }
  if (leafCount(type) > FORMAT.maxLeaves) {
    return { field: "dims", rule: `more than ${FORMAT.maxLeaves} leaves of 1 KiB` };
  }
  return undefined;
}

/** The type of a tensor with the given 1 to 4 extents. Throws InvalidInputError for impossible shapes. */
export function tensorType(dtype: DType, shape: readonly number[]): TensorType {
  const padded = [1, 1, 1, 1, ...shape].slice(-4);
  const dims: Dims = [padded[0] ?? 1, padded[1] ?? 1, padded[2] ?? 1, padded[3] ?? 1];
  const type: TensorType = { dtype, rank: shape.length, dims };
  const fault = typeFault(type);
  if (fault !== undefined) throw new InvalidInputError(`shape [${shape.join(", ")}]: ${fault.rule}`);
  return type;
}

/** A tensor over existing data, which is not copied. Throws InvalidInputError if class or length do not fit. */
export function tensor(dtype: DType, shape: readonly number[], data: TypedData): Tensor {
  const type = tensorType(dtype, shape);
  if (!holds(dtype, data)) throw new InvalidInputError(`the data of a ${dtype} tensor has another element type`);
  if (data.length !== elementCount(type.dims)) {
    throw new InvalidInputError(`shape [${shape.join(", ")}] does not have ${data.length} elements`);
  }
  return { ...type, data };
}

export function describeType(type: TensorType): string {
  return `${type.dtype}[${shapeOf(type).join(",")}]`;
}
