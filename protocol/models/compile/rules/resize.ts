import { finish } from "../../float/kernel.ts";
import { runKernel } from "../../float/kernels.ts";
import type { GraphNode } from "../../graph/types.ts";
import { listOf, textOf } from "../attributes.ts";
import { noLine } from "../channel-parameters.ts";
import { deferContraction } from "../contraction.ts";
import type { Deferred } from "../lowered.ts";
import type { Lowering } from "../lowering.ts";
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
function interpolated(ctx: Lowering, x: Stored, axis: number, weights: Float64Array): Deferred {
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

/** Weights of the old positions of one axis for each new one, [to, from]: what the float operator makes of unit vectors. */
function weightsOf(node: GraphNode, axis: number, from: number, to: number): Float64Array {
  const units = new Float32Array(from * from).map((_, at) => (at % (from + 1) === 0 ? 1 : 0));
  const attributes = new Map(node.attributes);
  attributes.set("sizes", [from, to]);
  attributes.set("scales", [1, listOf(node, "scales")[axis] ?? to / from]);
  const [made] = finish(
    runKernel({
      op: node.op,
      name: node.name,
      attributes,
      inputs: [{ type: "f32", dims: [from, from], data: units }],
      outputs: [{ type: "f32", dims: [from, to] }],
    }),
  );
  const { data } = made as { readonly data: Float32Array };
  return Float64Array.from(data, (_, at) => data[(at % from) * to + Math.floor(at / from)]!);
}

/** True if new position i is old position ⌊i / times⌋. */
function copiesEvenly(weights: Float64Array, from: number, times: number): boolean {
  if (!Number.isInteger(times)) return false;
  return weights.every((weight, at) => weight === (Math.floor(Math.floor(at / from) / times) === at % from ? 1 : 0));
}

const lowerResize: Rule = (node, ctx) => {
  const [name, output] = [node.inputs[0] as string, node.outputs[0] as string];
  const dims = ctx.dims(output);
  let x = ctx.narrow(name);
  const before = x.order;
  for (const axis of [...x.order].reverse()) {
    const [from, to] = [x.dims[axis]!, dims[axis]!];
    if (from === to) continue;
    const weights = weightsOf(node, axis, from, to);
    x = copiesEvenly(weights, from, to / from)
      ? repeated(ctx, x, axis, to / from)
      : interpolated(ctx, x, axis, weights).emit(x.encoding);
  }
  ctx.set(output, arrange(ctx.builder, x, before));
  return textOf(node, "mode", "nearest") === "nearest" ? "views, or matmul with ones" : "matmul with constant weights";
};

export const RESIZE_RULES: Rules = { Resize: lowerResize };
