import type { Require } from "../program-error.ts";
import type { OpName, Operand, ProgramNode, Tensor } from "../types.ts";

/** `count` consecutive elements of operand `operand`, from flat index `first`. */
export interface OperandRange {
  readonly operand: number;
  readonly first: number;
  readonly count: number;
}

/**
 * What one output element reads of an operand at most: `rows` runs of `run` consecutive elements, `pitch` elements
 * apart. Every run starts at a multiple of `align` elements.
 */
export interface ReadPattern {
  readonly operand: number;
  readonly run: number;
  readonly rows: number;
  readonly pitch: number;
  readonly align: number;
}

/** Value of one element of an operand; needed where a range depends on data (lookup). */
export type ValueOf = (operand: number, index: number) => number;

export interface Cost {
  /** Weighted operations, without the bytes of the output. */
  readonly operations: bigint;
  /** Multiply-accumulates of contractions. */
  readonly macs: bigint;
  /** Upper bound of the gas of the arithmetic of one output element, beyond what every step costs. */
  readonly stepGas: number;
}

/** The rule of one operator. Every part is total over all operand bits of a validated node. */
export interface Operator {
  readonly name: OpName;
  /** Allowed numbers of operands. */
  readonly arity: readonly number[];
  /** Attributes a[0]…a[attributes−1] have a meaning, the others are zero. */
  readonly attributes: number;
  /** Shape rules, attributes, accumulator bounds; called when every operand is known to be well-formed. */
  check(node: ProgramNode, require: Require): void;
  cost(node: ProgramNode): Cost;
  reads(node: ProgramNode): readonly ReadPattern[];
  /** Exactly what element `out` reads, in the order in which proofs carry it. */
  ranges(node: ProgramNode, out: number, valueOf: ValueOf | undefined): readonly OperandRange[];
  /** Prepares a node for the given operand tensors; the result computes one element by its flat index. */
  element(node: ProgramNode, operands: readonly Tensor[]): (out: number) => number;
}

/** Operand `index` of a node whose arity was checked. */
export function operandAt(node: ProgramNode, index: number): Operand {
  const operand = node.operands[index];
  if (operand === undefined) throw new RangeError(`operator ${node.op} has no operand ${index}`);
  return operand;
}

export function tensorAt(operands: readonly Tensor[], index: number): Tensor {
  const operand = operands[index];
  if (operand === undefined) throw new RangeError(`operand ${index} is missing`);
  return operand;
}

/** Attribute a[index]. */
export function attr(node: ProgramNode, index: number): number {
  return node.attrs[index] ?? 0;
}

/** The pattern of an operator that reads `run` elements at `out·run`. */
export function aligned(operand: number, run: number): ReadPattern {
  return { operand, run, rows: 1, pitch: 0, align: run };
}
