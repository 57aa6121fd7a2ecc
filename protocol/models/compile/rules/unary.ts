import type { GraphNode } from "../../graph/types.ts";
import { integers } from "../../quantize/encoding.ts";
import { numberOf } from "../attributes.ts";
import { clampStored, requantizeTo } from "../emit-mapped.ts";
import { applyLine, chainLines, type ClampedLine, type Deferred, type Lowered } from "../lowered.ts";
import type { Lowering } from "../lowering.ts";
import { SCALAR_FUNCTIONS } from "../scalar-functions.ts";
import type { Rule, Rules } from "./rule.ts";

/** The function `map` of a value, joined to the functions that lie before it. */
export function mapValue(ctx: Lowering, name: string, map: (real: number) => number, line?: ClampedLine): Lowered {
  const before = ctx.mapped(name);
  const joined = before.line && line && chainLines(before.line, line);
  return { kind: "mapped", source: before.source, map: (real) => map(before.map(real)), line: joined };
}

/** A value limited to [low, high], rounded to the encoding of the limited value at once. */
function clampDeferred(ctx: Lowering, x: Deferred, low: number, high: number): Deferred {
  return {
    kind: "deferred",
    dims: x.dims,
    emit: (encoding) => clampStored(ctx.builder, x.emit(encoding), low, high),
  };
}

function lowerClamp(node: GraphNode, ctx: Lowering, low: number, high: number): string {
  const [x, output] = [node.inputs[0] as string, node.outputs[0] as string];
  const open = ctx.open(x);
  if (open !== undefined) {
    ctx.set(output, clampDeferred(ctx, open, low, high));
    return "fused: bounds of the operator before it";
  }
  const line = { gain: 1, offset: 0, low, high };
  ctx.set(
    output,
    mapValue(ctx, x, (real) => applyLine(line, real), line),
  );
  return "clamp, or part of a table";
}

/** The root of 32-bit steps counts in the root of a step; all other roots are tables. */
const lowerRoot: Rule = (node, ctx) => {
  const [x, output] = [node.inputs[0] as string, node.outputs[0] as string];
  const known = ctx.lowered(x);
  const encoding = known.kind === "stored" ? known.encoding : ctx.encodings.of(x);
  if (known.kind === "mapped" || encoding.dtype !== "i32") {
    ctx.set(output, mapValue(ctx, x, Math.sqrt));
    return "table";
  }
  const { builder } = ctx;
  const square = ctx.stored(x);
  const { scale } = square.encoding;
  const centred = requantizeTo(builder, square, { dtype: "i32", scale, zeroPoint: 0 }, ctx.bits);
  const root = { dtype: "i16", scale: Math.sqrt(scale), zeroPoint: 0 } as const;
  ctx.set(output, { ...centred, value: builder.isqrt(centred.value, "i16"), encoding: root });
  return "isqrt";
};

const lowerFunction =
  (make: (node: GraphNode) => (x: number) => number): Rule =>
  (node, ctx) => {
    ctx.set(node.outputs[0] as string, mapValue(ctx, node.inputs[0] as string, make(node)));
    return "table";
  };

/** Casts of real numbers to integers cut fractions off; all others leave the numbers as they are. */
const lowerCast: Rule = (node, ctx) => {
  const [x, output] = [node.inputs[0] as string, node.outputs[0] as string];
  const [from, to] = [ctx.info(x).type, ctx.info(output).type];
  const isReal = (type: string): boolean => type === "f32" || type === "f64";
  const open = ctx.open(x);
  if (open?.isIntegral === true && to === "i32") {
    ctx.set(output, open.emit(integers("i32")));
    return "fused: exact sums";
  }
  if (to !== "bool" && (!isReal(from) || isReal(to))) return lowerIdentity(node, ctx);
  ctx.set(output, mapValue(ctx, x, to === "bool" ? (real) => (real === 0 ? 0 : 1) : Math.trunc));
  return "table, or part of one";
};

const lowerIdentity: Rule = (node, ctx) => {
  ctx.set(node.outputs[0] as string, ctx.stored(node.inputs[0] as string));
  return "none needed";
};

export const UNARY_RULES: Rules = {
  ...Object.fromEntries(Object.entries(SCALAR_FUNCTIONS).map(([op, make]) => [op, lowerFunction(make)])),
  Sqrt: lowerRoot,
  Relu: (node, ctx) => lowerClamp(node, ctx, 0, Infinity),
  Clip: (node, ctx) => lowerClamp(node, ctx, numberOf(node, "min", -Infinity), numberOf(node, "max", Infinity)),
  Identity: lowerIdentity,
  Cast: lowerCast,
};
