import { prune } from "./prune.ts";
import type { Attribute, Graph, GraphNode, GraphTensor, ValueInfo } from "./types.ts";

/** Elements that one pass may add as new constants: without a bound, every one of thousands of factors copies the weights again. */
const FREE_ELEMENTS = 2 ** 22;
const PER_CONSTANT = 8;

/** What a pass sees of a graph while it goes through the nodes: replaced nodes in their new form. */
export class GraphView {
  readonly graph: Graph;
  readonly #producers = new Map<string, GraphNode>();
  readonly #uses = new Map<string, number>();
  readonly #added = new Map<string, GraphTensor>();
  #allowance: number;

  constructor(graph: Graph) {
    this.graph = graph;
    this.#allowance = FREE_ELEMENTS;
    for (const { data } of graph.constants.values()) this.#allowance += PER_CONSTANT * data.length;
    const used = [...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs];
    for (const name of used) this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
  }

  get added(): ReadonlyMap<string, GraphTensor> {
    return this.#added;
  }

  place(node: GraphNode): void {
    for (const name of node.outputs) this.#producers.set(name, node);
  }

  /** The node that computes a value, if its operator is one of these. */
  producer(name: string | undefined, ...ops: readonly string[]): GraphNode | undefined {
    const node = name === undefined ? undefined : this.#producers.get(name);
    return node !== undefined && ops.includes(node.op) ? node : undefined;
  }

  /** True for a value that one node reads, and nobody else. */
  isPrivate(name: string): boolean {
    return this.#uses.get(name) === 1;
  }

  info(name: string): ValueInfo {
    return this.graph.values.get(name)!;
  }

  constant(name: string | undefined): GraphTensor | undefined {
    return name === undefined ? undefined : (this.#added.get(name) ?? this.graph.constants.get(name));
  }

  /** The number that a constant of one element holds. */
  scalar(name: string | undefined): number | undefined {
    const tensor = this.constant(name);
    return tensor?.data.length === 1 ? Number(tensor.data[0]) : undefined;
  }

  /** True while a pass may add that many elements more. */
  spend(elements: number): boolean {
    this.#allowance -= elements;
    return this.#allowance >= 0;
  }

  /** Adds a constant under a name like `wanted`. */
  add(tensor: GraphTensor, wanted: string): string {
    const isUsed = (name: string): boolean => this.graph.values.has(name) || this.#added.has(name);
    let name = wanted;
    for (let at = 1; isUsed(name); at++) name = `${wanted}_${at}`;
    this.#added.set(name, tensor);
    return name;
  }
}

/** A node that computes the same values as `node` by other means, or undefined where the node stays. */
export type Rule = (node: GraphNode, view: GraphView) => GraphNode | undefined;

/** `node` with another operator, inputs and attributes: it keeps its name and its outputs. */
export function replaced(
  node: GraphNode,
  op: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): GraphNode {
  return { ...node, op, inputs, attributes: new Map(Object.entries(attributes)) };
}

/** Goes through the nodes in order, replaces those for which the rule gives another one, and drops what nobody needs any more. */
export function rewrite(graph: Graph, rule: Rule): Graph {
  const view = new GraphView(graph);
  const nodes = graph.nodes.map((node) => {
    const result = rule(node, view) ?? node;
    view.place(result);
    return result;
  });
  const values = new Map(graph.values);
  for (const [name, { type, dims }] of view.added) values.set(name, { type, dims });
  return prune({ ...graph, nodes, values, constants: new Map([...graph.constants, ...view.added]) });
}
