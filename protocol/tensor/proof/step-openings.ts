import { FORMAT } from "../constants.ts";
import { dtypeBytes } from "../dtype.ts";
import { operandAt, type OperandRange } from "../ops/operator.ts";
import type { ProgramNode } from "../types.ts";

/** Consecutive chunks of one operand that one opening of a step proof holds. */
export interface ChunkRange {
  readonly operand: number;
  readonly firstChunk: number;
  readonly lastChunk: number;
}

/**
 * The openings of a step in the order of its ranges. Neighbouring ranges of one operand share an opening if their chunks
 * overlap or adjoin and do not step back.
 */
export function stepOpenings(node: ProgramNode, ranges: readonly OperandRange[]): ChunkRange[] {
  const openings: ChunkRange[] = [];
  for (const { operand, first, count } of ranges) {
    const width = dtypeBytes(operandAt(node, operand).dtype);
    const firstChunk = Math.floor((first * width) / FORMAT.leafBytes);
    const lastChunk = Math.floor(((first + count) * width - 1) / FORMAT.leafBytes);
    const before = openings.at(-1);
    if (before?.operand === operand && firstChunk >= before.firstChunk && firstChunk <= before.lastChunk + 1) {
      openings[openings.length - 1] = { ...before, lastChunk: Math.max(before.lastChunk, lastChunk) };
    } else {
      openings.push({ operand, firstChunk, lastChunk });
    }
  }
  return openings;
}
