import type { ProgramBuilder, Value } from "../../tensor/builder.ts";
import type { Encoding } from "../quantize/encoding.ts";
import { type Axis, joinAxes, MAX_MOVED, stridedView } from "./strided-view.ts";

/**
 * A value of the graph in the program. Its elements lie side by side, last axis of `order` fastest, whatever extents the
 * program's node has; so a transposition or a new unit axis needs no node.
 */
export interface Stored {
  readonly kind: "stored";
  readonly value: Value;
  readonly encoding: Encoding;
  /** Extents of the graph's axes. */
  readonly dims: readonly number[];
  /** Axes of the graph from the slowest to the fastest in memory. */
  readonly order: readonly number[];
}

/** Number of elements of these extents. */
export const product = (extents: readonly number[]): number => extents.reduce((all, extent) => all * extent, 1);

/** The axes as they are: 0, 1, 2, … */
export const inOrder = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis);

/** A value of the program as a value of the graph, row-major unless `order` says otherwise. */
export function stored(
  value: Value,
  encoding: Encoding,
  dims: readonly number[],
  order: readonly number[] = inOrder(dims.length),
): Stored {
  return { kind: "stored", value, encoding, dims, order };
}

/** Extents in memory, slowest first. */
export const memoryDims = ({ dims, order }: Pick<Stored, "dims" | "order">): number[] =>
  order.map((axis) => dims[axis]!);

/** Four extents for any number of axes: unit axes go first, then leading axes are joined. */
export function fourDims(extents: readonly number[]): [number, number, number, number] {
  const kept = [...extents];
  while (kept.length > 4 && kept.includes(1)) kept.splice(kept.indexOf(1), 1);
  while (kept.length > 4) kept.splice(0, 2, kept[0]! * kept[1]!);
  const [a, b, c, d] = [1, 1, 1, 1, ...kept].slice(-4);
  return [a!, b!, c!, d!];
}

/** Elements between neighbours on each axis of the graph. */
export function strideOfAxes({ dims, order }: Pick<Stored, "dims" | "order">): number[] {
  const strides = new Array<number>(dims.length).fill(0);
  let stride = 1;
  for (const axis of [...order].reverse()) {
    strides[axis] = stride;
    stride *= dims[axis]!;
  }
  return strides;
}

/** True if two orders put the axes with more than one element in one sequence. */
export function sameOrder(dims: readonly number[], a: readonly number[], b: readonly number[]): boolean {
  const long = (order: readonly number[]): number[] => order.filter((axis) => dims[axis] !== 1);
  return long(a).every((axis, at) => axis === long(b)[at]);
}

/** The axes of `x` in the order of `order`, each with its distance in memory. */
function axesIn(x: Stored, order: readonly number[]): Axis[] {
  const strides = strideOfAxes(x);
  return order.map((axis) => ({ extent: x.dims[axis]!, stride: strides[axis]! }));
}

/** `order` with one more axis than `x` has where the wanted order begins: that moves four groups of axes at most. */
function nearer(x: Stored, order: readonly number[]): number[] {
  const common = order.findIndex((axis, at) => x.order[at] !== axis);
  const first = order.slice(0, common + 1);
  return [...first, ...x.order.filter((axis) => !first.includes(axis))];
}

/** The value with its axes in memory as `order` says; a node only if elements move. */
export function arrange(builder: ProgramBuilder, x: Stored, order: readonly number[]): Stored {
  if (sameOrder(x.dims, x.order, order)) return { ...x, order };
  const axes = axesIn(x, order);
  if (joinAxes(axes).length > MAX_MOVED) return arrange(builder, arrange(builder, x, nearer(x, order)), order);
  const shape = fourDims(axes.map(({ extent }) => extent));
  return { ...x, order, value: stridedView(builder, x.value, axes, shape) };
}

/** The value repeated to `dims` (right aligned, as ONNX broadcasts), in memory as `order` of `dims` says. */
export function broadcast(
  builder: ProgramBuilder,
  x: Stored,
  dims: readonly number[],
  order: readonly number[],
): Stored {
  const before = dims.length - x.dims.length;
  const lifted: Stored = {
    ...x,
    dims: [...new Array<number>(before).fill(1), ...x.dims],
    order: [...inOrder(before), ...x.order.map((axis) => axis + before)],
  };
  if (lifted.dims.every((extent, axis) => extent === dims[axis])) return arrange(builder, lifted, order);
  const strides = strideOfAxes(lifted);
  const axes = order.map((axis) => ({
    extent: dims[axis]!,
    stride: lifted.dims[axis] === dims[axis] ? strides[axis]! : 0,
  }));
  const shape = fourDims(axes.map(({ extent }) => extent));
  return { ...lifted, dims, order, value: stridedView(builder, x.value, axes, shape) };
}
