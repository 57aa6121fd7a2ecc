import type { GraphNode } from "../graph/types.ts";
import { roundHalfEven } from "../quantize/encoding.ts";
import { numberOf, textOf } from "./attributes.ts";

type Scalar = (x: number) => number;

/** Error function by its series; 1 beyond 6 to the precision of a double. */
function erf(x: number): number {
  if (Math.abs(x) >= 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-16 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const sigmoid: Scalar = (x) => 1 / (1 + Math.exp(-x));
const softplus: Scalar = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const unit: Scalar = (x) => Math.min(Math.max(x, 0), 1);

function gelu(node: GraphNode): Scalar {
  if (textOf(node, "approximate", "none") !== "tanh") return (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2));
  const factor = Math.sqrt(2 / Math.PI);
  return (x) => 0.5 * x * (1 + Math.tanh(factor * (x + 0.044715 * x ** 3)));
}

/** Operators that compute every element of their one input for itself, by name. */
export const SCALAR_FUNCTIONS: Readonly<Record<string, (node: GraphNode) => Scalar>> = {
  Sqrt: () => Math.sqrt,
  Exp: () => Math.exp,
  Log: () => Math.log,
  Abs: () => Math.abs,
  Neg: () => (x) => -x,
  Sign: () => Math.sign,
  Reciprocal: () => (x) => 1 / x,
  Erf: () => erf,
  Floor: () => Math.floor,
  Ceil: () => Math.ceil,
  Round: () => roundHalfEven,
  Sin: () => Math.sin,
  Cos: () => Math.cos,
  Sigmoid: () => sigmoid,
  Tanh: () => Math.tanh,
  Softplus: () => softplus,
  Softsign: () => (x) => x / (1 + Math.abs(x)),
  HardSwish: () => (x) => x * unit(x / 6 + 0.5),
  Silu: () => (x) => x * sigmoid(x),
  Mish: () => (x) => x * Math.tanh(softplus(x)),
  Gelu: gelu,
  LeakyRelu(node) {
    const alpha = numberOf(node, "alpha", 0.01);
    return (x) => (x < 0 ? alpha * x : x);
  },
  Elu(node) {
    const alpha = numberOf(node, "alpha", 1);
    return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
  },
  Selu(node) {
    const [alpha, gamma] = [numberOf(node, "alpha", 1.6732631921768188), numberOf(node, "gamma", 1.0507010221481323)];
    return (x) => gamma * (x < 0 ? alpha * Math.expm1(x) : x);
  },
  HardSigmoid(node) {
    const [alpha, beta] = [numberOf(node, "alpha", 0.2), numberOf(node, "beta", 0.5)];
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
