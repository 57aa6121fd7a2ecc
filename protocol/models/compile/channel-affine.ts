import { deferContraction } from "./contraction.ts";
import type { Deferred } from "./lowered.ts";
import type { Lowering } from "./lowering.ts";
import { arrange, fourDims, memoryDims, type Stored } from "./stored.ts";

/** y = gain[c] · x + offset[c] along `axis` of a stored value: a convolution of one tap with a group for each channel. */
export function channelAffine(
  ctx: Lowering,
  x: Stored,
  axis: number,
  gain: Float64Array,
  offset: Float64Array,
): Deferred {
  const order = [...x.order.filter((at) => at !== axis), axis];
  const image = arrange(ctx.builder, x, order);
  const channels = x.dims[axis]!;
  const four = fourDims(memoryDims(image));
  return deferContraction(ctx, {
    dims: x.dims,
    order,
    channelAxis: axis,
    input: x.encoding,
    // A tap of 16 bits leaves the offset fine steps.
    weights: { channels, real: new Float64Array(channels).fill(1), width: "i16" },
    weightDims: [channels, 1, 1, 1],
    line: { gain, offset },
    append: (weights, options) =>
      ctx.builder.conv2d(ctx.shaped(image.value, four), weights, { ...options, groups: channels }),
  });
}
