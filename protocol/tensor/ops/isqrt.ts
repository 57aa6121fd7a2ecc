import { saturate } from "../numbers.ts";
import { elementwise } from "./elementwise.ts";
import { tensorAt } from "./operator.ts";

/** sat(floor(√X)); a negative X gives 0. A correctly rounded root of an integer below 2^31 never rounds up to one. */
export const isqrt = elementwise({
  name: "isqrt",
  arity: [1],
  attributes: 0,
  check() {},
  element(node, operands) {
    const { data } = tensorAt(operands, 0);
    return (out) => saturate(Math.floor(Math.sqrt(Math.max(data[out] as number, 0))), node.dtype);
  },
});
