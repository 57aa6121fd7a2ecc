import { type Unary, UNARY_FUNCTIONS } from "../float/ops/unary.ts";
import { numberOf, type WithAttributes } from "../graph/attributes.ts";

const unit: Unary = (x) => Math.min(Math.max(x, 0), 1);
/** Truth values are no real numbers. */
const OF_REALS = Object.fromEntries(Object.entries(UNARY_FUNCTIONS).filter(([op]) => op !== "Not"));

/** Operators that compute every element of their one input for itself, by name. */
export const SCALAR_FUNCTIONS: Readonly<Record<string, (node: WithAttributes) => Unary>> = {
  ...OF_REALS,
  HardSwish: () => (x) => x * unit(x / 6 + 0.5),
  HardSigmoid(node) {
    const [alpha, beta] = [numberOf(node, "alpha"), numberOf(node, "beta")];
    return (x) => unit(alpha * x + beta);
  },
};

/** Operators of two numbers. */
export const SCALAR_PAIRS: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
  Max: Math.max,
  Min: Math.min,
  PRelu: (x, slope) => (x < 0 ? slope * x : x),
};
