import { STEP } from "../constants.ts";
import { dtypeMin, maxAbs } from "../dtype.ts";
import { halfEvenDivSmall, saturate } from "../numbers.ts";
import type { Require } from "../program-error.ts";
import { elementCount } from "../shape.ts";
import type { ProgramNode, Tensor } from "../types.ts";
import {
  attr,
  operandAt,
  tensorAt,
  type Cost,
  type Operator,
  type OperandRange,
  type ReadPattern,
} from "./operator.ts";
import { requireAccumulator, requireRank, requireSameDtype, requireZeroPoint, tapsGas } from "./rules.ts";
import { position, requireWindow, tapsAt, type Window } from "./window.ts";

const FIELDS = { kernel: ["a0", "a1"], stride: 2, pad: 4, dilation: 0 } as const;

function windowOf(node: ProgramNode): Window {
  return {
    kernel: [attr(node, 0), attr(node, 1)],
    stride: [attr(node, 2), attr(node, 3)],
    pad: [attr(node, 4), attr(node, 5), attr(node, 6), attr(node, 7)],
    dilation: [1, 1],
  };
}

const tapCount = (node: ProgramNode): number => attr(node, 0) * attr(node, 1);

function check(node: ProgramNode, require: Require): void {
  const x = operandAt(node, 0);
  requireSameDtype(node, 0, require);
  requireRank(x, 4, "operand 0.rank", require);
  requireRank(node, 4, "rank", require);
  require(node.dims[0] === x.dims[0], "dims", `${node.dims[0]} images where operand 0 has ${x.dims[0]}`);
  require(node.dims[3] === x.dims[3], "dims", `${node.dims[3]} channels where operand 0 has ${x.dims[3]}`);
  requireWindow(windowOf(node), x.dims, node.dims, FIELDS, require);
}

function cost(node: ProgramNode): Cost {
  const taps = tapCount(node);
  const stepGas = tapsGas(node, taps) + attr(node, 0) * (STEP.rowGas + STEP.runGas);
  return { operations: BigInt(elementCount(node.dims)) * BigInt(taps), macs: 0n, stepGas };
}

/** A kernel row is one range, from its first real tap to its last one, other channels between them included. */
function reads(node: ProgramNode): readonly ReadPattern[] {
  const x = operandAt(node, 0).dims;
  const rows = Math.min(attr(node, 0), x[1]);
  const columns = Math.min(attr(node, 1), x[2]);
  return [{ operand: 0, run: (columns - 1) * x[3] + 1, rows, pitch: x[2] * x[3], align: 1 }];
}

function ranges(node: ProgramNode, out: number): readonly OperandRange[] {
  const x = operandAt(node, 0).dims;
  const { image, row, column, channel } = position(node.dims, out);
  const taps = tapsAt(windowOf(node), x, image, row, column);
  const count = (taps.columns - 1) * x[3] + 1;
  return Array.from({ length: taps.rows }, (_, r) => {
    const first = ((image * x[1] + taps.y + r) * x[2] + taps.x) * x[3] + channel;
    return { operand: 0, first, count };
  });
}

/** Calls `visit` with every real tap of element `out`; gives their number. */
function eachTap(node: ProgramNode, x: Tensor): (out: number, visit: (value: number) => void) => number {
  const window = windowOf(node);
  const [, height, width, channels] = x.dims;
  return (out, visit) => {
    const { image, row, column, channel } = position(node.dims, out);
    const taps = tapsAt(window, x.dims, image, row, column);
    for (let r = 0; r < taps.rows; r++) {
      for (let c = 0; c < taps.columns; c++) {
        visit(x.data[((image * height + taps.y + r) * width + taps.x + c) * channels + channel] as number);
      }
    }
    return taps.rows * taps.columns;
  };
}

/** Maximum over the real taps; padding is never read. */
export const maxPool: Operator = {
  name: "maxPool",
  arity: [1],
  attributes: 8,
  check,
  cost,
  reads,
  ranges,
  element(node, operands) {
    const x = tensorAt(operands, 0);
    const taps = eachTap(node, x);
    return (out) => {
      let best = dtypeMin(x.dtype);
      taps(out, (value) => (best = Math.max(best, value)));
      return best;
    };
  },
};

/** sat(zp + halfEven((Σ − count·zp) / count)) over the real taps. */
export const avgPool: Operator = {
  name: "avgPool",
  arity: [1],
  attributes: 9,
  check(node, require) {
    check(node, require);
    requireZeroPoint(node, 8, node.dtype, require);
    requireAccumulator(sumBound(node), require);
  },
  cost,
  reads,
  ranges,
  element(node, operands) {
    const x = tensorAt(operands, 0);
    const taps = eachTap(node, x);
    const zp = attr(node, 8);
    // A step of at most 96 KiB has fewer than 2^17 taps, so the sum stays below 2^49 and exact.
    return (out) => {
      let sum = 0;
      const count = taps(out, (value) => (sum += value - zp));
      return saturate(zp + halfEvenDivSmall(sum, count), node.dtype);
    };
  },
};

/** Largest |Σ (x − zp)| over the taps of a window that can be real. */
function sumBound(node: ProgramNode): bigint {
  const x = operandAt(node, 0);
  const taps = Math.min(attr(node, 0), x.dims[1]) * Math.min(attr(node, 1), x.dims[2]);
  return BigInt(taps) * BigInt(maxAbs(x.dtype, attr(node, 8)));
}
