import { InvalidInputError } from "../common/errors.ts";
import { FORMAT } from "./constants.ts";
import { VIEW } from "./ops/view.ts";
import { describeType, elementCount, sameDims, shapeOf, strides, tensorType } from "./shape.ts";
import type { Dims, TensorType } from "./types.ts";

/** The output type and attributes of a view. */
export interface ViewPlan {
  readonly type: TensorType;
  readonly attrs: Int32Array;
}

interface IndexMap {
  readonly offset: number;
  readonly strides: Dims;
  /** Extents of the box that reads this operand; strides of extents of 1 are dropped. */
  readonly box: Dims;
}

function dims(value: (axis: 0 | 1 | 2 | 3) => number): Dims {
  return [value(0), value(1), value(2), value(3)];
}

const ORIGIN: Dims = [0, 0, 0, 0];

function plan(
  type: TensorType,
  maps: readonly IndexMap[],
  extra: { join?: { axis: number; split: number }; box?: { lo: Dims; hi: Dims }; pad?: number } = {},
): ViewPlan {
  const attrs = new Int32Array(FORMAT.attributeCount);
  for (const [operand, map] of maps.entries()) {
    attrs[VIEW.offset[operand]!] = map.offset;
    attrs.set(
      dims((axis) => (map.box[axis] === 1 ? 0 : map.strides[axis])),
      VIEW.strides[operand],
    );
  }
  attrs[VIEW.axis] = extra.join?.axis ?? 0;
  attrs[VIEW.split] = extra.join?.split ?? 0;
  attrs.set(extra.box?.lo ?? ORIGIN, VIEW.lo);
  attrs.set(extra.box?.hi ?? type.dims, VIEW.hi);
  attrs[VIEW.pad] = extra.pad ?? 0;
  return { type, attrs };
}

function fail(rule: string): never {
  throw new InvalidInputError(rule);
}

/** Axis of the user's shape (negative counts from the end) as an index into the four dims. */
function axisOf(type: TensorType, axis: number): 0 | 1 | 2 | 3 {
  const fromFront = axis < 0 ? axis + type.rank : axis;
  if (!Number.isInteger(axis) || fromFront < 0 || fromFront >= type.rank) {
    fail(`${describeType(type)} has no axis ${axis}`);
  }
  return (4 - type.rank + fromFront) as 0 | 1 | 2 | 3;
}

/** The same elements in the same order under another shape. One extent may be −1: it takes what is left. */
export function reshapePlan(x: TensorType, shape: readonly number[]): ViewPlan {
  const count = elementCount(x.dims);
  const known = shape.filter((extent) => extent !== -1).reduce((product, extent) => product * extent, 1);
  const type = tensorType(
    x.dtype,
    shape.map((extent) => (extent === -1 ? count / known : extent)),
  );
  if (elementCount(type.dims) !== count) fail(`${describeType(x)} cannot become [${shape.join(", ")}]`);
  return plan(type, [{ offset: 0, strides: strides(type.dims), box: type.dims }]);
}

/** Output axis i is axis permutation[i] of X. */
export function transposePlan(x: TensorType, permutation: readonly number[]): ViewPlan {
  const axes = permutation.map((axis) => axisOf(x, axis));
  if (axes.length !== x.rank || new Set(axes).size !== x.rank) {
    fail(`[${permutation.join(", ")}] is no permutation of the axes of ${describeType(x)}`);
  }
  const type = tensorType(
    x.dtype,
    axes.map((axis) => x.dims[axis]),
  );
  const step = strides(x.dims);
  const from = dims((axis) => (axis < 4 - x.rank ? 0 : step[axes[axis - (4 - x.rank)]!]));
  return plan(type, [{ offset: 0, strides: from, box: type.dims }]);
}

export interface SliceOptions {
  /** First index per axis of X. */
  readonly start: readonly number[];
  /** Number of elements taken per axis. */
  readonly size: readonly number[];
  /** Distance per axis, 1 unless given; negative runs backwards. */
  readonly step?: readonly number[];
}

