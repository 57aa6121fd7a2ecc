import { tensorType } from "../../../tensor/shape.ts";
import type { GraphNode } from "../../graph/types.ts";
import type { Encoding } from "../../quantize/encoding.ts";
import { integers } from "../../quantize/encoding.ts";
import { listOf, numberOf } from "../attributes.ts";
import { type ExactWeights, noLine } from "../channel-parameters.ts";
import { deferContraction } from "../contraction.ts";
import type { Deferred } from "../lowered.ts";
import type { Lowering } from "../lowering.ts";
import { Refusal } from "../refusal.ts";
import { arrange, inOrder, product, sameOrder, type Stored, stored } from "../stored.ts";
import { stepFits } from "../step-fits.ts";
import { channelsLast, imageDims } from "./conv.ts";
import { reshaped } from "./reshape.ts";
import type { Rule, Rules } from "./rule.ts";

/** Ones that count `scale` each: what sums a row. */
export function ones(count: number, scale: number): { channels: 1; real: Float64Array; exact: ExactWeights } {
  const exact = {
    dtype: "i8",
    data: new Int8Array(count).fill(1),
    scales: Float64Array.of(scale),
    zeroPoints: Int32Array.of(0),
  } as const;
  return { channels: 1, real: new Float64Array(count).fill(scale), exact };
}

/** Σ of the rows of [rows, terms] times `scale`, one a row, as a value that takes any encoding. */
export function sumRows(ctx: Lowering, x: Stored, scale: number): Deferred {
  const [rows, terms] = x.dims as [number, number];
  return deferContraction(ctx, {
    dims: [rows, 1],
    channelAxis: -1,
    input: x.encoding,
    weights: ones(terms, scale),
    weightDims: [1, terms],
    line: noLine(1),
    append: (weights, options) => ctx.builder.matmul(ctx.shaped(x.value, [1, 1, rows, terms]), weights, options),
  });
}

function sumFits(x: Stored, terms: number): boolean {
  const type = tensorType("i32", [1, 1, 2 ** 20, 1]);
  const a = tensorType(x.encoding.dtype, [1, 1, 2 ** 9, terms]);
  return stepFits("matmul", type, [a, tensorType("i8", [1, terms]), tensorType("i32", [1, 4])], []);
}

/**
 * sumRows in two steps where the rows are too long to be judged at once. The first sums of up to 16 bits are exact; of 32
 * bits they count in 2^15 steps of the operand, so that they have room.
 */
export function sumLongRows(ctx: Lowering, x: Stored, scale: number): Deferred {
  const [rows, terms] = x.dims as [number, number];
  if (sumFits(x, terms)) return sumRows(ctx, x, scale);
  let part = Math.floor(Math.sqrt(terms));
  while (terms % part !== 0) part--;
  const length = terms / part;
  if (!sumFits(x, length)) throw new Refusal(`it sums ${terms} elements, which no step can judge`);
  const short = stored(x.value, x.encoding, [rows * part, length]);
  const scaleOfSums = x.encoding.scale * (x.encoding.dtype === "i32" ? 2 ** 15 : 1);
  const sums = sumRows(ctx, short, 1).emit({ dtype: "i32", scale: scaleOfSums, zeroPoint: 0 });
  return sumRows(ctx, stored(sums.value, sums.encoding, [rows, part]), scale);
}

/** The value as a matrix whose rows are what is reduced, and the axes that stay, in memory order. */
export function rowsOver(ctx: Lowering, x: Stored, axes: readonly number[]): { matrix: Stored; kept: number[] } {
  const kept = x.order.filter((axis) => !axes.includes(axis));
  const order = [...kept, ...x.order.filter((axis) => axes.includes(axis))];
  const { value } = arrange(ctx.builder, x, order);
  const terms = product(axes.map((axis) => x.dims[axis]!));
  return { matrix: stored(value, x.encoding, [product(x.dims) / terms, terms]), kept };
}

/** The result of a reduction of rows with the reduced axes as extents of 1. */
function afterRows(x: Stored, kept: readonly number[], axes: readonly number[], rows: Stored): Stored {
  const dims = x.dims.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return stored(rows.value, rows.encoding, dims, [...kept, ...axes]);
}

