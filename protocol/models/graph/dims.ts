import { modelError } from "./model-error.ts";

/** Most elements of one value: 1 GiB of 32-bit floats. */
export const MAX_ELEMENTS = 2 ** 28;
export const MAX_RANK = 8;

/** Product of the extents, 1 for a scalar. Throws InvalidInputError for extents that no value can have. */
export function elementCount(dims: readonly number[]): number {
  if (dims.length > MAX_RANK) throw modelError(`a value has ${dims.length} dimensions, the most are ${MAX_RANK}`);
  let count = 1;
  for (const dim of dims) {
    if (!Number.isSafeInteger(dim) || dim < 0) throw modelError(`${dim} is not an extent`);
    count *= dim;
    if (count > MAX_ELEMENTS) {
      throw modelError(
        `a value of shape ${formatDims(dims)} has more than ${MAX_ELEMENTS} elements`,
        "import the model with smaller input shapes",
      );
    }
  }
  return count;
}

/** `[1, 3, 48, 320]` */
export function formatDims(dims: readonly (number | string)[]): string {
  return `[${dims.join(", ")}]`;
}

/** Distance between neighbours along each axis of a row-major tensor, in elements. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * dims[axis + 1]!;
  return strides;
}

export function sameDims(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** Shape of an elementwise result by NumPy's broadcasting, or undefined where the shapes do not fit. */
export function broadcastDims(...shapes: readonly (readonly number[])[]): number[] | undefined {
  const rank = Math.max(...shapes.map((dims) => dims.length));
  const result = new Array<number>(rank).fill(1);
  for (const dims of shapes) {
    for (const [at, dim] of dims.entries()) {
      const axis = rank - dims.length + at;
      if (dim === 1 || dim === result[axis]) continue;
      if (result[axis] !== 1) return undefined;
      result[axis] = dim;
    }
  }
  return result;
}

/** Strides with which a tensor is read as if it had the shape `target`: 0 along repeated axes. */
export function broadcastStrides(dims: readonly number[], target: readonly number[]): number[] {
  const strides = stridesOf(dims);
  const lead = target.length - dims.length;
  return target.map((_, axis) => (axis < lead || dims[axis - lead] === 1 ? 0 : strides[axis - lead]!));
}