/** `size` elements from `start` on every axis, `step` apart. */
export function slicePlan(x: TensorType, { start, size, step }: SliceOptions): ViewPlan {
  if (start.length !== x.rank || size.length !== x.rank || (step ?? start).length !== x.rank) {
    fail(`a slice of ${describeType(x)} needs ${x.rank} starts, sizes and steps`);
  }
  const type = tensorType(x.dtype, size);
  const from = strides(x.dims);
  const at = (values: readonly number[] | undefined, axis: number, none: number): number =>
    axis < 4 - x.rank ? none : (values?.[axis - (4 - x.rank)] ?? none);
  for (const axis of [0, 1, 2, 3] as const) {
    const first = at(start, axis, 0);
    const last = first + (type.dims[axis] - 1) * at(step, axis, 1);
    if (Math.min(first, last) < 0 || Math.max(first, last) >= x.dims[axis]) {
      fail(`the slice reads ${first}…${last} of an axis of ${x.dims[axis]} in ${describeType(x)}`);
    }
  }
  const offset = from.reduce((sum, stride, axis) => sum + stride * at(start, axis, 0), 0);
  return plan(type, [{ offset, strides: dims((axis) => from[axis] * at(step, axis, 1)), box: type.dims }]);
}

/** X repeated along every axis where its extent is 1 and the shape's is not; shapes are right aligned. */
export function broadcastPlan(x: TensorType, shape: readonly number[]): ViewPlan {
  const type = tensorType(x.dtype, shape);
  const from = strides(x.dims);
  const step = dims((axis) => (x.dims[axis] === type.dims[axis] ? from[axis] : 0));
  if (type.dims.some((extent, axis) => x.dims[axis] !== extent && x.dims[axis] !== 1)) {
    fail(`${describeType(x)} does not broadcast to [${shape.join(", ")}]`);
  }
  return plan(type, [{ offset: 0, strides: step, box: type.dims }]);
}

/** B behind A on one axis. */
export function concatPlan(a: TensorType, b: TensorType, axis: number): ViewPlan {
  const at = axisOf(a, axis);
  const others = dims((d) => (d === at ? b.dims[d] : a.dims[d]));
  if (a.dtype !== b.dtype || a.rank !== b.rank || !sameDims(others, b.dims)) {
    fail(`${describeType(a)} and ${describeType(b)} cannot be joined on axis ${axis}`);
  }
  const joined = dims((d) => (d === at ? a.dims[d] + b.dims[d] : a.dims[d]));
  const type = tensorType(a.dtype, shapeOf({ ...a, dims: joined }));
  const maps = [a, b].map((part) => ({ offset: 0, strides: strides(part.dims), box: part.dims }));
  return plan(type, maps, { join: { axis: at, split: a.dims[at] } });
}

/** X inside a frame of `value`: `before` and `after` elements per axis. */
export function padPlan(x: TensorType, before: readonly number[], after: readonly number[], value: number): ViewPlan {
  if (before.length !== x.rank || after.length !== x.rank) fail(`${describeType(x)} needs ${x.rank} pads on each side`);
  if ([...before, ...after].some((count) => !Number.isInteger(count) || count < 0)) fail("a pad is negative");
  const at = (values: readonly number[], axis: number): number => values[axis - (4 - x.rank)] ?? 0;
  const lo = dims((axis) => at(before, axis));
  const hi = dims((axis) => lo[axis] + x.dims[axis]);
  const padded = dims((axis) => hi[axis] + at(after, axis));
  const type = tensorType(x.dtype, shapeOf({ ...x, dims: padded }));
  const whole = sameDims(x.dims, type.dims);
  return plan(type, [{ offset: 0, strides: strides(x.dims), box: x.dims }], {
    box: { lo, hi },
    pad: whole ? 0 : value,
  });
}
