import { dtypeBytes } from "../tensor/dtype.ts";
import { operandAt } from "../tensor/ops/operator.ts";
import type { Program, ProgramNode } from "../tensor/types.ts";

/**
 * By node: the clamp or lookup that alone reads it, so that the two can be computed as one where nobody asks for the first's
 * tensor. The second's is no larger, and takes its place in memory; a lookup's table is a constant of one column.
 */
export function fusablePairs(program: Program): Map<number, number> {
  const readers = program.nodes.map(() => 0);
  for (const { operands } of program.nodes) for (const { node } of operands) (readers[node] as number)++;
  const outputs = new Set(program.outputNodes);
  const pairs = new Map<number, number>();
  const followers = new Set<number>();
  for (const [index, node] of program.nodes.entries()) {
    if (!canFollow(program, node)) continue;
    const first = operandAt(node, 0).node;
    const producer = program.nodes[first] as ProgramNode;
    const isComputed = producer.op !== "input" && producer.op !== "constant";
    const isSmaller = dtypeBytes(node.dtype) <= dtypeBytes(producer.dtype);
    // A chain of three is computed as a pair and a single one.
    if (!isComputed || !isSmaller || outputs.has(first) || readers[first] !== 1 || followers.has(first)) continue;
    pairs.set(first, index);
    followers.add(index);
  }
  return pairs;
}

function canFollow(program: Program, node: ProgramNode): boolean {
  if (node.op === "clamp") return true;
  if (node.op !== "lookup") return false;
  const table = operandAt(node, 1);
  return table.dims[3] === 1 && program.nodes[table.node]?.op === "constant";
}
