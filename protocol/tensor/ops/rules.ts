import { STEP } from "../constants.ts";
import { dtypeBytes, inRange } from "../dtype.ts";
import { EXACT, MAX_SHIFT } from "../numbers.ts";
import type { Require } from "../program-error.ts";
import { describeType, elementCount, sameShape } from "../shape.ts";
import type { DType, ProgramNode, TensorType } from "../types.ts";
import { attr, operandAt, type Cost } from "./operator.ts";

const ACCUMULATOR_LIMIT = 2n ** 63n;

export function requireSameShape(node: ProgramNode, operand: number, require: Require): void {
  const type = operandAt(node, operand);
  require(sameShape(type, node), `operand ${operand}.dims`, `${describeType(type)} has another shape than the output`);
}

export function requireSameDtype(node: ProgramNode, operand: number, require: Require): void {
  const { dtype } = operandAt(node, operand);
  require(dtype === node.dtype, `operand ${operand}.dtype`, `${dtype} where the output is ${node.dtype}`);
}

export function requireRank(type: TensorType, rank: number, field: string, require: Require): void {
  require(type.rank === rank, field, `rank ${type.rank} where ${rank} is needed`);
}

export function requireZeroPoint(node: ProgramNode, index: number, dtype: DType, require: Require): void {
  const value = attr(node, index);
  require(inRange(dtype, value), `a${index}`, `zero point ${value} is not in the range of ${dtype}`);
}

/** Multipliers at `ms` with one shift at `s`: positive, and in lowest terms so that a node has one encoding. */
export function requireMultipliers(node: ProgramNode, ms: readonly number[], s: number, require: Require): void {
  for (const m of ms) require(attr(node, m) >= 1, `a${m}`, `multiplier ${attr(node, m)} is not between 1 and 2^31-1`);
  const shift = attr(node, s);
  require(shift >= 0 && shift <= MAX_SHIFT, `a${s}`, `shift ${shift} is not between 0 and ${MAX_SHIFT}`);
  const lowest = shift === 0 || ms.some((m) => attr(node, m) % 2 !== 0);
  require(lowest, `a${ms[0] ?? 0}`, "an even multiplier with a shift is not in lowest terms");
}

export function requireAccumulator(bound: bigint, require: Require): void {
  require(bound < ACCUMULATOR_LIMIT, "accumulator", `can reach ${bound}, which is not below 2^63`);
}

/** True if sums of this magnitude are exact in a double. */
export function fitsNumber(bound: bigint): boolean {
  return bound < BigInt(EXACT);
}

/** Bound of the gas of adding up or comparing `taps` elements of operand 0. */
export function tapsGas(node: ProgramNode, taps: number): number {
  return taps * (dtypeBytes(operandAt(node, 0).dtype) === 1 ? STEP.byteTapGas : STEP.wideTapGas);
}

/** Cost of an operator with `weight` per output element. */
export function perElement(node: ProgramNode, weight: number): Cost {
  return { operations: BigInt(elementCount(node.dims)) * BigInt(weight), macs: 0n, stepGas: 0 };
}
