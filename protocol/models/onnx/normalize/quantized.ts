import type { ValueType } from "../../graph/types.ts";
import { dataTypeOf } from "../data-types.ts";
import type { Normalize, OnnxCall } from "./call.ts";
import { convAttributes, poolAttributes } from "./windows.ts";

/*
 * Operators on 8-bit values become the float operator between DequantizeLinear and QuantizeLinear. Results can differ by one level from
 * those of an engine that sums up in integers, where a value lies between two levels.
 */

/** The zero point of an input, or a new one of the same shape as the scale. */
function zeroOf(call: OnnxCall, zero: string, scale: string, type: ValueType): string {
  if (zero !== "") return zero;
  const { dims } = call.infoOf(scale);
  const count = dims.reduce((product, dim) => product * dim, 1);
  return call.literal(type, dims, new Array<number>(count).fill(0));
}

/** The value of input `at`, whose scale and zero point are the two inputs behind it. */
function dequantized(call: OnnxCall, at: number, axis = 0): string {
  return dequantizedFrom(call, call.input(at), call.input(at + 1), call.inputs[at + 2] ?? "", axis);
}

function dequantizedFrom(call: OnnxCall, value: string, scale: string, zero: string, axis: number): string {
  const zeroPoint = zeroOf(call, zero, scale, call.infoOf(value).type);
  return call.emit("DequantizeLinear", [value, scale, zeroPoint], { axis });
}

/** The result on the levels of the scale and the zero point at `at`. */
function quantized(call: OnnxCall, value: string, at: number): string[] {
  const zero = zeroOf(call, call.inputs[at + 1] ?? "", call.input(at), call.info(0).type);
  return call.result("QuantizeLinear", [value, call.input(at), zero], { axis: 0 });
}

function axisFor(call: OnnxCall): number {
  const { dims } = call.info(0);
  const axis = call.number("axis", 1);
  // One scale for all needs no axis, and the default does not suit every rank.
  const isSingle = call.info(1).dims.length === 0 || call.info(1).dims.every((dim) => dim === 1);
  return isSingle ? 0 : call.axis(axis, dims.length);
}

const quantizeLinear: Normalize = (call) => {
  call.only("block_size", 0);
  const wanted = call.number("output_dtype", 0);
  const type = wanted === 0 ? "u8" : (dataTypeOf(wanted)?.type ?? call.fail("its output type is not supported"));
  const zero = zeroOf(call, call.inputs[2] ?? "", call.input(1), type);
  return call.result("QuantizeLinear", [call.input(0), call.input(1), zero], { axis: axisFor(call) });
};

const dequantizeLinear: Normalize = (call) => {
  call.only("block_size", 0);
  const zero = zeroOf(call, call.inputs[2] ?? "", call.input(1), call.info(0).type);
  return call.result("DequantizeLinear", [call.input(0), call.input(1), zero], { axis: axisFor(call) });
};

/** Scale and zero point from the range of the values themselves, 0 included. */
const dynamicQuantizeLinear: Normalize = (call) => {
  const { dims } = call.info(0);
  const over = { axes: dims.map((_, axis) => axis), keepdims: 0 };
  const [zero, levels] = [call.literal("f32", [], [0]), call.literal("f32", [], [255])];
  const low = call.emit("Min", [call.emit("ReduceMin", [call.input(0)], over), zero]);
  const high = call.emit("Max", [call.emit("ReduceMax", [call.input(0)], over), zero]);
  const scale = call.emit("Div", [call.emit("Sub", [high, low]), levels]);
  const level = call.emit("Round", [call.emit("Div", [call.emit("Neg", [low]), scale])]);
  const point = call.emit("Cast", [call.emit("Clip", [level], { min: 0, max: 255 })], { to: "u8" });
  const [values] = call.result("QuantizeLinear", [call.input(0), scale, point], { axis: 0 });
  return [values!, scale, point];
};

