import { dtypeMax, dtypeMin } from "../dtype.ts";
import { halfEvenDivSmall, saturate } from "../numbers.ts";
import type { DType } from "../types.ts";
import { elementwise } from "./elementwise.ts";
import { tensorAt } from "./operator.ts";

function quotient(a: number, b: number, dtype: DType): number {
  if (b !== 0) return saturate(halfEvenDivSmall(a, b), dtype);
  if (a === 0) return 0;
  return a > 0 ? dtypeMax(dtype) : dtypeMin(dtype);
}

/** sat(halfEven(A/B)); x/0 saturates by the sign of x, 0/0 is 0. */
export const div = elementwise({
  name: "div",
  arity: [2],
  attributes: 0,
  check() {},
  element(node, operands) {
    const [a, b] = [tensorAt(operands, 0).data, tensorAt(operands, 1).data];
    return (out) => quotient(a[out] as number, b[out] as number, node.dtype);
  },
});
