import { maxAbs } from "../dtype.ts";
import { requantize } from "../numbers.ts";
import type { ProgramNode } from "../types.ts";
import { elementwise } from "./elementwise.ts";
import { attr, operandAt, tensorAt } from "./operator.ts";
import { fitsNumber, requireAccumulator, requireMultipliers, requireZeroPoint } from "./rules.ts";

/** Largest |(A−za)·(B−zb)|. */
function bound(node: ProgramNode): bigint {
  const factor = (operand: number): bigint => BigInt(maxAbs(operandAt(node, operand).dtype, attr(node, operand)));
  return factor(0) * factor(1);
}

/** rq((A−za)·(B−zb), m, s, zpOut). */
export const mul = elementwise({
  name: "mul",
  arity: [2],
  attributes: 5,
  check(node, require) {
    requireZeroPoint(node, 0, operandAt(node, 0).dtype, require);
    requireZeroPoint(node, 1, operandAt(node, 1).dtype, require);
    requireMultipliers(node, [2], 3, require);
    requireZeroPoint(node, 4, node.dtype, require);
    requireAccumulator(bound(node), require);
  },
  element(node, operands) {
    const [a, b] = [tensorAt(operands, 0).data, tensorAt(operands, 1).data];
    const [za, zb, m, s, zp] = [attr(node, 0), attr(node, 1), attr(node, 2), attr(node, 3), attr(node, 4)];
    if (fitsNumber(bound(node))) {
      return (out) => requantize(((a[out] as number) - za) * ((b[out] as number) - zb), m, s, zp, node.dtype);
    }
    return (out) => {
      const product = BigInt((a[out] as number) - za) * BigInt((b[out] as number) - zb);
      return requantize(product, m, s, zp, node.dtype);
    };
  },
});