const conv: Normalize = (call) => {
  const inputs = [dequantized(call, 0), dequantized(call, 3)];
  if (call.has(8)) {
    const scale = call.emit("Mul", [call.input(1), call.input(4)]);
    inputs.push(dequantizedFrom(call, call.input(8), scale, "", 0));
  }
  return quantized(call, call.emit("Conv", inputs, convAttributes(call, 3)), 6);
};

const matmul: Normalize = (call) => {
  const rank = call.info(3).dims.length;
  const product = call.emit("MatMul", [dequantized(call, 0), dequantized(call, 3, Math.max(rank - 1, 0))]);
  return quantized(call, product, 6);
};

/** An integer operand as a float, less its zero point: one for all, or one for each position on the axis. */
function centred(call: OnnxCall, at: number, zeroAt: number, axis: number): string {
  const value = call.emit("Cast", [call.input(at)], { to: "f32" });
  if (!call.has(zeroAt)) return value;
  const zero = call.emit("Cast", [call.input(zeroAt)], { to: "f32" });
  const { dims } = call.infoOf(zero);
  if (dims.every((dim) => dim === 1)) return call.emit("Sub", [value, call.reshape(zero, [])]);
  const behind = call.info(at).dims.length - 1 - axis;
  const aligned = dims.length === 1 ? call.reshape(zero, [dims[0]!, ...new Array<number>(behind).fill(1)]) : zero;
  return call.emit("Sub", [value, aligned]);
}

const matmulInteger: Normalize = (call) => {
  const [rows, columns] = [call.info(0).dims.length - 2, call.info(1).dims.length - 1];
  const product = call.emit("MatMul", [centred(call, 0, 2, Math.max(rows, 0)), centred(call, 1, 3, columns)]);
  return call.result("Cast", [product], { to: "i32" });
};

const convInteger: Normalize = (call) => {
  const sum = call.emit("Conv", [centred(call, 0, 2, 0), centred(call, 1, 3, 0)], convAttributes(call, 1));
  return call.result("Cast", [sum], { to: "i32" });
};

const binary =
  (op: string): Normalize =>
  (call) =>
    quantized(call, call.emit(op, [dequantized(call, 0), dequantized(call, 3)]), 6);

/** An operator of one input: value, scale, zero point, then scale and zero point of the result. */
const single =
  (op: string, attributes: (call: OnnxCall) => Record<string, number | readonly number[]>): Normalize =>
  (call) =>
    quantized(call, call.emit(op, [dequantized(call, 0)], attributes(call)), 3);

const averagePool = single("AveragePool", (call) => {
  call.only("channels_last", 0);
  return { ...poolAttributes(call), count_include_pad: call.number("count_include_pad", 0) };
});

const globalAveragePool = single("ReduceMean", (call) => {
  call.only("channels_last", 0);
  const { dims } = call.info(0);
  return { axes: dims.map((_, axis) => axis).slice(2), keepdims: 1 };
});

const concat: Normalize = (call) => {
  const parts: string[] = [];
  for (let at = 2; at < call.inputs.length; at += 3) parts.push(dequantized(call, at));
  const rank = call.infoOf(parts[0] ?? call.input(2)).dims.length;
  const joined = call.emit("Concat", parts, { axis: call.axis(call.number("axis", 0), rank) });
  const zero = zeroOf(call, call.inputs[1] ?? "", call.input(0), call.info(2).type);
  return call.result("QuantizeLinear", [joined, call.input(0), zero], { axis: 0 });
};

export const QUANTIZED: Readonly<Record<string, Normalize>> = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  QLinearConv: conv,
  QLinearMatMul: matmul,
  MatMulInteger: matmulInteger,
  ConvInteger: convInteger,
  "com.microsoft.QLinearAdd": binary("Add"),
  "com.microsoft.QLinearMul": binary("Mul"),
  "com.microsoft.QLinearAveragePool": averagePool,
  "com.microsoft.QLinearGlobalAveragePool": globalAveragePool,
  "com.microsoft.QLinearConcat": concat,
  "com.microsoft.QLinearSigmoid": single("Sigmoid", () => ({})),
  "com.microsoft.QLinearLeakyRelu": single("LeakyRelu", (call) => ({ alpha: call.number("alpha", 0.01) })),
};
