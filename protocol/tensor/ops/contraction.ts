import { STEP } from "../constants.ts";
import { dtypeBytes, dtypeMax, dtypeMin, maxAbs } from "../dtype.ts";
import { dataMultiplier, dataShift, requantize } from "../numbers.ts";
import type { Require } from "../program-error.ts";
import { sameDims } from "../shape.ts";
import type { DType, Operand, ProgramNode, TensorType, TypedData } from "../types.ts";
import { attr, operandAt, type OperandRange, type ReadPattern } from "./operator.ts";
import { requireAccumulator, requireZeroPoint } from "./rules.ts";

/** Columns of the parameter table, one row per output channel. */
export const TABLE_COLUMNS = 4;
const MAX_BIAS = 2n ** 31n;

/** Largest magnitude of Σ (A−za)(B−zb) + bias over `count` terms and all bits, parameter data included. */
export function contractionBound(a: TensorType, za: number, b: TensorType, count: number): bigint {
  // A zero point of the weights is clamped to their dtype, so that |B−zb| never exceeds the dtype's span.
  const span = BigInt(dtypeMax(b.dtype) - dtypeMin(b.dtype));
  return BigInt(count) * BigInt(maxAbs(a.dtype, za)) * span + MAX_BIAS;
}

/** The rules that matmul and conv2d share: zero points, the [N,4] table, the accumulator over `count` terms. */
export function requireContraction(node: ProgramNode, channels: number, count: number, require: Require): void {
  const a = operandAt(node, 0);
  const table = operandAt(node, 2);
  requireZeroPoint(node, 0, a.dtype, require);
  requireZeroPoint(node, 1, node.dtype, require);
  requireTable(table, channels, require);
  requireAccumulator(contractionBound(a, attr(node, 0), operandAt(node, 1), count), require);
}

function requireTable(table: Operand, channels: number, require: Require): void {
  require(table.source === "constant", "operand 2.source", "the parameter table of a contraction is a constant");
  require(table.dtype === "i32", "operand 2.dtype", `the parameter table is i32, not ${table.dtype}`);
  const fits = table.rank === 2 && sameDims(table.dims, [1, 1, channels, TABLE_COLUMNS]);
  require(fits, "operand 2.dims", `the parameter table must be [${channels},${TABLE_COLUMNS}]`);
}

export interface ChannelParameters {
  readonly bias: number;
  readonly m: number;
  readonly s: number;
  readonly zb: number;
}

/** Row `channel` of a parameter table; every bit pattern has a meaning. */
export function channelParameters(table: TypedData, channel: number, weights: DType): ChannelParameters {
  const at = (column: number): number => table[channel * TABLE_COLUMNS + column] as number;
  const zb = Math.min(Math.max(at(3), dtypeMin(weights)), dtypeMax(weights));
  return { bias: at(0), m: dataMultiplier(at(1)), s: dataShift(at(2)), zb };
}

export function rescale(acc: number | bigint, row: ChannelParameters, node: ProgramNode): number {
  return requantize(acc, row.m, row.s, attr(node, 1), node.dtype);
}

/** Σ (A−za)(B−zb) over consecutive elements; exact if the node's bound is below 2^53. */
export function dot(a: TypedData, i: number, za: number, b: TypedData, j: number, zb: number, count: number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += ((a[i + k] as number) - za) * ((b[j + k] as number) - zb);
  return sum;
}

/** `dot` for bounds of 2^53 and more. Each factor is below 2^33 and exact; only their products need to be wide. */
export function wideDot(
  a: TypedData,
  i: number,
  za: number,
  b: TypedData,
  j: number,
  zb: number,
  count: number,
): bigint {
  let sum = 0n;
  for (let k = 0; k < count; k++) sum += BigInt((a[i + k] as number) - za) * BigInt((b[j + k] as number) - zb);
  return sum;
}

/** Bound of the gas of `terms` terms in `runs` runs on `rows` rows of the kernel. */
export function termsGas(node: ProgramNode, terms: number, rows: number, runs: number): number {
  const narrow = dtypeBytes(operandAt(node, 0).dtype) === 1 && dtypeBytes(operandAt(node, 1).dtype) === 1;
  return terms * (narrow ? STEP.byteTermGas : STEP.wideTermGas) + rows * STEP.rowGas + runs * STEP.runGas;
}

export const tableRead: ReadPattern = { operand: 2, run: TABLE_COLUMNS, rows: 1, pitch: 0, align: TABLE_COLUMNS };

export function tableRange(channel: number): OperandRange {
  return { operand: 2, first: channel * TABLE_COLUMNS, count: TABLE_COLUMNS };
}
