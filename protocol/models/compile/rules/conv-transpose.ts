import type { Value } from "../../../tensor/builder.ts";
import type { GraphNode } from "../../graph/types.ts";
import { noLine, type Weights } from "../channel-parameters.ts";
import { deferContraction } from "../contraction.ts";
import type { Deferred } from "../lowered.ts";
import type { Lowering } from "../lowering.ts";
import { permuted, realConstant } from "../read-weights.ts";
import { Refusal } from "../refusal.ts";
import { arrange, type Stored, stored } from "../stored.ts";
import { stridedView } from "../strided-view.ts";
import { channelsLast, convolve, type ConvGeometry, geometryOf, imageDims } from "./conv.ts";
import { sliced } from "./layout.ts";
import type { Rule, Rules } from "./rule.ts";

/** From [C, O, kh·kw] to [kh·kw·O, C]. */
function tapsFirst(filters: number, taps: number, channels: number): (data: Float64Array) => Float64Array {
  return (data) =>
    permuted(data, (index) => {
      const channel = index % channels;
      const rest = Math.floor(index / channels);
      return (channel * filters + (rest % filters)) * taps + Math.floor(rest / filters);
    });
}

/** Every channel's value once for each tap. */
const forTaps = (values: ArrayLike<number>, taps: number): Float64Array =>
  Float64Array.from({ length: values.length * taps }, (_, at) => values[at % values.length]!);

/** Windows that do not overlap: a matmul to all taps of all channels, then channels to positions. */
function blocks(
  ctx: Lowering,
  x: Stored,
  dims: readonly number[],
  weights: Weights,
  [kh, kw]: readonly [number, number],
  bias: ArrayLike<number> | undefined,
): Deferred {
  const order = channelsLast(x.dims.length);
  const image = arrange(ctx.builder, x, order);
  const [n, height, width, channels] = imageDims(image);
  const taps = kh * kw;
  const filters = weights.channels / taps;
  const line = noLine(weights.channels);
  if (bias !== undefined) line.offset.set(forTaps(bias, taps));
  const spread = (product: Value): Value => {
    const row = kh * kw * filters;
    const axes = [
      { extent: n * height, stride: width * row },
      { extent: kh, stride: kw * filters },
      { extent: width, stride: row },
      { extent: kw * filters, stride: 1 },
    ];
    return stridedView(ctx.builder, product, axes, [n, height * kh, width * kw, filters]);
  };
  const contraction = deferContraction(ctx, {
    dims: [n, height, width, weights.channels],
    channelAxis: 3,
    input: x.encoding,
    weights,
    weightDims: [weights.channels, channels],
    line,
    append: (constant, options) =>
      ctx.builder.matmul(ctx.shaped(image.value, [n, height, width, channels]), constant, options),
  });
  const wrap = (inner: Deferred): Deferred => ({
    kind: "deferred",
    dims,
    emit: (encoding) => stored(spread(inner.emit(encoding).value), encoding, dims, order),
    perChannel(axis, gain, offset) {
      const changed = axis === 1 ? inner.perChannel?.(3, forTaps(gain, taps), forTaps(offset, taps)) : undefined;
      return changed && wrap(changed);
    },
  });
  return wrap(contraction);
}

/** From [C, O/g, kh·kw] to [O, kh·kw, C/g] with the taps in reverse. */
function reversed(
  channels: number,
  perGroup: number,
  taps: number,
  groups: number,
): (data: Float64Array) => Float64Array {
  const groupChannels = channels / groups;
  return (data) =>
    permuted(data, (index) => {
      const inner = index % groupChannels;
      const tap = taps - 1 - (Math.floor(index / groupChannels) % taps);
      const filter = Math.floor(index / groupChannels / taps);
      const group = Math.floor(filter / perGroup);
      return ((group * groupChannels + inner) * perGroup + (filter % perGroup)) * taps + tap;
    });
}

