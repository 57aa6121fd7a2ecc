import { OPS, type OpName, type ProgramNode } from "../types.ts";
import { add, sub } from "./addsub.ts";
import { clamp } from "./clamp.ts";
import { conv2d } from "./conv2d.ts";
import { div } from "./div.ts";
import { max, min } from "./extremum.ts";
import { isqrt } from "./isqrt.ts";
import { constant, input } from "./leaf.ts";
import { lookup } from "./lookup.ts";
import { matmul } from "./matmul.ts";
import { mul } from "./mul.ts";
import type { Operator, OperandRange, ValueOf } from "./operator.ts";
import { avgPool, maxPool } from "./pool.ts";
import { argmax, reduceMax, reduceSum } from "./reduce.ts";
import { requantize } from "./requantize.ts";
import { view } from "./view.ts";

/** Every operator of version 1. */
export const OPERATORS: Readonly<Record<OpName, Operator>> = {
  input,
  constant,
  matmul,
  conv2d,
  requantize,
  add,
  sub,
  mul,
  max,
  min,
  clamp,
  lookup,
  div,
  isqrt,
  view,
  reduceSum,
  reduceMax,
  argmax,
  maxPool,
  avgPool,
};

const BY_CODE = new Map<number, OpName>(Object.values(OPERATORS).map(({ name }) => [OPS[name], name]));

export function opOfCode(code: number): OpName | undefined {
  return BY_CODE.get(code);
}

/**
 * The elements that output element `outIndex` of a validated node reads, operand by operand, one range per kernel row
 * for windows. The row of a lookup depends on data: without `valueOf` only the range of X is given.
 */
export function operandRanges(node: ProgramNode, outIndex: number, valueOf?: ValueOf): readonly OperandRange[] {
  return OPERATORS[node.op].ranges(node, outIndex, valueOf);
}
