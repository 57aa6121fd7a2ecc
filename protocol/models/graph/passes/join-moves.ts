import { listOf } from "../attributes.ts";
import { type GraphView, replaced, rewrite } from "../rewrite.ts";
import type { Graph, GraphNode } from "../types.ts";

function rule(node: GraphNode, view: GraphView): GraphNode | undefined {
  const before = view.producer(node.inputs[0], node.op);
  if (before === undefined) return undefined;
  if (node.op === "Reshape") return { ...node, inputs: before.inputs };
  if (node.op !== "Transpose") return undefined;
  const inner = listOf(before, "perm");
  return replaced(node, "Transpose", before.inputs, { perm: listOf(node, "perm").map((axis) => inner[axis]!) });
}

/** Joins a reshape with a reshape before it, and a transposition with a transposition. */
export function joinMoves(graph: Graph): Graph {
  return rewrite(graph, rule);
}
