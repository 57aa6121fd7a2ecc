import { dtypeMin, maxAbs } from "../dtype.ts";
import { saturate } from "../numbers.ts";
import type { Require } from "../program-error.ts";
import { describeType, elementCount, sameShape } from "../shape.ts";
import type { Dims, ProgramNode, TypedData } from "../types.ts";
import { aligned, attr, operandAt, tensorAt, type Cost, type Operator } from "./operator.ts";
import { requireAccumulator, requireSameDtype, tapsGas } from "./rules.ts";

/** The operand's shape with the last `axes` extents 1. */
function reduced(dims: Dims, axes: number): Dims {
  const keep = (d: 0 | 1 | 2 | 3): number => (d >= 4 - axes ? 1 : dims[d]);
  return [keep(0), keep(1), keep(2), keep(3)];
}

/** Elements of X behind one output element, contiguous in X. */
function spanOf(node: ProgramNode): number {
  const { dims } = operandAt(node, 0);
  return dims.slice(4 - attr(node, 0)).reduce((product, extent) => product * extent, 1);
}

function check(node: ProgramNode, require: Require): void {
  const x = operandAt(node, 0);
  const axes = attr(node, 0);
  require(axes >= 1 && axes <= x.rank, "a0", `${axes} trailing axes of a tensor of rank ${x.rank}`);
  const wanted = { ...x, dims: reduced(x.dims, axes), dtype: node.dtype };
  require(sameShape(node, wanted), "dims", `${describeType(node)} where the reduction gives ${describeType(wanted)}`);
}

function cost(node: ProgramNode): Cost {
  return { operations: BigInt(elementCount(operandAt(node, 0).dims)), macs: 0n, stepGas: tapsGas(node, spanOf(node)) };
}

function reduction(rule: Pick<Operator, "name" | "check" | "element">): Operator {
  return {
    ...rule,
    arity: [1],
    attributes: 1,
    check(node, require) {
      check(node, require);
      rule.check(node, require);
    },
    cost,
    reads: (node) => [aligned(0, spanOf(node))],
    ranges(node, out) {
      const count = spanOf(node);
      return [{ operand: 0, first: out * count, count }];
    },
  };
}

const sumBound = (node: ProgramNode): bigint => BigInt(spanOf(node)) * BigInt(maxAbs(operandAt(node, 0).dtype, 0));

/** sat(Σ) over the last k axes. */
export const reduceSum = reduction({
  name: "reduceSum",
  check: (node, require) => requireAccumulator(sumBound(node), require),
  element(node, operands) {
    const { data } = tensorAt(operands, 0);
    const span = spanOf(node);
    // A step of at most 80 KiB spans fewer than 2^17 elements, so the sum stays below 2^48 and exact.
    return (out) => {
      let sum = 0;
      for (let i = out * span; i < (out + 1) * span; i++) sum += data[i] as number;
      return saturate(sum, node.dtype);
    };
  },
});

/** Lowest index from `first` of the largest of `count` elements. */
function lowestArgmax(data: TypedData, first: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if ((data[first + i] as number) > (data[first + best] as number)) best = i;
  return best;
}

/** Maximum over the last k axes. */
export const reduceMax = reduction({
  name: "reduceMax",
  check: (node, require) => requireSameDtype(node, 0, require),
  element(node, operands) {
    const { data, dtype } = tensorAt(operands, 0);
    const span = spanOf(node);
    return (out) => {
      let best = dtypeMin(dtype);
      for (let i = out * span; i < (out + 1) * span; i++) best = Math.max(best, data[i] as number);
      return best;
    };
  },
});

/** Lowest flat index, within the last k axes, of the maximum. */
export const argmax = reduction({
  name: "argmax",
  check(node, require) {
    require(node.dtype === "i32", "dtype", `argmax gives i32, not ${node.dtype}`);
  },
  element(node, operands) {
    const { data } = tensorAt(operands, 0);
    const span = spanOf(node);
    return (out) => lowestArgmax(data, out * span, span);
  },
});
