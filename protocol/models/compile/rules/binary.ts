import { inRange } from "../../../tensor/dtype.ts";
import type { DType } from "../../../tensor/types.ts";
import type { GraphNode } from "../../graph/types.ts";
import { type Encoding, symmetric } from "../../quantize/encoding.ts";
import { EXACT_BITS, toMultiplier, toMultiplierPair } from "../../quantize/multiplier.ts";
import { channelAffine } from "../channel-affine.ts";
import { clampStored, requantizeTo } from "../emit-mapped.ts";
import { type ClampedLine, type Deferred, dimsOf, type Lowered } from "../lowered.ts";
import type { Lowering } from "../lowering.ts";
import { realConstant } from "../read-weights.ts";
import { Refusal } from "../refusal.ts";
import { SCALAR_PAIRS } from "../scalar-functions.ts";
import { broadcast, product, type Stored, stored } from "../stored.ts";
import type { Rule, Rules } from "./rule.ts";
import { mapValue } from "./unary.ts";

/** One operand constant, the other a value: y = f(x). */
interface WithConstant {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float64Array;
  readonly isFirst: boolean;
}

function withConstant(node: GraphNode, ctx: Lowering): WithConstant | undefined {
  const [a, b] = node.inputs as [string, string];
  for (const [constant, name, isFirst] of [
    [b, a, true],
    [a, b, false],
  ] as const) {
    const values = realConstant(ctx, constant);
    if (values !== undefined) return { name, dims: ctx.dims(constant), values, isFirst };
  }
  return undefined;
}

/** y = gain · x + offset of an operator with one constant number, where it is that. */
function lineOf(op: string, c: number, isFirst: boolean): { gain: number; offset: number } | undefined {
  switch (op) {
    case "Add":
      return { gain: 1, offset: c };
    case "Sub":
      return isFirst ? { gain: 1, offset: -c } : { gain: -1, offset: c };
    case "Mul":
      return { gain: c, offset: 0 };
    case "Div":
      return isFirst ? { gain: 1 / c, offset: 0 } : undefined;
    default:
      return undefined;
  }
}

/** Scaling by a positive number changes only what a stored step is worth. */
function scaled(x: Stored | Deferred, gain: number): Lowered {
  if (x.kind === "stored") return { ...x, encoding: { ...x.encoding, scale: x.encoding.scale * gain } };
  return {
    kind: "deferred",
    dims: x.dims,
    emit(encoding): Stored {
      return { ...x.emit({ ...encoding, scale: encoding.scale / gain }), encoding };
    },
  };
}

/** Adding whole steps changes only which integer stands for zero; of 32-bit steps the nearest whole number is close enough. */
function movedZero(x: Lowered, offset: number): Stored | undefined {
  if (x.kind !== "stored") return undefined;
  const { dtype, scale, zeroPoint } = x.encoding;
  const exact = zeroPoint - offset / scale;
  const moved = dtype === "i32" ? Math.round(exact) : exact;
  if (!Number.isInteger(moved) || !inRange(dtype, moved)) return undefined;
  return { ...x, encoding: { dtype, scale, zeroPoint: moved } };
}

function lowerScalar(node: GraphNode, ctx: Lowering, { name, values, isFirst }: WithConstant): string {
  const [c, output] = [values[0]!, node.outputs[0] as string];
  const line = lineOf(node.op, c, isFirst);
  const open = ctx.open(name);
  const rank = dimsOf(ctx.lowered(name)).length;
  if (line !== undefined && open?.perChannel !== undefined) {
    // Any axis may be the operator's; one of them is.
    for (let axis = 0; axis < rank; axis++) {
      const channels = open.dims[axis]!;
      const fill = (value: number): Float64Array => new Float64Array(channels).fill(value);
      const joined = open.perChannel(axis, fill(line.gain), fill(line.offset));
      if (joined === undefined) continue;
      ctx.set(output, joined);
      return "fused: parameters of the operator before it";
    }
  }
  const isScaling = line !== undefined && line.gain > 0 && line.offset === 0;
  if (isScaling && ctx.lowered(name).kind !== "mapped") {
    ctx.set(output, scaled(open ?? ctx.stored(name), line.gain));
    return "none needed: another scale";
  }
  const isWide = ctx.encodings.of(output).dtype === "i32";
  const x = isWide && line?.gain === 1 ? ctx.stored(name) : ctx.lowered(name);
  const moved = line?.gain === 1 ? movedZero(x, line.offset) : undefined;
  if (moved !== undefined) {
    ctx.set(output, moved);
    return "none needed: another zero point";
  }
  const pair = SCALAR_PAIRS[node.op]!;
  const map = (real: number): number => (isFirst ? pair(real, c) : pair(c, real));
  ctx.set(output, mapValue(ctx, name, map, clampedLine(node.op, c, line)));
  return "table, or part of one";
}

