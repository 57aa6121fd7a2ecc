import type { OpName, ProgramNode } from "../types.ts";
import type { Require } from "../program-error.ts";
import { attr, type Operator } from "./operator.ts";

/** A node whose tensor comes from outside: it costs nothing and reads nothing. */
function leaf(name: OpName, attributes: number, check: (node: ProgramNode, require: Require) => void): Operator {
  return {
    name,
    arity: [0],
    attributes,
    check,
    cost: () => ({ operations: 0n, macs: 0n, stepGas: 0 }),
    reads: () => [],
    ranges: () => [],
    element: () => {
      throw new RangeError(`an element of a node of kind ${name} is given, not computed`);
    },
  };
}

/** The tensor of a slot: a0 kind (0 shared, 1 shard), a1 slot. */
export const input = leaf("input", 2, (node, require) => {
  const [kind, slot] = [attr(node, 0), attr(node, 1)];
  require(kind === 0 || kind === 1, "a0", `input kind ${kind} is neither 0 (shared) nor 1 (shard)`);
  require(slot >= 0, "a1", `slot ${slot} is negative`);
});

/** A tensor that the program fixes by its root. */
export const constant = leaf("constant", 0, () => {});
