import { listOf } from "../attributes.ts";
import { sameDims } from "../dims.ts";
import { prune } from "../prune.ts";
import { GraphView } from "../rewrite.ts";
import type { Graph, GraphNode } from "../types.ts";

/** The number that an operator's other input leaves as it is. */
const NEUTRAL: Readonly<Record<string, number>> = { Mul: 1, Div: 1, Add: 0, Sub: 0 };
const COMMUTES = new Set(["Mul", "Add"]);

/** The input that the node passes on unchanged, or undefined. */
function passedOn(node: GraphNode, view: GraphView): string | undefined {
  const [a, b] = node.inputs;
  if (node.op === "Identity") return a;
  if (node.op === "Reshape") return a;
  if (node.op === "Transpose") return listOf(node, "perm").every((axis, at) => axis === at) ? a : undefined;
  const neutral = NEUTRAL[node.op];
  if (neutral === undefined) return undefined;
  if (view.scalar(b) === neutral) return a;
  return COMMUTES.has(node.op) && view.scalar(a) === neutral ? b : undefined;
}

/** Removes nodes that change nothing: products with 1, sums with 0, and moves that move nothing. */
export function dropNeutral(graph: Graph): Graph {
  const view = new GraphView(graph);
  const outputs = new Set(graph.outputs);
  const renamed = new Map<string, string>();
  const nodes: GraphNode[] = [];
  for (const original of graph.nodes) {
    const node = { ...original, inputs: original.inputs.map((name) => renamed.get(name) ?? name) };
    const [output] = node.outputs as [string];
    const x = passedOn(node, view);
    const isDropped = x !== undefined && !outputs.has(output) && sameDims(view.info(x).dims, view.info(output).dims);
    if (isDropped) renamed.set(output, x);
    else nodes.push(node);
  }
  return prune({ ...graph, nodes });
}
