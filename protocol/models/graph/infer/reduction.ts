import { listOf, numberOf } from "../attributes.ts";
import { elementCount, sameDims } from "../dims.ts";
import {
  FLOATS,
  type Infer,
  type InferNode,
  NUMBERS,
  inputOf,
  requireAttribute,
  requireShapes,
  typedInput,
} from "./infer.ts";

function reducedDims(node: InferNode, dims: readonly number[], axes: readonly number[]): number[] {
  const inRange = axes.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < dims.length);
  requireAttribute(
    node,
    inRange && new Set(axes).size === axes.length,
    `the axes [${axes.join(", ")}] are out of range`,
  );
  if (numberOf(node, "keepdims") !== 0) return dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return dims.filter((_, axis) => !axes.includes(axis));
}

const reduce: Infer = (node) => {
  const { type, dims } = typedInput(node, 0, ...NUMBERS);
  return [{ type, dims: reducedDims(node, dims, listOf(node, "axes")) }];
};

const argument: Infer = (node) => {
  const { dims } = typedInput(node, 0, ...NUMBERS);
  const axis = numberOf(node, "axis");
  const result = reducedDims(node, dims, [axis]);
  requireShapes(node, dims[axis] !== 0, "an empty axis has no extreme");
  return [{ type: "i64", dims: result }];
};

const softmax: Infer = (node) => {
  const x = typedInput(node, 0, ...FLOATS);
  const axis = numberOf(node, "axis");
  requireAttribute(node, Number.isInteger(axis) && axis >= 0 && axis < x.dims.length, `axis ${axis} is out of range`);
  return [x];
};

const layerNormalization: Infer = (node) => {
  const x = typedInput(node, 0, ...FLOATS);
  const axis = numberOf(node, "axis");
  requireAttribute(node, axis >= 0 && axis < x.dims.length, `axis ${axis} is out of range`);
  const normalized = x.dims.slice(axis);
  for (const index of [1, 2]) {
    const info = node.inputs[index];
    if (info === undefined && index === 2) continue;
    const { dims } = inputOf(node, index);
    const fits = sameDims(dims, normalized) || elementCount(dims) === elementCount(normalized);
    requireShapes(node, fits, "scale and bias need the shape of the normalised axes");
  }
  return [x];
};

const OPS = "ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp";

export const REDUCTION: Readonly<Record<string, Infer>> = {
  ...Object.fromEntries(OPS.split(" ").map((op) => [op, reduce])),
  ArgMax: argument,
  ArgMin: argument,
  Softmax: softmax,
  LogSoftmax: softmax,
  LayerNormalization: layerNormalization,
};
