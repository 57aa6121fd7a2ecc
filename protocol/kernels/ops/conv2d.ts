import { allocate } from "../../tensor/dtype.ts";
import { contractionBound } from "../../tensor/ops/contraction.ts";
import { attr, tensorAt } from "../../tensor/ops/operator.ts";
import { fitsNumber } from "../../tensor/ops/rules.ts";
import { tapsAt, type Window } from "../../tensor/ops/window.ts";
import { elementCount } from "../../tensor/shape.ts";
import type { ProgramNode, Tensor } from "../../tensor/types.ts";
import { contractionScales } from "../contraction/scales.ts";
import { rowRescaler } from "../rescale.ts";
import type { FastOp } from "./fast-op.ts";

/**
 * Convolutions that no device takes: of few channels a group (depthwise ones above all), where a dispatch per group would
 * move more data than it multiplies, and of wide elements.
 */
export const conv2d: FastOp = (node, operands) => {
  const [x, w, table] = [tensorAt(operands, 0), tensorAt(operands, 1), tensorAt(operands, 2)];
  const terms = w.dims[1] * w.dims[2] * w.dims[3];
  if (!fitsNumber(contractionBound(x, attr(node, 0), w, terms))) return undefined;
  const scales = contractionScales(node, table.data);
  const rescale = rowRescaler(scales);
  const weights = tapMajor(w, scales.zb);
  const [images, lines, columns, channels] = node.dims;
  const data = allocate(node.dtype, elementCount(node.dims));
  const sums = new Float64Array(channels);
  return {
    data,
    units: images * lines * columns,
    run(from, to) {
      for (let pixel = from; pixel < to; pixel++) {
        const row = Math.floor(pixel / columns);
        sums.fill(0);
        addTaps(node, x, weights, [Math.floor(row / lines), row % lines, pixel % columns], sums);
        rescale(sums, 1, data, pixel * channels);
      }
    },
  };
};

/** Weights minus their zero points, by kernel tap, then channel in the group, then output channel. */
function tapMajor(w: Tensor, zb: Float64Array): Float64Array {
  const [channels, , , depth] = w.dims;
  const taps = w.dims[1] * w.dims[2];
  const weights = new Float64Array(w.data.length);
  let i = 0;
  for (let n = 0; n < channels; n++) {
    for (let tap = 0; tap < taps; tap++) {
      for (let c = 0; c < depth; c++, i++) {
        weights[(tap * depth + c) * channels + n] = (w.data[i] as number) - (zb[n] as number);
      }
    }
  }
  return weights;
}

/** Adds every product of one output pixel to its channels' sums, all channels of a tap side by side. */
function addTaps(
  node: ProgramNode,
  x: Tensor,
  weights: Float64Array,
  [image, line, column]: readonly [number, number, number],
  sums: Float64Array,
): void {
  const za = attr(node, 0);
  const window = windowOf(node);
  const channels = node.dims[3];
  const [, height, width, inputs] = x.dims;
  const depth = inputs / attr(node, 10);
  const groupChannels = channels / attr(node, 10);
  const taps = tapsAt(window, x.dims, image, line, column);
  for (let r = 0; r < taps.rows; r++) {
    for (let c = 0; c < taps.columns; c++) {
      const y = taps.y + r * window.dilation[0];
      const from = ((image * height + y) * width + taps.x + c * window.dilation[1]) * inputs;
      const tap = ((taps.ky + r) * window.kernel[1] + taps.kx + c) * depth;
      for (let k = 0; k < depth; k++) {
        const row = (tap + k) * channels;
        for (let n = 0, group = 0; n < channels; group += depth) {
          const value = (x.data[from + group + k] as number) - za;
          for (const end = n + groupChannels; n < end; n++) {
            (sums[n] as number) += value * (weights[row + n] as number);
          }
        }
      }
    }
  }
}

function windowOf(node: ProgramNode): Window {
  const [, kernelHeight, kernelWidth] = node.operands[1]?.dims ?? [1, 1, 1, 1];
  return {
    kernel: [kernelHeight, kernelWidth],
    stride: [attr(node, 2), attr(node, 3)],
    pad: [attr(node, 4), attr(node, 5), attr(node, 6), attr(node, 7)],
    dilation: [attr(node, 8), attr(node, 9)],
  };
}
