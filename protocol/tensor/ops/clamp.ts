import { inRange } from "../dtype.ts";
import { elementwise } from "./elementwise.ts";
import { attr, tensorAt } from "./operator.ts";
import { requireSameDtype } from "./rules.ts";

/** min(max(X, lo), hi). */
export const clamp = elementwise({
  name: "clamp",
  arity: [1],
  attributes: 2,
  check(node, require) {
    requireSameDtype(node, 0, require);
    const [lo, hi] = [attr(node, 0), attr(node, 1)];
    require(inRange(node.dtype, lo), "a0", `lower bound ${lo} is not in the range of ${node.dtype}`);
    require(inRange(node.dtype, hi), "a1", `upper bound ${hi} is not in the range of ${node.dtype}`);
    require(lo <= hi, "a1", `upper bound ${hi} lies below the lower bound ${lo}`);
  },
  element(node, operands) {
    const { data } = tensorAt(operands, 0);
    const [lo, hi] = [attr(node, 0), attr(node, 1)];
    return (out) => Math.min(Math.max(data[out] as number, lo), hi);
  },
});
