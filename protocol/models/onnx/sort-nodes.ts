import { modelError, quoted } from "../graph/model-error.ts";
import type { GraphProto, NodeProto } from "./proto.ts";

/** Names that the nodes of a subgraph read, those from outside among them. */
function readsInside(graph: GraphProto, into: Set<string>): void {
  for (const { name } of graph.outputs ?? []) into.add(name ?? "");
  for (const node of graph.nodes ?? []) for (const name of readsOf(node)) into.add(name);
}

/** Names that a node reads, itself or in its subgraphs. */
function readsOf(node: NodeProto): Set<string> {
  const names = new Set(node.inputs ?? []);
  for (const { g } of node.attributes ?? []) if (g !== undefined) readsInside(g, names);
  return names;
}

function producersOf(nodes: readonly NodeProto[], given: ReadonlySet<string>): Map<string, number> {
  const producers = new Map<string, number>();
  for (const [index, node] of nodes.entries()) {
    for (const name of node.outputs ?? []) {
      if (name === "") continue;
      if (producers.has(name) || given.has(name)) throw modelError(`two values have the name ${quoted(name)}`);
      producers.set(name, index);
    }
  }
  return producers;
}

function labelOf(node: NodeProto): string {
  return `${(node.op ?? "?").slice(0, 40)} ${quoted(node.name ?? node.outputs?.[0] ?? "")}`;
}

/** Nodes that are needed for the outputs, each behind those that it reads from. Throws InvalidInputError for a cycle. */
function visitFrom(
  roots: readonly number[],
  sources: readonly (readonly number[])[],
  nodes: readonly NodeProto[],
): number[] {
  const order: number[] = [];
  const state = new Uint8Array(nodes.length);
  const [OPEN, DONE] = [1, 2];
  // A stack of its own: a chain of ten thousand nodes is no deep recursion.
  for (const root of roots) {
    const stack: { node: number; next: number }[] = [{ node: root, next: 0 }];
    if (state[root] !== 0) continue;
    state[root] = OPEN;
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      const source = sources[top.node]![top.next++];
      if (source === undefined) {
        state[top.node] = DONE;
        order.push(top.node);
        stack.pop();
      } else if (state[source] === OPEN) {
        throw modelError(`node ${labelOf(nodes[source]!)} depends on its own result`);
      } else if (state[source] !== DONE) {
        state[source] = OPEN;
        stack.push({ node: source, next: 0 });
      }
    }
  }
  return order;
}

/**
 * The nodes that the outputs of a graph need, in an order in which they can be computed: that of the file wherever it is one.
 *
 * @param given names that are known without a node: inputs and initializers
 * @throws InvalidInputError for names that two nodes compute, and for cycles
 */
export function sortNodes(graph: GraphProto, given: ReadonlySet<string>): NodeProto[] {
  const nodes = graph.nodes ?? [];
  const producers = producersOf(nodes, given);
  const indicesOf = (names: Iterable<string>): number[] =>
    [...names].map((name) => producers.get(name)).filter((index) => index !== undefined);
  const sources = nodes.map((node) => indicesOf(readsOf(node)));
  const order = visitFrom(indicesOf((graph.outputs ?? []).map(({ name }) => name ?? "")), sources, nodes);
  const isSorted = order.every((index) => sources[index]!.every((source) => source < index));
  if (isSorted) order.sort((a, b) => a - b);
  return order.map((index) => nodes[index]!);
}
