import type { GraphNode } from "../../graph/types.ts";
import { type Encoding, integers } from "../../quantize/encoding.ts";
import { requantizeTo } from "../emit-mapped.ts";
import type { Deferred } from "../lowered.ts";
import type { Lowering } from "../lowering.ts";
import { constantNumbers, exactWeights, tensorEncoding } from "../model-scales.ts";
import { realConstant, realOf } from "../read-weights.ts";
import { Refusal } from "../refusal.ts";
import { product, type Stored } from "../stored.ts";
import { combine } from "./binary.ts";
import { channelsInnermost, convolve, geometryOf } from "./conv.ts";
import { columnsFirst, multiplyComputed, multiplyConstant } from "./matmul.ts";
import type { Rule, Rules } from "./rule.ts";

const STORED = ["i8", "u8", "i16", "i32"] as const;

function dtypeOf(ctx: Lowering, name: string): (typeof STORED)[number] {
  const dtype = STORED.find((type) => type === ctx.info(name).type);
  if (dtype === undefined) throw new Refusal(`${name} is not an integer of 8, 16 or 32 bits`);
  return dtype;
}

/** Stored integers as the real numbers that a scale and a zero point make of them. */
function dequantized(ctx: Lowering, name: string, scale: string | undefined, zeroPoint: string | undefined): Stored {
  const x = ctx.stored(name);
  return { ...x, encoding: tensorEncoding(ctx.graph, scale, zeroPoint, dtypeOf(ctx, name)) };
}

/** Sets an output of integers: the value in the model's encoding, read as plain numbers. */
function setIntegers(ctx: Lowering, output: string, value: Deferred | Stored, encoding: Encoding): void {
  const made = value.kind === "deferred" ? value.emit(encoding) : requantizeTo(ctx.builder, value, encoding, ctx.bits);
  ctx.set(output, { ...made, encoding: integers(encoding.dtype) });
}

const lowerQuantize: Rule = (node, ctx) => {
  const [name, scale, zeroPoint] = node.inputs as [string, string, string | undefined];
  const encoding = tensorEncoding(ctx.graph, scale, zeroPoint);
  const constant = realConstant(ctx, name);
  const made = constant ? ctx.storeReals(constant, ctx.dims(name), encoding) : ctx.storedAs(name, encoding);
  setIntegers(ctx, node.outputs[0] as string, made, encoding);
  return "fused: encoding of the operator before it";
};

const lowerDequantize: Rule = (node, ctx) => {
  const [name, scale, zeroPoint] = node.inputs as [string, string, string | undefined];
  const [output] = node.outputs as [string];
  if (ctx.constantOf(name) === undefined) {
    ctx.set(output, dequantized(ctx, name, scale, zeroPoint));
    return "none needed: stored integers have a scale";
  }
  // Weights go to their contraction as they are; only other readers need them as a value.
  const emit = (encoding: Encoding): Stored => {
    const own = tensorEncoding(ctx.graph, scale, zeroPoint, dtypeOf(ctx, name));
    const reals = realConstant(ctx, output);
    if (reals === undefined) throw new Refusal("it dequantises a value of which nothing is known");
    return requantizeTo(ctx.builder, ctx.storeReals(reals, ctx.dims(name), own), encoding, ctx.bits);
  };
  ctx.set(output, { kind: "deferred", dims: ctx.dims(output), emit });
  return "constant";
};

function weightsOf(
  ctx: Lowering,
  names: readonly [string, string | undefined, string | undefined],
  channels: number,
  order: (data: Float64Array) => Float64Array,
): { channels: number; real: Float64Array; exact: NonNullable<ReturnType<typeof exactWeights>> } {
  const exact = exactWeights(ctx.graph, names, channels, order);
  if (exact === undefined) {
    throw new Refusal("its weights are not constant, or have scales of another axis than the channels");
  }
  return { channels, real: realOf(exact, channels), exact };
}

/** A convolution of integers; without scales the result counts in products of stored steps. */
function integerConvolution(
  node: GraphNode,
  ctx: Lowering,
  x: Stored,
  weightNames: readonly [string, string | undefined, string | undefined],
  bias: string | undefined,
): Deferred {
  const [channels, perGroup, ...kernel] = ctx.dims(weightNames[0]) as [number, number, ...number[]];
  const taps = product(kernel);
  const weights = weightsOf(ctx, weightNames, channels, channelsInnermost(perGroup, taps));
  const counts = constantNumbers(ctx.graph, bias);
  const offset = counts?.map((count, n) => count * x.encoding.scale * weights.exact.scales[n]!);
  const dims = ctx.dims(node.outputs[0] as string);
  return convolve(ctx, x, dims, weights, geometryOf(node, kernel), offset);
}

