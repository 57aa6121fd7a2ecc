import { maxAbs } from "../dtype.ts";
import { requantize } from "../numbers.ts";
import type { ProgramNode } from "../types.ts";
import { elementwise } from "./elementwise.ts";
import { attr, operandAt, tensorAt, type Operator } from "./operator.ts";
import { fitsNumber, requireAccumulator, requireMultipliers, requireZeroPoint } from "./rules.ts";

/** Largest |(A−za)·ma| + |(B−zb)·mb|. */
function bound(node: ProgramNode): bigint {
  const term = (operand: number): bigint =>
    BigInt(maxAbs(operandAt(node, operand).dtype, attr(node, operand))) * BigInt(attr(node, 2 + operand));
  return term(0) + term(1);
}

function addsub(name: "add" | "sub", sign: 1 | -1): Operator {
  return elementwise({
    name,
    arity: [2],
    attributes: 6,
    check(node, require) {
      requireZeroPoint(node, 0, operandAt(node, 0).dtype, require);
      requireZeroPoint(node, 1, operandAt(node, 1).dtype, require);
      requireMultipliers(node, [2, 3], 4, require);
      requireZeroPoint(node, 5, node.dtype, require);
      requireAccumulator(bound(node), require);
    },
    element(node, operands) {
      const [a, b] = [tensorAt(operands, 0).data, tensorAt(operands, 1).data];
      const [za, zb, ma, s, zp] = [attr(node, 0), attr(node, 1), attr(node, 2), attr(node, 4), attr(node, 5)];
      const mb = sign * attr(node, 3);
      if (fitsNumber(bound(node))) {
        return (out) => {
          const acc = ((a[out] as number) - za) * ma + ((b[out] as number) - zb) * mb;
          return requantize(acc, 1, s, zp, node.dtype);
        };
      }
      return (out) => {
        const left = BigInt((a[out] as number) - za) * BigInt(ma);
        const right = BigInt((b[out] as number) - zb) * BigInt(mb);
        return requantize(left + right, 1, s, zp, node.dtype);
      };
    },
  });
}

/** rq((A−za)·ma + (B−zb)·mb, 1, s, zpOut). */
export const add = addsub("add", 1);

/** rq((A−za)·ma − (B−zb)·mb, 1, s, zpOut). */
export const sub = addsub("sub", -1);
