import { inRange } from "../dtype.ts";
import type { Require } from "../program-error.ts";
import { elementCount, MAX_DIMENSION } from "../shape.ts";
import type { Dims, ProgramNode } from "../types.ts";
import { aligned, attr, operandAt, type Operator } from "./operator.ts";
import { perElement, requireSameDtype } from "./rules.ts";

/** Positions of the attributes of a view. */
export const VIEW = {
  offset: [0, 5],
  strides: [1, 6],
  axis: 10,
  split: 11,
  lo: 12,
  hi: 16,
  pad: 20,
  count: 21,
} as const;

function four(node: ProgramNode, first: number): Dims {
  return [attr(node, first), attr(node, first + 1), attr(node, first + 2), attr(node, first + 3)];
}

/** The box of output coordinates that read operand `index`, as extents. */
function boxOf(node: ProgramNode, index: 0 | 1): Dims {
  const [lo, hi] = [four(node, VIEW.lo), four(node, VIEW.hi)];
  const axis = attr(node, VIEW.axis);
  const split = attr(node, VIEW.split);
  const extent = (d: 0 | 1 | 2 | 3): number => {
    const whole = hi[d] - lo[d];
    if (node.operands.length === 1 || d !== axis) return whole;
    return index === 0 ? split : whole - split;
  };
  return [extent(0), extent(1), extent(2), extent(3)];
}

/** One operand's index map: inside the operand for every coordinate of its box, zero strides on extents of 1. */
function requireMap(node: ProgramNode, index: 0 | 1, require: Require): void {
  const size = elementCount(operandAt(node, index).dims);
  require(size <= MAX_DIMENSION, `operand ${index}.dims`, "a view reads operands of fewer than 2^31 elements");
  const box = boxOf(node, index);
  const first = VIEW.strides[index];
  let lowest = attr(node, VIEW.offset[index]);
  let highest = lowest;
  for (const [d, stride] of four(node, first).entries()) {
    const steps = (box[d] as number) - 1;
    require(steps > 0 || stride === 0, `a${first + d}`, "the stride of an extent of 1 is zero");
    if (stride < 0) lowest += stride * steps;
    else highest += stride * steps;
  }
  const inside = lowest >= 0 && highest < size;
  require(inside, `a${VIEW.offset[index]}`, `reads ${lowest}…${highest} of an operand of ${size} elements`);
}

function requireBox(node: ProgramNode, require: Require): boolean {
  let whole = true;
  for (const [d, extent] of node.dims.entries()) {
    const [lo, hi] = [attr(node, VIEW.lo + d), attr(node, VIEW.hi + d)];
    require(lo >= 0 && lo < hi, `a${VIEW.lo + d}`, `the box [${lo}, ${hi}) is empty or begins below 0`);
    require(hi <= extent, `a${VIEW.hi + d}`, `the box ends at ${hi}, beyond the output's ${extent}`);
    whole &&= lo === 0 && hi === extent;
  }
  return whole;
}

function requireSecond(node: ProgramNode, require: Require): void {
  if (node.operands.length === 1) {
    for (let index = VIEW.offset[1]; index <= VIEW.split; index++) {
      require(attr(node, index) === 0, `a${index}`, "not zero without a second operand");
    }
    return;
  }
  requireSameDtype(node, 1, require);
  const [axis, split] = [attr(node, VIEW.axis), attr(node, VIEW.split)];
  require(axis >= 0 && axis <= 3, `a${VIEW.axis}`, `axis ${axis} is not 0…3`);
  const extent = attr(node, VIEW.hi + axis) - attr(node, VIEW.lo + axis);
  require(split > 0 && split < extent, `a${VIEW.split}`, `split ${split} is not inside the box's ${extent}`);
}

/** Where an output element comes from: an operand and a flat index, or nowhere (the pad value). */
function sourceOf(node: ProgramNode): (out: number) => { operand: 0 | 1; index: number } | undefined {
  const [lo, hi] = [four(node, VIEW.lo), four(node, VIEW.hi)];
  const maps = [four(node, VIEW.strides[0]), four(node, VIEW.strides[1])] as const;
  const offsets = [attr(node, VIEW.offset[0]), attr(node, VIEW.offset[1])] as const;
  const joins = node.operands.length === 2;
  const axis = attr(node, VIEW.axis);
  const split = attr(node, VIEW.split);
  const point = [0, 0, 0, 0];
  return (out) => {
    let rest = out;
    for (let d = 3; d >= 0; d--) {
      const extent = node.dims[d] as number;
      const coordinate = rest % extent;
      rest = (rest - coordinate) / extent;
      if (coordinate < (lo[d] as number) || coordinate >= (hi[d] as number)) return undefined;
      point[d] = coordinate - (lo[d] as number);
    }
    const operand = joins && (point[axis] as number) >= split ? 1 : 0;
    if (operand === 1) point[axis] = (point[axis] as number) - split;
    let index = offsets[operand];
    for (let d = 0; d < 4; d++) index += (point[d] as number) * (maps[operand][d] as number);
    return { operand, index };
  };
}

/** An index map: reshape, transpose, slice, broadcast, concatenation, padding, and any composition of them. */
export const view: Operator = {
  name: "view",
  arity: [1, 2],
  attributes: VIEW.count,
  check(node, require) {
    requireSameDtype(node, 0, require);
    const whole = requireBox(node, require);
    requireSecond(node, require);
    requireMap(node, 0, require);
    if (node.operands.length === 2) requireMap(node, 1, require);
    const pad = attr(node, VIEW.pad);
    require(!whole || pad === 0, `a${VIEW.pad}`, "a pad value where nothing is padded");
    require(inRange(node.dtype, pad), `a${VIEW.pad}`, `pad value ${pad} is not in the range of ${node.dtype}`);
  },
  cost: (node) => perElement(node, 1),
  reads: (node) => node.operands.map((_, operand) => aligned(operand, 1)),
  ranges(node, out) {
    const source = sourceOf(node)(out);
    return source === undefined ? [] : [{ operand: source.operand, first: source.index, count: 1 }];
  },
  element(node, operands) {
    const from = sourceOf(node);
    const pad = attr(node, VIEW.pad);
    return (out) => {
      const source = from(out);
      return source === undefined ? pad : (operands[source.operand]?.data[source.index] as number);
    };
  },
};