/** `steps − 1` zeros behind every element of an axis. */
function stuffed(ctx: Lowering, x: Stored, axis: number, steps: number): Stored {
  if (steps === 1) return x;
  const at = x.order.indexOf(axis);
  const extents = x.order.map((other) => x.dims[other]!);
  const product = (list: readonly number[]): number => list.reduce((all, extent) => all * extent, 1);
  const shape = [product(extents.slice(0, at)), extents[at]!, 1, product(extents.slice(at + 1))];
  const value = ctx.builder.pad(ctx.shaped(x.value, shape), [0, 0, 0, 0], [0, 0, steps - 1, 0], x.encoding.zeroPoint);
  return { ...x, value, dims: x.dims.map((extent, other) => (other === axis ? extent * steps : extent)) };
}

/** Overlapping windows: zeros between the elements, then a convolution with the kernel turned round. */
function overlapping(
  ctx: Lowering,
  x: Stored,
  dims: readonly number[],
  weights: Weights,
  geometry: ConvGeometry,
  bias: ArrayLike<number> | undefined,
): Deferred {
  let image = arrange(ctx.builder, x, channelsLast(x.dims.length));
  const spatial = x.dims.length - 2;
  const pads: [number, number, number, number] = [0, 0, 0, 0];
  for (const side of spatial === 1 ? ([1] as const) : ([0, 1] as const)) {
    const at = spatial === 1 ? 2 : side + 2;
    image = stuffed(ctx, image, at, geometry.strides[side]);
    const reach = geometry.dilations[side] * (geometry.kernel[side] - 1);
    const first = reach - geometry.pads[side];
    const last = dims[at]! - image.dims[at]! - first + reach;
    image = cropped(ctx, image, at, Math.max(0, -first), Math.max(0, -last));
    pads[side] = Math.max(0, first);
    pads[side + 2] = Math.max(0, last);
  }
  const inner: ConvGeometry = { ...geometry, strides: [1, 1], pads };
  return convolve(ctx, image, dims, weights, inner, bias);
}

function cropped(ctx: Lowering, x: Stored, axis: number, first: number, last: number): Stored {
  if (first === 0 && last === 0) return x;
  const only = (value: number, none: number): number[] => x.dims.map((_, at) => (at === axis ? value : none));
  const sizes = x.dims.map((extent, at) => (at === axis ? extent - first - last : extent));
  return sliced(ctx, x, only(first, 0), sizes, only(1, 1));
}

const lowerConvTranspose: Rule = (node: GraphNode, ctx) => {
  const [xName, wName, bName] = node.inputs as [string, string, string | undefined];
  const [channels, perGroup, ...kernel] = ctx.dims(wName) as [number, number, ...number[]];
  const [output] = node.outputs as [string];
  const geometry = geometryOf(node, kernel);
  const real = realConstant(ctx, wName);
  if (real === undefined) throw new Refusal("its weights are computed", "a convolution needs constant weights");
  const bias = realConstant(ctx, bName);
  const taps = geometry.kernel[0] * geometry.kernel[1];
  const dims = ctx.dims(output);
  const x = ctx.narrow(xName);
  const { strides, dilations, pads, groups } = geometry;
  const apart = strides.every((step, side) => step === geometry.kernel[side] && dilations[side] === 1);
  const fills = dims.slice(2).every((extent, at) => extent === x.dims[at + 2]! * strides[at + 4 - dims.length]!);
  if (apart && fills && groups === 1 && pads.every((pad) => pad === 0)) {
    const means = ctx.channelMeans.get(xName);
    const meanOf = means && ((_: number, tap: number): number => means[tap]!);
    const weights = { channels: perGroup * taps, real: tapsFirst(perGroup, taps, channels)(real), meanOf };
    ctx.set(output, blocks(ctx, x, dims, weights, geometry.kernel, bias));
    return "matmul, view";
  }
  const weights = { channels: perGroup * groups, real: reversed(channels, perGroup, taps, groups)(real) };
  ctx.set(output, overlapping(ctx, x, dims, weights, geometry, bias));
  return "views, conv2d";
};

export const CONV_TRANSPOSE_RULES: Rules = { ConvTranspose: lowerConvTranspose };
