import { tensorType } from "../../../tensor/shape.ts";
import type { GraphNode } from "../../graph/types.ts";
import { noLine, type Weights } from "../channel-parameters.ts";
import { listOf, numberOf } from "../attributes.ts";
import { deferContraction } from "../contraction.ts";
import type { Deferred } from "../lowered.ts";
import type { Lowering } from "../lowering.ts";
import { permuted, readWeights, realConstant } from "../read-weights.ts";
import { Refusal } from "../refusal.ts";
import { arrange, memoryDims, type Stored } from "../stored.ts";
import { stepFits } from "../step-fits.ts";
import type { Rules } from "./rule.ts";

type Pair = readonly [number, number];
type Quad = readonly [number, number, number, number];

/** A convolution over height and width; one of one axis has a height of 1. */
export interface ConvGeometry {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Top, left, bottom, right. */
  readonly pads: Quad;
  readonly groups: number;
}

/** Two numbers for one or two spatial axes. */
function pair(list: readonly number[], rank: number, none: number): Pair {
  if (list.length === 0) return [none, none];
  return rank === 1 ? [none, list[0]!] : [list[0]!, list[1]!];
}

/** The window of a convolution or a pool in canonical form. Throws Refusal for other than one or two spatial axes. */
export function geometryOf(node: GraphNode, kernel: readonly number[]): ConvGeometry {
  const rank = kernel.length;
  if (rank !== 1 && rank !== 2) {
    throw new Refusal(`it has ${rank} spatial axes`, "models over one or two axes are supported");
  }
  const pads = listOf(node, "pads");
  const [first, last] = [pair(pads.slice(0, rank), rank, 0), pair(pads.slice(rank), rank, 0)];
  return {
    kernel: pair(kernel, rank, 1),
    strides: pair(listOf(node, "strides"), rank, 1),
    dilations: pair(listOf(node, "dilations"), rank, 1),
    pads: [first[0], first[1], last[0], last[1]],
    groups: numberOf(node, "group", 1),
  };
}

/** Memory order of N, C and one or two spatial axes with the channels last. */
export const channelsLast = (rank: number): number[] => (rank === 3 ? [0, 2, 1] : [0, 2, 3, 1]);

/** [N,H,W,C] of a value in that order. */
export function imageDims(x: Stored): [number, number, number, number] {
  const dims = memoryDims(x);
  if (dims.length === 3) return [dims[0]!, 1, dims[1]!, dims[2]!];
  return [dims[0]!, dims[1]!, dims[2]!, dims[3]!];
}

/** From [O, C, kh·kw] to [O, kh·kw, C]. */
export function channelsInnermost(channels: number, taps: number): (data: Float64Array) => Float64Array {
  return (data) =>
    permuted(data, (index) => {
      const channel = index % channels;
      const rest = Math.floor(index / channels);
      return (Math.floor(rest / taps) * channels + channel) * taps + (rest % taps);
    });
}

/** Refuses windows that reach over more than one step of a dispute can judge. */
function requireStep(x: Stored, shape: Quad, weights: Weights, { kernel, dilations, groups }: ConvGeometry): void {
  const operands = [
    tensorType(x.encoding.dtype, shape),
    tensorType("i16", [weights.channels, kernel[0], kernel[1], shape[3] / groups]),
    tensorType("i32", [weights.channels, 4]),
  ];
  const attributes = [0, 0, 1, 1, 0, 0, 0, 0, ...dilations, groups];
  if (stepFits("conv2d", tensorType("i16", [1, 1, 1, weights.channels]), operands, attributes)) return;
  const terms = weights.real.length / weights.channels;
  throw new Refusal(
    `one element sums ${terms} products, more than one step can judge`,
    "split its channels, or use i8 activations",
  );
}

/** A convolution of `x` with weights [O, kh·kw·C] as a value that takes any encoding. */
export function convolve(
  ctx: Lowering,
  x: Stored,
  dims: readonly number[],
  weights: Weights,
  geometry: ConvGeometry,
  bias: ArrayLike<number> | undefined,
): Deferred {
  const order = channelsLast(x.dims.length);
  const image = arrange(ctx.builder, x, order);
  const shape = imageDims(image);
  const { kernel, strides, dilations, pads, groups } = geometry;
  const reach = [dilations[0] * (kernel[0] - 1), dilations[1] * (kernel[1] - 1)] as const;
  requireStep(x, shape, weights, geometry);
  const line = noLine(weights.channels);
  if (bias !== undefined) line.offset.set(bias);
  return deferContraction(ctx, {
    dims,
    order,
    channelAxis: 1,
    input: x.encoding,
    weights,
    weightDims: [weights.channels, kernel[0], kernel[1], shape[3] / groups],
    line,
    append(constant, options) {
      let value = ctx.shaped(image.value, shape);
      // A window holds at least one element, so that wider frames are elements of their own.
      const isWide = pads.some((pad, side) => pad > reach[(side % 2) as 0 | 1]);
      if (isWide) {
        const [top, left, bottom, right] = pads;
        value = ctx.builder.pad(value, [0, top, left, 0], [0, bottom, right, 0], x.encoding.zeroPoint);
      }
      const placement = { stride: strides, dilation: dilations, groups };
      return ctx.builder.conv2d(value, constant, { ...options, ...placement, pad: isWide ? [0, 0, 0, 0] : pads });
    },
  });
}

function lowerConv(node: GraphNode, ctx: Lowering): string {
  const [xName, wName, bName] = node.inputs as [string, string, string | undefined];
  const [channels, perGroup, ...kernel] = ctx.dims(wName) as [number, number, ...number[]];
  const taps = kernel.reduce((all, extent) => all * extent, 1);
  const weights = readWeights(ctx, wName, channels, channelsInnermost(perGroup, taps));
  if (weights === undefined) throw new Refusal("its weights are computed", "a convolution needs constant weights");
  const geometry = geometryOf(node, kernel);
  const bias = realConstant(ctx, bName);
  if (bias === undefined && bName !== undefined && bName !== "") throw new Refusal("its bias is computed");
  const [output] = node.outputs as [string];
  const means = ctx.channelMeans.get(xName);
  const perFilter = channels / geometry.groups;
  const meanOf = (channel: number, tap: number): number =>
    means![Math.floor(channel / perFilter) * perGroup + (tap % perGroup)]!;
  const known = means === undefined ? weights : { ...weights, meanOf };
  ctx.set(output, convolve(ctx, ctx.narrow(xName), ctx.dims(output), known, geometry, bias));
  return geometry.groups > 1 ? `conv2d in ${geometry.groups} groups` : "conv2d";
}

export const CONV_RULES: Rules = { Conv: lowerConv };
