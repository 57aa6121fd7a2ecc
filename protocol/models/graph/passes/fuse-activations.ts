import { numberOf } from "../attributes.ts";
import { type GraphView, replaced, rewrite } from "../rewrite.ts";
import type { Graph, GraphNode } from "../types.ts";

/** A product as its constant coefficient and what it multiplies. */
interface Product {
  readonly coefficient: number;
  readonly factors: readonly string[];
}

/** Most nested multiplications that a known activation has. */
const MAX_DEPTH = 4;

function isNear(value: number, wanted: number): boolean {
  return Math.abs(value - wanted) <= 1e-5 * Math.abs(wanted);
}

/** Takes a value apart into factors, through multiplications and divisions by constants. */
function productOf(name: string, view: GraphView, depth = 0): Product {
  const node = depth > MAX_DEPTH ? undefined : view.producer(name, "Mul", "Div");
  const alone = { coefficient: 1, factors: [name] };
  if (node === undefined) return alone;
  const [a, b] = node.inputs as [string, string];
  const divisor = view.scalar(b);
  if (node.op === "Div") {
    if (divisor === undefined) return alone;
    const { coefficient, factors } = productOf(a, view, depth + 1);
    return { coefficient: coefficient / divisor, factors };
  }
  const parts = [a, b].map((input): Product => {
    const scalar = view.scalar(input);
    return scalar === undefined ? productOf(input, view, depth + 1) : { coefficient: scalar, factors: [] };
  });
  return {
    coefficient: parts.reduce((product, part) => product * part.coefficient, 1),
    factors: parts.flatMap(({ factors }) => factors),
  };
}

/** The other input of an addition of the number `constant`. */
function addedTo(name: string, constant: number, view: GraphView): string | undefined {
  const node = view.producer(name, "Add");
  const [a, b] = node?.inputs ?? [];
  const [left, right] = [view.scalar(a), view.scalar(b)];
  if (right !== undefined && isNear(right, constant)) return a;
  return left !== undefined && isNear(left, constant) ? b : undefined;
}

/** x where the value is min(max(x + 3, 0), 6). */
function relu6OfShifted(name: string, view: GraphView): string | undefined {
  const node = view.producer(name, "Clip");
  if (node === undefined || numberOf(node, "min") !== 0 || numberOf(node, "max") !== 6) return undefined;
  return addedTo(node.inputs[0]!, 3, view);
}

/** x where the value is the hard sigmoid min(max(x / 6 + 1/2, 0), 1). */
function hardSigmoidOf(name: string, view: GraphView): string | undefined {
  const node = view.producer(name, "HardSigmoid");
  if (node === undefined || !isNear(numberOf(node, "alpha"), 1 / 6)) return undefined;
  return isNear(numberOf(node, "beta"), 0.5) ? node.inputs[0] : undefined;
}

/** x where the value is coefficient · x. */
function scaledBy(name: string, coefficient: number, view: GraphView): string | undefined {
  const product = productOf(name, view);
  return product.factors.length === 1 && isNear(product.coefficient, coefficient) ? product.factors[0] : undefined;
}

/** x where the value is 1 + erf(x / √2). */
function onePlusErf(name: string, view: GraphView): string | undefined {
  const erf = view.producer(addedTo(name, 1, view), "Erf");
  return erf === undefined ? undefined : scaledBy(erf.inputs[0]!, Math.SQRT1_2, view);
}

function isCube(name: string, x: string, view: GraphView): boolean {
  const { coefficient, factors } = productOf(name, view);
  if (!isNear(coefficient, 0.044715)) return false;
  if (factors.length === 3) return factors.every((factor) => factor === x);
  const power = factors.length === 1 ? view.producer(factors[0], "Pow") : undefined;
  return power?.inputs[0] === x && view.scalar(power.inputs[1]) === 3;
}

/** x where the value is 1 + tanh(√(2/π) · (x + 0.044715 x³)). */
function onePlusTanh(name: string, view: GraphView): string | undefined {
  const tanh = view.producer(addedTo(name, 1, view), "Tanh");
  if (tanh === undefined) return undefined;
  const sum = view.producer(scaledBy(tanh.inputs[0]!, Math.sqrt(2 / Math.PI), view), "Add");
  const [a, b] = sum?.inputs ?? [];
  if (a === undefined || b === undefined) return undefined;
  return isCube(b, a, view) ? a : isCube(a, b, view) ? b : undefined;
}

/** Activations of the form coefficient · x · gate(x): the coefficient and how x is found in the gate. */
const GATED: readonly {
  readonly op: string;
  readonly coefficient: number;
  readonly argument: (gate: string, view: GraphView) => string | undefined;
  readonly attributes?: Readonly<Record<string, string>>;
}[] = [
  { op: "Silu", coefficient: 1, argument: (gate, view) => view.producer(gate, "Sigmoid")?.inputs[0] },
  { op: "HardSwish", coefficient: 1, argument: hardSigmoidOf },
  { op: "HardSwish", coefficient: 1 / 6, argument: relu6OfShifted },
  { op: "Gelu", coefficient: 0.5, argument: onePlusErf, attributes: { approximate: "none" } },
  { op: "Gelu", coefficient: 0.5, argument: onePlusTanh, attributes: { approximate: "tanh" } },
  {
    op: "Mish",
    coefficient: 1,
    argument: (gate, view) => view.producer(view.producer(gate, "Tanh")?.inputs[0], "Softplus")?.inputs[0],
  },
];

function rule(node: GraphNode, view: GraphView): GraphNode | undefined {
  if (node.op !== "Mul" && node.op !== "Div") return undefined;
  // The node is not in the view yet: productOf reads it by its output.
  view.place(node);
  const { coefficient, factors } = productOf(node.outputs[0]!, view);
  const [first, second] = factors;
  const { dims } = view.info(node.outputs[0]!);
  const keepsShape = (x: string): boolean => elementwise(view.info(x).dims, dims);
  if (factors.length === 1 && isNear(coefficient, 1 / 6)) {
    const x = relu6OfShifted(first!, view);
    return x !== undefined && keepsShape(x)
      ? replaced(node, "HardSigmoid", [x], { alpha: 1 / 6, beta: 0.5 })
      : undefined;
  }
  if (factors.length !== 2) return undefined;
  for (const { op, coefficient: wanted, argument, attributes } of GATED) {
    if (!isNear(coefficient, wanted)) continue;
    for (const [x, gate] of [
      [first!, second!],
      [second!, first!],
    ] as const) {
      if (argument(gate, view) === x && keepsShape(x)) return replaced(node, op, [x], attributes);
    }
  }
  return undefined;
}

function elementwise(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** Recognises HardSwish, HardSigmoid, Silu, Gelu and Mish where a model has them as additions, products and simple functions. */
export function fuseActivations(graph: Graph): Graph {
  return rewrite(graph, rule);
}
