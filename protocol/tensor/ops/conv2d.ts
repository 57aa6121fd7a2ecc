import { elementCount } from "../shape.ts";
import type { ProgramNode } from "../types.ts";
import {
  channelParameters,
  contractionBound,
  dot,
  requireContraction,
  rescale,
  tableRange,
  tableRead,
  termsGas,
  wideDot,
  type ChannelParameters,
} from "./contraction.ts";
import { aligned, attr, operandAt, tensorAt, type Operator } from "./operator.ts";
import { fitsNumber, requireRank } from "./rules.ts";
import { position, requireWindow, tapsAt, type Taps, type Window } from "./window.ts";

const FIELDS = { kernel: ["operand 1.dims", "operand 1.dims"], stride: 2, pad: 4, dilation: 8 } as const;

function windowOf(node: ProgramNode): Window {
  const [, height, width] = operandAt(node, 1).dims;
  return {
    kernel: [height, width],
    stride: [attr(node, 2), attr(node, 3)],
    pad: [attr(node, 4), attr(node, 5), attr(node, 6), attr(node, 7)],
    dilation: [attr(node, 8), attr(node, 9)],
  };
}

/** Multiply-accumulates of one output element, padded taps included. */
function termsOf(node: ProgramNode): number {
  const [, height, width, channels] = operandAt(node, 1).dims;
  return height * width * channels;
}

/** Runs of terms that lie side by side in X: the rows of the kernel, or its taps where something lies between them. */
function runsOf(node: ProgramNode): number {
  const [, height, width, channels] = operandAt(node, 1).dims;
  const adjoin = attr(node, 9) * operandAt(node, 0).dims[3] === channels;
  return adjoin ? height : height * width;
}

/** Everything about one output element except its values. */
interface Place {
  readonly channel: number;
  readonly taps: Taps;
  /** Flat index in X of the first real tap's first channel; meaningless without real taps. */
  readonly first: number;
}

function place(node: ProgramNode): (out: number) => Place {
  const x = operandAt(node, 0).dims;
  const window = windowOf(node);
  const groupChannels = operandAt(node, 1).dims[3];
  const groupOutputs = node.dims[3] / attr(node, 10);
  return (out) => {
    const { image, row, column, channel } = position(node.dims, out);
    const taps = tapsAt(window, x, image, row, column);
    const offset = Math.floor(channel / groupOutputs) * groupChannels;
    const first = ((image * x[1] + taps.y) * x[2] + taps.x) * x[3] + offset;
    return { channel, taps, first };
  };
}

/**
 * NHWC convolution with weights OHWI, as matmul over the taps; a padded tap contributes 0, which is to say that it
 * reads the zero point.
 */
export const conv2d: Operator = {
  name: "conv2d",
  arity: [3],
  attributes: 11,
  check(node, require) {
    const x = operandAt(node, 0);
    const w = operandAt(node, 1);
    requireRank(x, 4, "operand 0.rank", require);
    requireRank(w, 4, "operand 1.rank", require);
    requireRank(node, 4, "rank", require);
    const groups = attr(node, 10);
    const divides = groups >= 1 && x.dims[3] % groups === 0 && w.dims[0] % groups === 0;
    require(divides, "a10", `${groups} groups do not divide ${x.dims[3]} input and ${w.dims[0]} output channels`);
    require(w.dims[3] * groups === x.dims[3], "operand 1.dims", `the weights must read ${x.dims[3] / groups} channels`);
    require(node.dims[0] === x.dims[0], "dims", `${node.dims[0]} images where operand 0 has ${x.dims[0]}`);
    require(node.dims[3] === w.dims[0], "dims", `${node.dims[3]} channels where the weights give ${w.dims[0]}`);
    requireWindow(windowOf(node), x.dims, node.dims, FIELDS, require);
    requireContraction(node, node.dims[3], termsOf(node), require);
  },
  cost(node) {
    const terms = termsOf(node);
    const macs = BigInt(elementCount(node.dims)) * BigInt(terms);
    return { operations: macs, macs, stepGas: termsGas(node, terms, operandAt(node, 1).dims[1], runsOf(node)) };
  },
  reads(node) {
    const x = operandAt(node, 0).dims;
    const { kernel, dilation } = windowOf(node);
    const groupChannels = operandAt(node, 1).dims[3];
    const rows = Math.min(kernel[0], Math.ceil(x[1] / dilation[0]));
    const columns = Math.min(kernel[1], Math.ceil(x[2] / dilation[1]));
    const run = (columns - 1) * dilation[1] * x[3] + groupChannels;
    const input = { operand: 0, run, rows, pitch: dilation[0] * x[2] * x[3], align: groupChannels };
    return [input, aligned(1, termsOf(node)), tableRead];
  },
  ranges(node, out) {
    const { channel, taps, first } = place(node)(out);
    const x = operandAt(node, 0).dims;
    const { dilation } = windowOf(node);
    const count = (taps.columns - 1) * dilation[1] * x[3] + operandAt(node, 1).dims[3];
    const pitch = dilation[0] * x[2] * x[3];
    const rows = taps.columns === 0 ? 0 : taps.rows;
    const input = Array.from({ length: rows }, (_, row) => ({ operand: 0, first: first + row * pitch, count }));
    const terms = termsOf(node);
    return [...input, { operand: 1, first: channel * terms, count: terms }, tableRange(channel)];
  },
  element(node, operands) {
    const [x, w, table] = [tensorAt(operands, 0), tensorAt(operands, 1), tensorAt(operands, 2)];
    const za = attr(node, 0);
    const { dilation } = windowOf(node);
    const [, kernelHeight, kernelWidth, count] = w.dims;
    const pitch = [dilation[0] * x.dims[2] * x.dims[3], dilation[1] * x.dims[3]] as const;
    const at = place(node);
    const visit = ({ channel, taps, first }: Place, tap: (i: number, j: number) => void): void => {
      for (let r = 0; r < taps.rows; r++) {
        for (let c = 0; c < taps.columns; c++) {
          const kernelTap = (channel * kernelHeight + taps.ky + r) * kernelWidth + taps.kx + c;
          tap(first + r * pitch[0] + c * pitch[1], kernelTap * count);
        }
      }
    };
    const narrow = (where: Place, row: ChannelParameters): number => {
      let acc = row.bias;
      visit(where, (i, j) => (acc += dot(x.data, i, za, w.data, j, row.zb, count)));
      return acc;
    };
    const wide = (where: Place, row: ChannelParameters): bigint => {
      let acc = BigInt(row.bias);
      visit(where, (i, j) => (acc += wideDot(x.data, i, za, w.data, j, row.zb, count)));
      return acc;
    };
    const accumulate = fitsNumber(contractionBound(x, za, w, termsOf(node))) ? narrow : wide;
    return (out) => {
      const where = at(out);
      const row = channelParameters(table.data, where.channel, w.dtype);
      return rescale(accumulate(where, row), row, node);
    };
  },
};
