import type { ProgramNode } from "../types.ts";
import { aligned, type Operator, type OperandRange, type ReadPattern } from "./operator.ts";
import { perElement, requireSameShape } from "./rules.ts";

/** Units of work per output element of an element-wise operator. */
const WEIGHT = 4;

function reads(node: ProgramNode): readonly ReadPattern[] {
  return node.operands.map((_, operand) => aligned(operand, 1));
}

function ranges(node: ProgramNode, out: number): readonly OperandRange[] {
  return node.operands.map((_, operand) => ({ operand, first: out, count: 1 }));
}

/** An operator whose output element reads the element at the same place of each operand, all of one shape. */
export function elementwise(rule: Pick<Operator, "name" | "arity" | "attributes" | "check" | "element">): Operator {
  return {
    ...rule,
    check(node, require) {
      for (const operand of node.operands.keys()) requireSameShape(node, operand, require);
      rule.check(node, require);
    },
    cost: (node) => perElement(node, WEIGHT),
    reads,
    ranges,
  };
}

export const elementwiseCost = (node: ProgramNode): ReturnType<typeof perElement> => perElement(node, WEIGHT);
