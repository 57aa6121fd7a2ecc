import type { Graph, GraphNode } from "./types.ts";

/** The graph without nodes, constants and values that no output needs. Inputs stay, because callers know them. */
export function prune(graph: Graph): Graph {
  const needed = new Set<string>(graph.outputs);
  const nodes: GraphNode[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    nodes.push(node);
    for (const name of node.inputs) if (name !== "") needed.add(name);
  }
  nodes.reverse();
  const produced = nodes.flatMap((node) => node.outputs).filter((name) => name !== "");
  const present = new Set([...graph.inputs, ...needed, ...produced]);
  return {
    ...graph,
    nodes,
    constants: new Map([...graph.constants].filter(([name]) => needed.has(name))),
    values: new Map([...graph.values].filter(([name]) => present.has(name))),
  };
}
