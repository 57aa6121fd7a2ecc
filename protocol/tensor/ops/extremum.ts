import { elementwise } from "./elementwise.ts";
import { tensorAt, type Operator } from "./operator.ts";
import { requireSameDtype } from "./rules.ts";

function extremum(name: "max" | "min", pick: (a: number, b: number) => number): Operator {
  return elementwise({
    name,
    arity: [2],
    attributes: 0,
    check(node, require) {
      requireSameDtype(node, 0, require);
      requireSameDtype(node, 1, require);
    },
    element(_node, operands) {
      const [a, b] = [tensorAt(operands, 0).data, tensorAt(operands, 1).data];
      return (out) => pick(a[out] as number, b[out] as number);
    },
  });
}

/** The larger of A and B. */
export const max = extremum("max", Math.max);

/** The smaller of A and B. */
export const min = extremum("min", Math.min);