const lowerQLinearConv: Rule = (node, ctx) => {
  const [x, xs, xz, w, ws, wz, ys, yz, bias] = node.inputs as string[];
  const made = integerConvolution(node, ctx, dequantized(ctx, x!, xs, xz), [w!, ws, wz], bias);
  setIntegers(ctx, node.outputs[0] as string, made, tensorEncoding(ctx.graph, ys, yz));
  return "conv2d with the model's scales";
};

const SUMS = { dtype: "i32", scale: 1, zeroPoint: 0 } as const;

/** Integers less a constant zero point, each worth 1. */
function shifted(ctx: Lowering, name: string, zeroPoint: string | undefined): Stored {
  const x = ctx.stored(name);
  const zeros = constantNumbers(ctx.graph, zeroPoint) ?? [0];
  if (zeros.length !== 1 || (zeroPoint !== undefined && zeroPoint !== "" && ctx.constantOf(zeroPoint) === undefined)) {
    throw new Refusal("its zero point is not one constant");
  }
  return { ...x, encoding: { ...x.encoding, zeroPoint: zeros[0]! } };
}

const lowerConvInteger: Rule = (node, ctx) => {
  const [x, w, xz, wz] = node.inputs as string[];
  const made = integerConvolution(node, ctx, shifted(ctx, x!, xz), [w!, undefined, wz], undefined);
  ctx.set(node.outputs[0] as string, made.emit(SUMS));
  return "conv2d, exact sums";
};

function integerProduct(
  node: GraphNode,
  ctx: Lowering,
  a: Stored,
  b: readonly [string, string | undefined, string | undefined],
  computed: () => Stored,
): Deferred {
  const dims = ctx.dims(node.outputs[0] as string);
  const bDims = ctx.dims(b[0]);
  if (ctx.constantOf(b[0]) === undefined || product(bDims) !== bDims.at(-2)! * bDims.at(-1)!) {
    return multiplyComputed(ctx, a, computed(), dims);
  }
  const [terms, columns] = [bDims.at(-2)!, bDims.at(-1)!];
  return multiplyConstant(ctx, a, weightsOf(ctx, b, columns, columnsFirst(terms, columns)), dims);
}

const lowerQLinearMatMul: Rule = (node, ctx) => {
  const [a, as, az, b, bs, bz, ys, yz] = node.inputs as string[];
  const left = dequantized(ctx, a!, as, az);
  const made = integerProduct(node, ctx, left, [b!, bs, bz], () => dequantized(ctx, b!, bs, bz));
  setIntegers(ctx, node.outputs[0] as string, made, tensorEncoding(ctx.graph, ys, yz));
  return "matmul with the model's scales";
};

const lowerMatMulInteger: Rule = (node, ctx) => {
  const [a, b, az, bz] = node.inputs as string[];
  const made = integerProduct(node, ctx, shifted(ctx, a!, az), [b!, undefined, bz], () => shifted(ctx, b!, bz));
  ctx.set(node.outputs[0] as string, made.emit(SUMS));
  return "matmul, exact sums";
};

const lowerQLinearBinary =
  (op: string): Rule =>
  (node, ctx) => {
    const [a, as, az, b, bs, bz, ys, yz] = node.inputs as string[];
    const [output] = node.outputs as [string];
    const made = combine(ctx, op, dequantized(ctx, a!, as, az), dequantized(ctx, b!, bs, bz), ctx.dims(output));
    setIntegers(ctx, output, made, tensorEncoding(ctx.graph, ys, yz));
    return "element-wise with the model's scales";
  };

export const QUANTIZED_RULES: Rules = {
  QuantizeLinear: lowerQuantize,
  DequantizeLinear: lowerDequantize,
  QLinearConv: lowerQLinearConv,
  QLinearMatMul: lowerQLinearMatMul,
  ConvInteger: lowerConvInteger,
  MatMulInteger: lowerMatMulInteger,
  "com.microsoft.QLinearAdd": lowerQLinearBinary("Add"),
  "com.microsoft.QLinearMul": lowerQLinearBinary("Mul"),
};