/** The mean over height and width as one pooling window, where a step can judge it and 16 bits hold it well. */
function pooledMean(ctx: Lowering, x: Stored, axes: readonly number[]): Stored | undefined {
  const order = channelsLast(4);
  if (x.dims.length !== 4 || [...axes].sort().join() !== "2,3" || x.encoding.dtype !== "i16") return undefined;
  if (!sameOrder(x.dims, x.order, order)) return undefined;
  const shape = imageDims({ ...x, order });
  const kernel = [shape[1], shape[2]] as const;
  const type = tensorType("i16", [shape[0], 1, 1, shape[3]]);
  if (!stepFits("avgPool", type, [tensorType("i16", shape)], [...kernel, ...kernel])) return undefined;
  const value = ctx.builder.avgPool(ctx.shaped(x.value, shape), { kernel });
  return stored(value, x.encoding, [x.dims[0]!, x.dims[1]!, 1, 1], order);
}

/** Σ or mean of a value over some axes, those kept with extent 1. */
export function reduced(ctx: Lowering, x: Stored, axes: readonly number[], isMean: boolean): Stored | Deferred {
  const pooled = isMean ? pooledMean(ctx, x, axes) : undefined;
  if (pooled !== undefined) return pooled;
  const { matrix, kept } = rowsOver(ctx, x, axes);
  const sums = sumLongRows(ctx, matrix, isMean ? 1 / matrix.dims[1]! : 1);
  const dims = x.dims.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return { kind: "deferred", dims, emit: (encoding: Encoding) => afterRows(x, kept, axes, sums.emit(encoding)) };
}

const axesOf = (node: GraphNode, x: Stored): readonly number[] =>
  listOf(node, "axes", inOrder(x.dims.length)).map((axis) => (axis < 0 ? axis + x.dims.length : axis));

const lowerSum =
  (isMean: boolean): Rule =>
  (node, ctx) => {
    const [name, output] = [node.inputs[0] as string, node.outputs[0] as string];
    const x = ctx.stored(name);
    const result = reduced(ctx, x, axesOf(node, x), isMean);
    const dims = ctx.dims(output);
    if (result.kind === "stored") {
      ctx.set(output, reshaped(ctx, result, dims));
      return "avgPool";
    }
    ctx.set(output, { kind: "deferred", dims, emit: (encoding) => reshaped(ctx, result.emit(encoding), dims) });
    return "matmul with ones";
  };

/** Largest element of every row, in two steps where rows are too long. */
export function maxRows(ctx: Lowering, matrix: Stored): Stored {
  const [rows, terms] = matrix.dims as [number, number];
  const fits = (length: number): boolean =>
    stepFits(
      "reduceMax",
      tensorType("i32", [1, 1, rows, 1]),
      [tensorType(matrix.encoding.dtype, [1, 1, rows, length])],
      [1],
    );
  let part = 1;
  while (terms % part !== 0 || !fits(terms / part)) part++;
  const short = ctx.builder.reduceMax(ctx.shaped(matrix.value, [1, 1, rows * part, terms / part]), 1);
  const value = part === 1 ? short : ctx.builder.reduceMax(ctx.shaped(short, [1, 1, rows, part]), 1);
  return stored(value, matrix.encoding, [rows, 1]);
}

const lowerMax: Rule = (node, ctx) => {
  const x = ctx.stored(node.inputs[0] as string);
  const axes = axesOf(node, x);
  const { matrix, kept } = rowsOver(ctx, x, axes);
  const output = node.outputs[0] as string;
  ctx.set(output, reshaped(ctx, afterRows(x, kept, axes, maxRows(ctx, matrix)), ctx.dims(output)));
  return "reduceMax";
};

const lowerArgMax: Rule = (node, ctx) => {
  if (numberOf(node, "select_last_index", 0) !== 0) throw new Refusal("it asks for the last of equal elements");
  const x = ctx.stored(node.inputs[0] as string);
  const axes = [numberOf(node, "axis", 0)];
  const { matrix, kept } = rowsOver(ctx, x, axes);
  const [rows, terms] = matrix.dims as [number, number];
  const value = ctx.builder.argmax(ctx.shaped(matrix.value, [1, 1, rows, terms]));
  const output = node.outputs[0] as string;
  const found = stored(value, integers("i32"), [rows, 1]);
  ctx.set(output, reshaped(ctx, afterRows(x, kept, axes, found), ctx.dims(output)));
  return "argmax";
};

export const REDUCE_RULES: Rules = {
  ReduceMean: lowerSum(true),
  ReduceSum: lowerSum(false),
  ReduceMax: lowerMax,
  ArgMax: lowerArgMax,
};
