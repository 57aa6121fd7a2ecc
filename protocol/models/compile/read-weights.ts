import type { Lowering } from "./lowering.ts";
import type { Weights } from "./channel-parameters.ts";
import { constantNumbers, dequantizedConstant, exactWeights } from "./model-scales.ts";
import { Refusal } from "./refusal.ts";

/** Puts elements into another order: element i of the result is element `from(i)`. */
export function permuted(data: Float64Array, from: (index: number) => number): Float64Array {
  return Float64Array.from(data, (_, index) => data[from(index)]!);
}

/**
 * The constant weights `name` as [channels, taps]; `order` arranges the elements. Undefined where they are computed.
 */
export function readWeights(
  ctx: Lowering,
  name: string,
  channels: number,
  order: (data: Float64Array) => Float64Array,
): Weights | undefined {
  const plain = constantNumbers(ctx.graph, name);
  if (plain !== undefined) return { channels, real: order(plain) };
  const parts = dequantizedConstant(ctx.graph, ctx.uses, name);
  if (parts === undefined) return undefined;
  const exact = exactWeights(ctx.graph, parts, channels, order);
  if (exact === undefined) {
    throw new Refusal("the scales of its weights are neither one nor one for each output channel");
  }
  return { channels, real: realOf(exact, channels), exact };
}

/** Real weights of a model's own integers. */
export function realOf(exact: NonNullable<Weights["exact"]>, channels: number): Float64Array {
  const taps = exact.data.length / channels;
  return Float64Array.from({ length: exact.data.length }, (_, i) => {
    const n = Math.floor(i / taps);
    return exact.scales[n]! * (exact.data[i]! - exact.zeroPoints[n]!);
  });
}

/** Real values of a constant input or of a dequantised one, undefined of a computed or left-out one. */
export function realConstant(ctx: Lowering, name: string | undefined): Float64Array | undefined {
  if (name === undefined || name === "") return undefined;
  const plain = constantNumbers(ctx.graph, name);
  if (plain !== undefined) return plain;
  const parts = dequantizedConstant(ctx.graph, ctx.uses, name);
  if (parts === undefined) return undefined;
  const [data, scales, zeros] = parts.map((part) => constantNumbers(ctx.graph, part));
  const each = (list: Float64Array | undefined, i: number, none: number): number => {
    if (list === undefined) return none;
    if (list.length !== 1 && list.length !== data!.length) {
      throw new Refusal("a dequantised constant has scales of an axis");
    }
    return list.length === 1 ? list[0]! : list[i]!;
  };
  return data!.map((value, i) => each(scales, i, 1) * (value - each(zeros, i, 0)));
}
