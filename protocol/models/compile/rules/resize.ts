import type { GraphNode } from "../../graph/types.ts";
import { textOf } from "../attributes.ts";
import { noLine } from "../channel-parameters.ts";
import { deferContraction } from "../contraction.ts";
import { copyWeights, type Interpolation, linearWeights, nearestPositions } from "../interpolation.ts";
import type { Deferred } from "../lowered.ts";
import type { Lowering } from "../lowering.ts";
import { Refusal } from "../refusal.ts";
import { arrange, fourDims, memoryDims, product, type Stored, strideOfAxes } from "../stored.ts";
import { stridedView } from "../strided-view.ts";
import type { Rule, Rules } from "./rule.ts";

/** Interpolation weights are multiples of 2^-14: exact for the usual factors. */
const WEIGHT_BITS = 14;

/** Every element of an axis `times` times. */
function repeated(ctx: Lowering, x: Stored, axis: number, times: number): Stored {
  const strides = strideOfAxes(x);
  const axes = x.order.flatMap((at) => [
    { extent: x.dims[at]!, stride: strides[at]! },
    ...(at === axis ? [{ extent: times, stride: 0 }] : []),
  ]);
  const dims = x.dims.map((extent, at) => (at === axis ? extent * times : extent));
  const shape = fourDims(x.order.map((at) => dims[at]!));
  return { ...x, dims, value: stridedView(ctx.builder, x.value, axes, shape) };
}

/** One axis by weights [to, from], as a value that takes any encoding. */
function interpolated(ctx: Lowering, x: Stored, axis: number, weights: Interpolation): Deferred {
  const from = x.dims[axis]!;
  const to = weights.length / from;
  const order = [...x.order.filter((at) => at !== axis), axis];
  const rows = arrange(ctx.builder, x, order);
  const four = fourDims(memoryDims(rows));
  const exact = {
    dtype: "i16",
    data: Int16Array.from(weights, (weight) => Math.round(weight * 2 ** WEIGHT_BITS)),
    scales: new Float64Array(to).fill(2 ** -WEIGHT_BITS),
    zeroPoints: new Int32Array(to),
  } as const;
  return deferContraction(ctx, {
    dims: x.dims.map((extent, at) => (at === axis ? to : extent)),
    order,
    channelAxis: axis,
    input: x.encoding,
    weights: { channels: to, real: weights, exact },
    weightDims: [to, from],
    line: noLine(to),
    append(constant, options) {
      const shape = four[3] === from ? four : [1, 1, product(x.dims) / from, from];
      return ctx.builder.matmul(ctx.shaped(rows.value, shape), constant, options);
    },
  });
}

function weightsOf(node: GraphNode, mode: string, from: number, to: number): Interpolation {
  if (mode === "linear") return linearWeights(node, from, to);
  return copyWeights(nearestPositions(node, from, to), from);
}

const lowerResize: Rule = (node, ctx) => {
  const [name, output] = [node.inputs[0] as string, node.outputs[0] as string];
  const mode = textOf(node, "mode", "nearest");
  if (mode !== "nearest" && mode !== "linear") throw new Refusal(`it resizes by ${mode} interpolation`);
  const dims = ctx.dims(output);
  let x = ctx.narrow(name);
  const before = x.order;
  // Shrinking axes first leaves less to compute for the others, inner ones first copies longer runs.
  for (const axis of [...x.order].reverse()) {
    const [from, to] = [x.dims[axis]!, dims[axis]!];
    if (from === to) continue;
    const times = to / from;
    const isCopy = mode === "nearest" && Number.isInteger(times);
    if (isCopy && nearestPositions(node, from, to).every((at, index) => at === Math.floor(index / times))) {
      x = repeated(ctx, x, axis, times);
    } else {
      x = interpolated(ctx, x, axis, weightsOf(node, mode, from, to)).emit(x.encoding);
    }
  }
  ctx.set(output, arrange(ctx.builder, x, before));
  return mode === "nearest" ? "views, or matmul with constant positions" : "matmul with constant weights";
};

export const RESIZE_RULES: Rules = { Resize: lowerResize };
