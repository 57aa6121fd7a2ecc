import { allocate, dtypeMin, maxAbs } from "../../tensor/dtype.ts";
import { EXACT, halfEvenDivSmall, saturate } from "../../tensor/numbers.ts";
import { attr, tensorAt } from "../../tensor/ops/operator.ts";
import { tapsAt, type Window } from "../../tensor/ops/window.ts";
import { elementCount } from "../../tensor/shape.ts";
import type { ProgramNode, Tensor, TypedData } from "../../tensor/types.ts";
import type { FastOp, NodeKernel } from "./fast-op.ts";

/** Channels that are pooled together: one unit of the loop, so that a pixel of many channels is no long stretch. */
const BLOCK = 1024;

/** Maximum over the real taps, the channels of a block side by side. */
export const maxPool: FastOp = (node, operands) => {
  const x = tensorAt(operands, 0);
  const out = allocate(node.dtype, elementCount(node.dims));
  const least = dtypeMin(node.dtype);
  return poolKernel(node, x, out, (taps, to, channels) => {
    out.fill(least, to, to + channels);
    taps((from) => {
      for (let c = 0; c < channels; c++) {
        const value = x.data[from + c] as number;
        if (value > (out[to + c] as number)) out[to + c] = value;
      }
    });
  });
};

/** sat(zp + halfEven((Σ − count·zp) / count)) over the real taps. */
export const avgPool: FastOp = (node, operands) => {
  const x = tensorAt(operands, 0);
  const zp = attr(node, 8);
  // Twice the sum, because the rounding doubles a remainder.
  if (2 * attr(node, 0) * attr(node, 1) * maxAbs(x.dtype, zp) >= EXACT) return undefined;
  const sums = new Float64Array(BLOCK);
  const out = allocate(node.dtype, elementCount(node.dims));
  return poolKernel(node, x, out, (taps, to, channels) => {
    sums.fill(0);
    const count = taps((from) => {
      for (let c = 0; c < channels; c++) (sums[c] as number) += (x.data[from + c] as number) - zp;
    });
    for (let c = 0; c < channels; c++) {
      out[to + c] = saturate(zp + halfEvenDivSmall(sums[c] as number, count), node.dtype);
    }
  });
};

/** Calls `visit` with the index in X of a block's first channel, for every real tap; gives their number. */
type Taps = (visit: (from: number) => void) => number;

/** A loop over the blocks of channels of all output pixels; `pool` computes the `channels` elements from `to` on. */
function poolKernel(
  node: ProgramNode,
  x: Tensor,
  data: TypedData,
  pool: (taps: Taps, to: number, channels: number) => void,
): NodeKernel {
  const window: Window = {
    kernel: [attr(node, 0), attr(node, 1)],
    stride: [attr(node, 2), attr(node, 3)],
    pad: [attr(node, 4), attr(node, 5), attr(node, 6), attr(node, 7)],
    dilation: [1, 1],
  };
  const [images, lines, columns, channels] = node.dims;
  const [, height, width] = x.dims;
  const blocks = Math.ceil(channels / BLOCK);
  const one = (unit: number): void => {
    const pixel = Math.floor(unit / blocks);
    const first = (unit % blocks) * BLOCK;
    const row = Math.floor(pixel / columns);
    const image = Math.floor(row / lines);
    const real = tapsAt(window, x.dims, image, row % lines, pixel % columns);
    const taps: Taps = (visit) => {
      for (let r = 0; r < real.rows; r++) {
        let from = ((image * height + real.y + r) * width + real.x) * channels + first;
        for (let c = 0; c < real.columns; c++, from += channels) visit(from);
      }
      return real.rows * real.columns;
    };
    pool(taps, pixel * channels + first, Math.min(BLOCK, channels - first));
  };
  return {
    data,
    units: images * lines * columns * blocks,
    run(from, to) {
      for (let unit = from; unit < to; unit++) one(unit);
    },
  };
}
