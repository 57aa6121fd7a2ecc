import { encode, type Encoding, symmetric } from "../../quantize/encoding.ts";
import { constantNumbers } from "../model-scales.ts";
import { realConstant } from "../read-weights.ts";
import { Refusal } from "../refusal.ts";
import { broadcast, inOrder, stored } from "../stored.ts";
import type { Rule, Rules } from "./rule.ts";

/** Fills of a larger magnitude only mean "out of the way". */
const LARGEST_FILL = 10_000;
const BEYOND = 32;

/** A constant mask: what it keeps times 1, plus the constant where it does not. */
const lowerWhere: Rule = (node, ctx) => {
  const [maskName, yesName, noName] = node.inputs as [string, string, string];
  const [output] = node.outputs as [string];
  const mask = constantNumbers(ctx.graph, maskName);
  if (mask === undefined) throw new Refusal("its condition is computed", "use a constant mask, or arithmetic");
  const [yes, no] = [realConstant(ctx, yesName), realConstant(ctx, noName)];
  const keepsYes = no !== undefined;
  const fill = keepsYes ? no : yes;
  if (fill?.length !== 1) throw new Refusal("neither of its values is one constant");
  const dims = ctx.dims(output);
  const order = inOrder(dims.length);
  const x = broadcast(ctx.builder, ctx.stored(keepsYes ? yesName : noName), dims, order);
  const kept = mask.map((value) => ((value !== 0) === keepsYes ? 1 : 0));
  const flags = ctx.storeReals(kept, ctx.dims(maskName), { dtype: "i8", scale: 1, zeroPoint: 0 });
  const keep = broadcast(ctx.builder, flags, dims, order);
  const { builder } = ctx;
  const emit = (encoding: Encoding): ReturnType<typeof stored> => {
    const value = ctx.emit(x, encoding, true).value;
    const shaped = ctx.shaped(keep.value, value.dims);
    const zero = encoding.zeroPoint;
    const masked = builder.mul(value, shaped, { dtype: encoding.dtype, za: zero, zpOut: zero });
    const other = encode(fill[0]!, encoding) - zero;
    if (other === 0) return stored(masked, encoding, dims, order);
    const others = ctx.storeReals(
      kept.map((flag) => (1 - flag) * other),
      ctx.dims(maskName),
      { dtype: "i32", scale: 1, zeroPoint: 0 },
    );
    const addend = ctx.shaped(broadcast(builder, others, dims, order).value, value.dims);
    return stored(builder.add(masked, addend, { dtype: encoding.dtype, za: zero, zpOut: zero }), encoding, dims, order);
  };
  // A fill like −10^9 stands for minus infinity in front of a softmax, where e^−32 of the rest is nothing as well.
  if (!(Math.abs(fill[0]!) <= LARGEST_FILL)) {
    const { low, high } = ctx.encodings.range(keepsYes ? yesName : noName);
    ctx.set(output, emit(symmetric("i16", { low: low - BEYOND, high: high + BEYOND })));
    return "mul and add with constants, the fill limited";
  }
  ctx.set(output, { kind: "deferred", dims, emit });
  return "mul and add with constants";
};

export const WHERE_RULES: Rules = { Where: lowerWhere };