function clampedLine(op: string, c: number, line: ReturnType<typeof lineOf>): ClampedLine | undefined {
  if (line !== undefined && line.gain > 0) return { ...line, low: -Infinity, high: Infinity };
  if (op === "Max") return { gain: 1, offset: 0, low: c, high: Infinity };
  if (op === "Min") return { gain: 1, offset: 0, low: -Infinity, high: c };
  return undefined;
}

/** The one axis of `dims` along which a right-aligned constant varies, or undefined. */
function channelAxis(constant: readonly number[], dims: readonly number[]): number | undefined {
  const before = dims.length - constant.length;
  const long = constant.flatMap((extent, axis) => (extent > 1 ? [axis + before] : []));
  const [axis] = long;
  return before >= 0 && long.length === 1 && constant[axis! - before] === dims[axis!] ? axis : undefined;
}

function lowerChannels(node: GraphNode, ctx: Lowering, operand: WithConstant, axis: number): string | undefined {
  const { name, values, isFirst } = operand;
  if (node.op === "PRelu" && isFirst) return lowerSlopes(node, ctx, operand, axis);
  const lines = Array.from(values, (c) => lineOf(node.op, c, isFirst));
  if (lines.some((line) => line === undefined)) return undefined;
  const gain = Float64Array.from(lines, (line) => line!.gain);
  const offset = Float64Array.from(lines, (line) => line!.offset);
  const joined = ctx.open(name)?.perChannel?.(axis, gain, offset);
  const output = node.outputs[0] as string;
  ctx.set(output, joined ?? channelAffine(ctx, ctx.stored(name), axis, gain, offset));
  return joined === undefined ? "conv2d of one tap" : "fused: parameters of the operator before it";
}

/** slope · x + (1 − slope) · max(x, 0), a slope for each channel. */
function lowerSlopes(node: GraphNode, ctx: Lowering, { name, values }: WithConstant, axis: number): string {
  const [x, none] = [ctx.stored(name), new Float64Array(values.length)];
  const rectified = clampStored(ctx.builder, x, 0, Infinity);
  const { dtype, scale } = x.encoding;
  // Parts of a step, so that rounding both terms adds nothing to see.
  const fine =
    dtype === "i16"
      ? { dtype: "i32", scale: scale / 256, zeroPoint: 0 }
      : { dtype: "i16", scale: scale / 64, zeroPoint: 0 };
  const part = (of: Stored, slopes: Float64Array): Stored =>
    channelAffine(ctx, of, axis, slopes, none).emit(fine as Encoding);
  const above = part(
    rectified,
    values.map((slope) => 1 - slope),
  );
  const output = node.outputs[0] as string;
  ctx.set(output, combine(ctx, "Add", part(x, values), above, ctx.dims(output)));
  return "two conv2d of one tap, clamp, add";
}

/** Both operands repeated to the output's extents, in the memory order of the one that has them. */
export function together(ctx: Lowering, a: Stored, b: Stored, dims: readonly number[]): [Stored, Stored] {
  const isWhole = (x: Stored): boolean => product(x.dims) === product(dims);
  const lead = isWhole(a) || !isWhole(b) ? a : b;
  const before = dims.length - lead.dims.length;
  const order = [...Array.from({ length: before }, (_, axis) => axis), ...lead.order.map((axis) => axis + before)];
  const [left, right] = [broadcast(ctx.builder, a, dims, order), broadcast(ctx.builder, b, dims, order)];
  return [left, { ...right, value: ctx.shaped(right.value, ctx.shaped(left.value, left.value.dims).dims) }];
}

type Emit = (ctx: Lowering, a: Stored, b: Stored, encoding: Encoding) => Stored["value"];

const emitSum =
  (op: "add" | "sub"): Emit =>
  (ctx, a, b, { dtype, scale, zeroPoint: zpOut }) => {
    const bits = a.encoding.dtype === "i32" || b.encoding.dtype === "i32" ? 29 : ctx.bits;
    const pair = toMultiplierPair(a.encoding.scale / scale, b.encoding.scale / scale, bits);
    const options = { dtype, ...pair, za: a.encoding.zeroPoint, zb: b.encoding.zeroPoint, zpOut };
    return ctx.builder[op](a.value, b.value, options);
  };

const emitProduct: Emit = (ctx, a, b, { dtype, scale, zeroPoint: zpOut }) => {
  const multiplier = toMultiplier((a.encoding.scale * b.encoding.scale) / scale, ctx.bits);
  return ctx.builder.mul(a.value, b.value, {
    dtype,
    ...multiplier,
    za: a.encoding.zeroPoint,
    zb: b.encoding.zeroPoint,
    zpOut,
  });
};

