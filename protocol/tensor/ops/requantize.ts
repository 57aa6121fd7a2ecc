import { maxAbs } from "../dtype.ts";
import { requantize as rescale } from "../numbers.ts";
import { elementwise } from "./elementwise.ts";
import { attr, operandAt, tensorAt } from "./operator.ts";
import { requireAccumulator, requireMultipliers, requireZeroPoint } from "./rules.ts";

/** rq(X − zpIn, m, s, zpOut). */
export const requantize = elementwise({
  name: "requantize",
  arity: [1],
  attributes: 4,
  check(node, require) {
    const x = operandAt(node, 0);
    requireZeroPoint(node, 0, x.dtype, require);
    requireMultipliers(node, [1], 2, require);
    requireZeroPoint(node, 3, node.dtype, require);
    requireAccumulator(BigInt(maxAbs(x.dtype, attr(node, 0))), require);
  },
  element(node, operands) {
    const { data } = tensorAt(operands, 0);
    const [zpIn, m, s, zpOut] = [attr(node, 0), attr(node, 1), attr(node, 2), attr(node, 3)];
    return (out) => rescale((data[out] as number) - zpIn, m, s, zpOut, node.dtype);
  },
});
