import { elementCount, sameDims } from "../../graph/dims.ts";
import type { Normalize, OnnxCall } from "./call.ts";
import { listOrInput } from "./shapes.ts";

const matmul: Normalize = (call) => call.result("MatMul", [call.input(0), call.input(1)]);

/** Multiplies a value by a number, which costs nothing where it is 1 or the value is a constant. */
function scaled(call: OnnxCall, value: string, factor: number): string {
  return factor === 1 ? value : call.emit("Mul", [value, call.literal(call.infoOf(value).type, [], [factor])]);
}

/** Gemm without transposition and factors. */
const gemm: Normalize = (call) => {
  const turned = (value: string, key: string): string =>
    call.number(key, 0) === 0 ? value : call.emit("Transpose", [value], { perm: [1, 0] });
  const a = turned(call.input(0), "transA");
  const b = scaled(call, turned(call.input(1), "transB"), call.number("alpha", 1));
  const beta = call.number("beta", 1);
  if (!call.has(2) || beta === 0) return call.result("Gemm", [a, b]);
  return call.result("Gemm", [a, b, scaled(call, call.input(2), beta)]);
};

/** A shape in which one value for each channel lies along axis 1. */
function channelShape(rank: number, channels: number): number[] {
  return [channels, ...new Array<number>(Math.max(rank - 2, 0)).fill(1)];
}

/** Batch normalisation is a scale and a shift for each channel, and both are constants in a trained model. */
const batchNormalization: Normalize = (call) => {
  call.onlyOutputs(1);
  call.only("training_mode", 0);
  const { dims, type } = call.info(0);
  const epsilon = call.literal(type, [], [call.number("epsilon", 1e-5)]);
  const deviation = call.emit("Sqrt", [call.emit("Add", [call.input(4), epsilon])]);
  const scale = call.emit("Div", [call.input(1), deviation]);
  const shift = call.emit("Sub", [call.input(2), call.emit("Mul", [call.input(3), scale])]);
  const shape = channelShape(dims.length, elementCount(call.infoOf(scale).dims));
  const product = call.emit("Mul", [call.input(0), call.reshape(scale, shape)]);
  return call.result("Add", [product, call.reshape(shift, shape)]);
};

const instanceNormalization: Normalize = (call) => {
  const { dims, type } = call.info(0);
  const over = { axes: dims.map((_, axis) => axis).slice(2), keepdims: 1 };
  const centred = call.emit("Sub", [call.input(0), call.emit("ReduceMean", [call.input(0)], over)]);
  const variance = call.emit("ReduceMean", [call.emit("Mul", [centred, centred])], over);
  const epsilon = call.literal(type, [], [call.number("epsilon", 1e-5)]);
  const deviation = call.emit("Sqrt", [call.emit("Add", [variance, epsilon])]);
  const shape = channelShape(dims.length, dims[1] ?? 1);
  const normal = call.emit("Div", [centred, deviation]);
  const product = call.emit("Mul", [normal, call.reshape(call.input(1), shape)]);
  return call.result("Add", [product, call.reshape(call.input(2), shape)]);
};

const layerNormalization: Normalize = (call) => {
  call.onlyOutputs(1);
  const { dims } = call.info(0);
  const axis = call.axis(call.number("axis", -1), dims.length);
  const normalized = dims.slice(axis);
  const full = (index: number): string =>
    sameDims(call.info(index).dims, normalized)
      ? call.input(index)
      : call.emit("Expand", [call.input(index)], { shape: normalized });
  const inputs = [call.input(0), full(1), ...(call.has(2) ? [full(2)] : [])];
  return call.result("LayerNormalization", inputs, { axis, epsilon: call.number("epsilon", 1e-5) });
};

/** Axes of a reduction: attribute or input by version; undefined where nothing is reduced. */
function reducedAxes(call: OnnxCall, rank: number): number[] | undefined {
  const axes = listOrInput(call, "axes", 1);
  if (axes !== undefined && axes.length > 0) return axes.map((axis) => call.axis(axis, rank));
  return call.number("noop_with_empty_axes", 0) === 0 ? Array.from({ length: rank }, (_, axis) => axis) : undefined;
}

const reduce: Normalize = (call) => {
  const axes = reducedAxes(call, call.info(0).dims.length);
  if (axes === undefined) return [call.input(0)];
  const attributes = { axes, keepdims: call.number("keepdims", 1) };
  if (call.node.op !== "ReduceLogSum") return call.result(call.node.op, [call.input(0)], attributes);
  return call.result("Log", [call.emit("ReduceSum", [call.input(0)], attributes)]);
};

const argument: Normalize = (call) =>
  call.result(call.node.op, [call.input(0)], {
    axis: call.axis(call.number("axis", 0), call.info(0).dims.length),
    keepdims: call.number("keepdims", 1),
    select_last_index: call.number("select_last_index", 0),
  });

/** Before version 13 softmax ran over all axes from `axis` on, as if they were one. */
const softmax: Normalize = (call) => {
  const { dims } = call.info(0);
  const axis = call.axis(call.number("axis", call.version < 13 ? 1 : -1), dims.length);
  const rest = elementCount(dims.slice(axis));
  if (call.version >= 13 || rest === dims[axis]) return call.result(call.node.op, [call.input(0)], { axis });
  const flat = call.reshape(call.input(0), [elementCount(dims.slice(0, axis)), rest]);
  return call.result("Reshape", [call.emit(call.node.op, [flat], { axis: 1 })], { shape: dims });
};

const REDUCTIONS =
  "ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSum ReduceLogSumExp";

export const ALGEBRA: Readonly<Record<string, Normalize>> = {
  ...Object.fromEntries(REDUCTIONS.split(" ").map((op) => [op, reduce])),
  MatMul: matmul,
  Gemm: gemm,
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
  ArgMax: argument,
  ArgMin: argument,
  Softmax: softmax,
  LogSoftmax: softmax,
};