/** The dividend in steps in which the quotient by stored values is the stored result. */
const emitQuotient: Emit = (ctx, a, b, encoding) => {
  const divisor = centred(ctx, b);
  const fine = { dtype: "i32" as DType, scale: divisor.encoding.scale * encoding.scale, zeroPoint: 0 };
  const dividend = requantizeTo(ctx.builder, a, fine, EXACT_BITS);
  if (encoding.zeroPoint === 0) return ctx.builder.div(dividend.value, divisor.value, encoding.dtype);
  const wide = ctx.builder.div(dividend.value, divisor.value, "i16");
  return ctx.builder.requantize(wide, { dtype: encoding.dtype, m: 1, s: 0, zpOut: encoding.zeroPoint });
};

/** A value with zero point 0. */
function centred(ctx: Lowering, x: Stored): Stored {
  if (x.encoding.zeroPoint === 0) return x;
  return requantizeTo(ctx.builder, x, { dtype: "i16", scale: x.encoding.scale, zeroPoint: 0 }, ctx.bits);
}

const emitExtremum =
  (op: "max" | "min"): Emit =>
  (ctx, a, b, encoding) => {
    const [left, right] = [a, b].map((x) => requantizeTo(ctx.builder, x, encoding, ctx.bits).value);
    return ctx.builder[op](left!, right!);
  };

const EMITTERS: Readonly<Record<string, Emit>> = {
  Add: emitSum("add"),
  Sub: emitSum("sub"),
  Mul: emitProduct,
  Div: emitQuotient,
  Max: emitExtremum("max"),
  Min: emitExtremum("min"),
};

/** The element-wise `op` of two stored values as a value that takes any encoding. */
export function combine(ctx: Lowering, op: string, a: Stored, b: Stored, dims: readonly number[]): Deferred {
  const emit = EMITTERS[op];
  if (emit === undefined) throw new Refusal(`${op} of two computed values is not supported`);
  const [left, right] = together(ctx, a, b, dims);
  return {
    kind: "deferred",
    dims,
    emit: (encoding) => stored(emit(ctx, left, right, encoding), encoding, dims, left.order),
  };
}

/** A constant tensor as it is combined: its own extents, 16 bits. */
function storeOperand(ctx: Lowering, { values, dims }: WithConstant): Stored {
  let [low, high] = [0, 0];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const encoding = symmetric("i16", { low, high });
  return ctx.storeReals(values, dims, encoding);
}

const lowerBinary: Rule = (node, ctx) => {
  const output = node.outputs[0] as string;
  const dims = ctx.dims(output);
  const operand = withConstant(node, ctx);
  if (operand !== undefined) {
    const { values, name } = operand;
    const isSame = product(ctx.dims(name)) === product(dims);
    if (isSame && values.every((value) => value === values[0])) return lowerScalar(node, ctx, operand);
    const axis = isSame ? channelAxis(operand.dims, dims) : undefined;
    const lowered = axis === undefined ? undefined : lowerChannels(node, ctx, operand, axis);
    if (lowered !== undefined) return lowered;
    const [x, c] = [ctx.stored(name), storeOperand(ctx, operand)];
    ctx.set(output, combine(ctx, node.op, operand.isFirst ? x : c, operand.isFirst ? c : x, dims));
    return "element-wise with a constant";
  }
  const [aName, bName] = node.inputs as [string, string];
  const joined = joinMaps(node, ctx, aName, bName);
  if (joined !== undefined) {
    ctx.set(output, joined);
    return "part of a table";
  }
  ctx.set(output, combine(ctx, node.op, ctx.stored(aName), ctx.stored(bName), dims));
  return "element-wise";
};

/** Two functions of one stored value are one function. */
function joinMaps(node: GraphNode, ctx: Lowering, aName: string, bName: string): Lowered | undefined {
  const pair = SCALAR_PAIRS[node.op]!;
  const known = [aName, bName].map((name) => ctx.lowered(name));
  if (known.some(({ kind }) => kind === "deferred") && aName !== bName) return undefined;
  if (known.some((x) => x.kind === "stored" && x.encoding.dtype === "i32")) return undefined;
  const [a, b] = [ctx.mapped(aName), ctx.mapped(bName)];
  const isOne = a.source.value.node === b.source.value.node && a.source.dims.join() === b.source.dims.join();
  if (!isOne || a.source.order.join() !== b.source.order.join()) return undefined;
  const { encoding } = a.source;
  // Equal stored integers may stand for different numbers where one was scaled.
  const ratio = b.source.encoding.scale / encoding.scale;
  return { kind: "mapped", source: a.source, map: (real) => pair(a.map(real), b.map(real * ratio)) };
}

export const BINARY_RULES: Rules = Object.fromEntries(Object.keys(SCALAR_PAIRS).map((op) => [op, lowerBinary]));
