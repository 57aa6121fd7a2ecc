import type { Operand, Program, ProgramNode } from "@orion/protocol/tensor";

/** A copy of a program with one node replaced by a changed copy. */
export function withNode(
  program: Program,
  index: number,
  change: (node: ProgramNode) => Partial<ProgramNode>,
): Program {
  const nodes = program.nodes.map((node, at) => (at === index ? { ...node, ...change(node) } : node));
  return { ...program, nodes };
}

/** A copy with some attributes of one node set. */
export function withAttrs(program: Program, index: number, values: Readonly<Record<number, number>>): Program {
  return withNode(program, index, (node) => {
    const attrs = node.attrs.slice();
    for (const [at, value] of Object.entries(values)) attrs[Number(at)] = value;
    return { attrs };
  });
}

/** A copy with facts of one operand replaced. */
export function withOperand(program: Program, index: number, operand: number, change: Partial<Operand>): Program {
  return withNode(program, index, (node) => ({
    operands: node.operands.map((old, at) => (at === operand ? { ...old, ...change } : old)),
  }));
}
