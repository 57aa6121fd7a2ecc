import { tensor } from "../../../tensor/shape.ts";
import { numberOf } from "../attributes.ts";
import type { Lowering } from "../lowering.ts";
import { fourDims, inOrder, type Stored, stored } from "../stored.ts";
import { maxRows, rowsOver, sumLongRows } from "./reduce.ts";
import type { Rule, Rules } from "./rule.ts";

/** Powers are counted in 2^-30, sums of powers in 2^-15: their quotient counts in 2^-15. */
const POWER_BITS = 30;
const RESULT_BITS = 15;

/** e^(−k·scale) for k from n−1 down to 0 in 2^-30, down to the last one that is not 0. */
function powers(scale: number): Int32Array {
  const count = Math.min(Math.ceil(((POWER_BITS + 1) * Math.LN2) / scale) + 1, 2 ** 16);
  return Int32Array.from({ length: count }, (_, at) =>
    Math.round(Math.exp((at + 1 - count) * scale) * 2 ** POWER_BITS),
  );
}

/** Softmax of the rows of a matrix of at most 16 bits. */
function softmaxRows(ctx: Lowering, matrix: Stored): Stored {
  const { builder } = ctx;
  const shape = fourDims(matrix.dims);
  const x = ctx.shaped(matrix.value, shape);
  const most = builder.broadcast(maxRows(ctx, matrix).value, shape);
  const below = builder.sub(x, most, { dtype: "i32" });
  const entries = powers(matrix.encoding.scale);
  const table = ctx.constant(tensor("i32", [entries.length, 1], entries));
  const power = builder.lookup(below, table, entries.length - 1);
  const powerEncoding = { dtype: "i32", scale: 2 ** -POWER_BITS, zeroPoint: 0 } as const;
  const sums = sumLongRows(ctx, stored(power, powerEncoding, matrix.dims), 1).emit({
    dtype: "i32",
    scale: 2 ** -RESULT_BITS,
    zeroPoint: 0,
  });
  const quotient = builder.div(power, builder.broadcast(sums.value, shape), "i16");
  return stored(quotient, { dtype: "i16", scale: 2 ** -RESULT_BITS, zeroPoint: 0 }, matrix.dims);
}

const lowerSoftmax: Rule = (node, ctx) => {
  const [name, output] = [node.inputs[0] as string, node.outputs[0] as string];
  const x = ctx.narrow(name);
  const axis = numberOf(node, "axis", x.dims.length - 1);
  const { matrix, kept } = rowsOver(ctx, x, [axis < 0 ? axis + x.dims.length : axis]);
  const rest = inOrder(x.dims.length).filter((at) => !kept.includes(at));
  const result = softmaxRows(ctx, matrix);
  ctx.set(output, stored(result.value, result.encoding, x.dims, [...kept, ...rest]));
  return "reduceMax, table, matmul with ones, div";
};

export const SOFTMAX_RULES: Rules = { Softmax: lowerSoftmax };
