import { allocate, dtypeMin, maxAbs } from "../../tensor/dtype.ts";
import { EXACT, halfEvenDivSmall, saturate } from "../../tensor/numbers.ts";
import { attr, tensorAt } from "../../tensor/ops/operator.ts";
import { tapsAt, type Window } from "../../tensor/ops/window.ts";
import { elementCount } from "../../tensor/shape.ts";
import type { ProgramNode, Tensor } from "../../tensor/types.ts";
import type { FastOp } from "./fast-op.ts";

/** Maximum over the real taps, all channels of a pixel side by side. */
export const maxPool: FastOp = (node, operands) => {
  const x = tensorAt(operands, 0);
  const out = allocate(node.dtype, elementCount(node.dims));
  out.fill(dtypeMin(node.dtype));
  const channels = x.dims[3];
  eachTap(node, x, (from, to) => {
    for (let c = 0; c < channels; c++) {
      const value = x.data[from + c] as number;
      if (value > (out[to + c] as number)) out[to + c] = value;
    }
  });
  return out;
};

/** sat(zp + halfEven((Σ − count·zp) / count)) over the real taps. */
export const avgPool: FastOp = (node, operands) => {
  const x = tensorAt(operands, 0);
  const zp = attr(node, 8);
  // Twice the sum, because the rounding doubles a remainder.
  if (2 * attr(node, 0) * attr(node, 1) * maxAbs(x.dtype, zp) >= EXACT) return undefined;
  const channels = x.dims[3];
  const sums = new Float64Array(elementCount(node.dims));
  const counts = new Float64Array(sums.length / channels);
  eachTap(node, x, (from, to) => {
    (counts[to / channels] as number)++;
    for (let c = 0; c < channels; c++) (sums[to + c] as number) += (x.data[from + c] as number) - zp;
  });
  const out = allocate(node.dtype, sums.length);
  for (let pixel = 0, i = 0; pixel < counts.length; pixel++) {
    for (let c = 0; c < channels; c++, i++) {
      out[i] = saturate(zp + halfEvenDivSmall(sums[i] as number, counts[pixel] as number), node.dtype);
    }
  }
  return out;
};

/** Calls `visit` with the first channel's index in X and in the output, for every real tap of every output pixel. */
function eachTap(node: ProgramNode, x: Tensor, visit: (from: number, to: number) => void): void {
  const window: Window = {
    kernel: [attr(node, 0), attr(node, 1)],
    stride: [attr(node, 2), attr(node, 3)],
    pad: [attr(node, 4), attr(node, 5), attr(node, 6), attr(node, 7)],
    dilation: [1, 1],
  };
  const [images, lines, columns, channels] = node.dims;
  const [, height, width] = x.dims;
  let to = 0;
  for (let image = 0; image < images; image++) {
    for (let line = 0; line < lines; line++) {
      for (let column = 0; column < columns; column++, to += channels) {
        const taps = tapsAt(window, x.dims, image, line, column);
        for (let r = 0; r < taps.rows; r++) {
          for (let c = 0; c < taps.columns; c++) {
            visit(((image * height + taps.y + r) * width + taps.x + c) * channels, to);
          }
        }
      }
    }
  }
}
