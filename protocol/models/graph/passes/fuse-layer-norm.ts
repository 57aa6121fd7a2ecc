import { listOf, numberOf } from "../attributes.ts";
import { elementCount, sameDims } from "../dims.ts";
import { type GraphView, replaced, rewrite } from "../rewrite.ts";
import { allocate, tensorOf } from "../tensors.ts";
import type { Graph, GraphNode } from "../types.ts";

/** First of the trailing axes that a mean runs over, if it runs over trailing axes and keeps them. */
function trailingAxis(node: GraphNode, rank: number): number | undefined {
  const axes = [...listOf(node, "axes")].sort((a, b) => a - b);
  const first = rank - axes.length;
  return numberOf(node, "keepdims") === 1 && axes.length > 0 && axes.every((axis, at) => axis === first + at)
    ? first
    : undefined;
}

/** x and the axis where the value is x - mean(x). */
function centred(name: string | undefined, view: GraphView): { x: string; axis: number } | undefined {
  const node = view.producer(name, "Sub");
  const mean = view.producer(node?.inputs[1], "ReduceMean");
  const x = node?.inputs[0];
  if (x === undefined || mean?.inputs[0] !== x) return undefined;
  const axis = trailingAxis(mean, view.info(x).dims.length);
  return axis === undefined ? undefined : { x, axis };
}

/** The value whose square this is. */
function squareOf(name: string | undefined, view: GraphView): string | undefined {
  const node = view.producer(name, "Pow", "Mul");
  const [a, b] = node?.inputs ?? [];
  if (node?.op === "Pow") return view.scalar(b) === 2 ? a : undefined;
  return a === b ? a : undefined;
}

/** x, the axis and epsilon where the value is √(mean((x - mean(x))²) + ε). */
function deviation(
  name: string | undefined,
  view: GraphView,
): { x: string; axis: number; epsilon: number } | undefined {
  const sum = view.producer(view.producer(name, "Sqrt")?.inputs[0], "Add");
  const [a, b] = sum?.inputs ?? [];
  const epsilon = view.scalar(b) ?? view.scalar(a);
  const mean = view.producer(view.scalar(b) === undefined ? b : a, "ReduceMean");
  const inner = centred(squareOf(mean?.inputs[0], view), view);
  if (mean === undefined || inner === undefined || epsilon === undefined) return undefined;
  return trailingAxis(mean, view.info(inner.x).dims.length) === inner.axis ? { ...inner, epsilon } : undefined;
}

function normalization(node: GraphNode, view: GraphView): GraphNode | undefined {
  const [a, b] = node.inputs as [string, string];
  const divisor = node.op === "Div" ? b : view.producer(b, "Reciprocal")?.inputs[0];
  const [top, bottom] = [centred(a, view), deviation(divisor, view)];
  if (top === undefined || top.x !== bottom?.x || top.axis !== bottom.axis) return undefined;
  const { type, dims } = view.info(top.x);
  const shape = dims.slice(top.axis);
  if (!view.spend(elementCount(shape))) return undefined;
  const ones = tensorOf(type, shape, allocate(type, elementCount(shape)).fill(1 as never));
  const scale = view.add(ones, `${node.outputs[0]!}/scale`);
  return replaced(node, "LayerNormalization", [top.x, scale], { axis: top.axis, epsilon: bottom.epsilon });
}

/** Takes a factor or a shift of the normalised axes into the normalisation before it. */
function affine(node: GraphNode, view: GraphView): GraphNode | undefined {
  for (const [x, constant] of [node.inputs, [...node.inputs].reverse()] as [string, string][]) {
    const before = view.producer(x, "LayerNormalization");
    const tensor = view.constant(constant);
    if (before === undefined || tensor === undefined || !view.isPrivate(x)) continue;
    if (!sameDims(tensor.dims, view.info(x).dims.slice(numberOf(before, "axis")))) continue;
    const hasBias = (before.inputs[2] ?? "") !== "";
    const isPlain = view.constant(before.inputs[1])?.data.every((value) => value === 1) === true;
    const [from, scale] = before.inputs as [string, string];
    if (node.op === "Mul" && isPlain && !hasBias) {
      return { ...replaced(node, before.op, [from, constant]), attributes: before.attributes };
    }
    if (node.op === "Add" && !hasBias) {
      return { ...replaced(node, before.op, [from, scale, constant]), attributes: before.attributes };
    }
  }
  return undefined;
}

function rule(node: GraphNode, view: GraphView): GraphNode | undefined {
  if (node.op === "Div" || node.op === "Mul") {
    const found = normalization(node, view);
    if (found !== undefined) return found;
  }
  return node.op === "Mul" || node.op === "Add" ? affine(node, view) : undefined;
}

/** Recognises layer normalisation where a model has it as means, differences and square roots. */
export function fuseLayerNorm(graph: Graph): Graph {
  return rewrite(graph, rule);
}
