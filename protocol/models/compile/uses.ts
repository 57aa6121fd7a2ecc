import type { Graph, GraphNode } from "../graph/types.ts";

/** Who makes and who reads each value of a graph. */
export interface Uses {
  /** The nodes that read a value, each once. */
  readers(name: string): readonly GraphNode[];
  /** The node that computes a value, or undefined of inputs and constants. */
  maker(name: string): GraphNode | undefined;
  isOutput(name: string): boolean;
  /** True if exactly one node reads the value, and the graph does not give it out. */
  once(name: string): boolean;
}

/** Makers and readers of all values of a graph. */
export function usesOf(graph: Graph): Uses {
  const readers = new Map<string, GraphNode[]>();
  const makers = new Map<string, GraphNode>();
  for (const node of graph.nodes) {
    for (const name of new Set(node.inputs)) readers.set(name, [...(readers.get(name) ?? []), node]);
    for (const name of node.outputs) makers.set(name, node);
  }
  const outputs = new Set(graph.outputs);
  return {
    readers: (name) => readers.get(name) ?? [],
    maker: (name) => makers.get(name),
    isOutput: (name) => outputs.has(name),
    once: (name) => !outputs.has(name) && readers.get(name)?.length === 1,
  };
}
