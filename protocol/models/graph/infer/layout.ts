import { listOf, numberOf, textOf } from "../attributes.ts";
import { broadcastDims, elementCount, sameDims } from "../dims.ts";
import { type Infer, type InferNode, inputOf, requireAttribute, requireShapes, typedInput } from "./infer.ts";

function axisOf(node: InferNode, rank: number): number {
  const axis = numberOf(node, "axis");
  requireAttribute(node, Number.isInteger(axis) && axis >= 0 && axis < rank, `axis ${axis} is out of range`);
  return axis;
}

const reshape: Infer = (node) => {
  const { type, dims } = inputOf(node, 0);
  const shape = listOf(node, "shape");
  requireShapes(node, elementCount(dims) === elementCount(shape), `it cannot be reshaped to [${shape.join(", ")}]`);
  return [{ type, dims: shape }];
};

const transpose: Infer = (node) => {
  const { type, dims } = inputOf(node, 0);
  const perm = listOf(node, "perm");
  const isPermutation = sameDims(
    [...perm].sort((a, b) => a - b),
    dims.map((_, axis) => axis),
  );
  requireAttribute(node, isPermutation, `[${perm.join(", ")}] is not a permutation of the input's axes`);
  return [{ type, dims: perm.map((axis) => dims[axis]!) }];
};

const slice: Infer = (node) => {
  const { type, dims } = inputOf(node, 0);
  const [starts, steps, sizes] = [listOf(node, "starts"), listOf(node, "steps"), listOf(node, "sizes")];
  const isInside = dims.every((dim, axis) => {
    const [start, step, size] = [starts[axis] ?? NaN, steps[axis] ?? NaN, sizes[axis] ?? NaN];
    const last = start + (size - 1) * step;
    return size === 0 || (step !== 0 && start >= 0 && start < dim && last >= 0 && last < dim);
  });
  requireShapes(node, isInside && sizes.length === dims.length, "the slice leaves the input");
  return [{ type, dims: sizes }];
};

const concat: Infer = (node) => {
  const first = inputOf(node, 0);
  const axis = axisOf(node, first.dims.length);
  let sum = 0;
  for (const index of node.inputs.keys()) {
    const { dims } = typedInput(node, index, first.type);
    const fits = dims.length === first.dims.length && dims.every((dim, at) => at === axis || dim === first.dims[at]);
    requireShapes(node, fits, `the inputs differ along other axes than ${axis}`);
    sum += dims[axis]!;
  }
  return [{ type: first.type, dims: first.dims.map((dim, at) => (at === axis ? sum : dim)) }];
};

const pad: Infer = (node) => {
  const { type, dims } = inputOf(node, 0);
  const pads = listOf(node, "pads");
  const rank = dims.length;
  requireAttribute(node, pads.length === 2 * rank, `there are ${pads.length} pads for ${rank} dimensions`);
  const mode = textOf(node, "mode");
  const result = dims.map((dim, axis) => dim + pads[axis]! + pads[axis + rank]!);
  requireShapes(
    node,
    result.every((dim) => dim >= 0),
    "the pads remove more than there is",
  );
  const reflects = dims.every((dim, axis) => pads[axis]! < dim && pads[axis + rank]! < dim);
  requireShapes(node, mode !== "reflect" || reflects, "a reflected border is wider than the input");
  const isEmpty = dims.some((dim, axis) => dim === 0 && result[axis]! > 0);
  requireShapes(node, mode === "constant" || !isEmpty, "an empty input has no border to repeat");
  return [{ type, dims: result }];
};

const expand: Infer = (node) => {
  const { type, dims } = inputOf(node, 0);
  const shape = listOf(node, "shape");
  const result = broadcastDims(dims, shape);
  requireShapes(
    node,
    result !== undefined && sameDims(result, shape),
    `it cannot be expanded to [${shape.join(", ")}]`,
  );
  return [{ type, dims: shape }];
};

const tile: Infer = (node) => {
  const { type, dims } = inputOf(node, 0);
  const repeats = listOf(node, "repeats");
  const isRight = repeats.length === dims.length && repeats.every((count) => Number.isSafeInteger(count) && count >= 0);
  requireShapes(node, isRight, `[${repeats.join(", ")}] is not a number of repeats for each axis`);
  return [{ type, dims: dims.map((dim, axis) => dim * repeats[axis]!) }];
};

const gather: Infer = (node) => {
  const { type, dims } = inputOf(node, 0);
  const indices = typedInput(node, 1, "i32", "i64");
  const axis = axisOf(node, dims.length);
  return [{ type, dims: [...dims.slice(0, axis), ...indices.dims, ...dims.slice(axis + 1)] }];
};

const gatherElements: Infer = (node) => {
  const { type, dims } = inputOf(node, 0);
  const indices = typedInput(node, 1, "i32", "i64");
  const axis = axisOf(node, dims.length);
  const fits = indices.dims.length === dims.length && indices.dims.every((dim, at) => at === axis || dim <= dims[at]!);
  requireShapes(node, fits, "the indices do not have the rank of the data");
  return [{ type, dims: indices.dims }];
};

const gatherNd: Infer = (node) => {
  const { type, dims } = inputOf(node, 0);
  const indices = typedInput(node, 1, "i64", "i32");
  const batch = numberOf(node, "batch_dims");
  const depth = indices.dims.at(-1) ?? 0;
  const fits =
    depth >= 1 &&
    batch < indices.dims.length &&
    batch + depth <= dims.length &&
    sameDims(dims.slice(0, batch), indices.dims.slice(0, batch));
  requireShapes(node, fits, "the indices do not fit the data");
  return [{ type, dims: [...indices.dims.slice(0, -1), ...dims.slice(batch + depth)] }];
};

const resize: Infer = (node) => {
  const { type, dims } = typedInput(node, 0, "f32", "f64", "u8", "i8", "i32");
  const sizes = listOf(node, "sizes");
  requireShapes(node, sizes.length === dims.length, "there is not one size for each axis");
  requireShapes(node, sizes.every((size) => size >= 0) && dims.every((dim) => dim > 0), "an extent is empty");
  return [{ type, dims: sizes }];
};

export const LAYOUT: Readonly<Record<string, Infer>> = {
  Reshape: reshape,
  Transpose: transpose,
  Slice: slice,
  Concat: concat,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  Resize: resize,
};
