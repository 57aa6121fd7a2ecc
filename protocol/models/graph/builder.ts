import { finish } from "../float/kernel.ts";
import { runKernel } from "../float/kernels.ts";
import { elementCount } from "./dims.ts";
import { inferOutputs } from "./infer/table.ts";
import { modelError, nodeError, quoted } from "./model-error.ts";
import type { Attribute, Graph, GraphNode, GraphTensor, ValueInfo } from "./types.ts";

/** Elements that folding may add to a model's constants, whatever their number: a few hostile nodes can claim any. */
const FREE_FOLDED_ELEMENTS = 2 ** 25;
/** How many times the model's own constants folding may add on top: weights are transposed, scaled and split. */
const FOLDED_PER_CONSTANT = 8;
/** Most multiplications that folding may do: some seconds. */
const MAX_FOLDED_WORK = 2 ** 31;
const MAX_NODES = 65_536;

/** Products that are summed up for one element of the result, at most. */
function depthOf(op: string, inputs: readonly (GraphTensor | undefined)[]): number {
  const [a, b] = inputs;
  switch (op) {
    case "MatMul":
    case "Gemm":
      return a?.dims.at(-1) ?? 1;
    case "Conv":
    case "ConvTranspose":
    case "LSTM":
    case "GRU":
      return b?.data.length ?? 1;
    default:
      return 1;
  }
}

/** A node that is added: its operator in canonical form and what it reads. */
export interface NewNode {
  readonly op: string;
  /** Name for messages. */
  readonly name: string;
  readonly inputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Wanted names of the outputs; others are taken where these are in use. */
  readonly outputs: readonly string[];
}

/**
 * Builds a graph node by node. Types and shapes are inferred at once, and a node all of whose inputs are constants is computed instead of
 * added, so what a later node reads is known as early as it can be.
 */
export class GraphBuilder {
  readonly #inputs: string[] = [];
  readonly #constants = new Map<string, GraphTensor>();
  readonly #nodes: GraphNode[] = [];
  readonly #values = new Map<string, ValueInfo>();
  readonly #reserved = new Set<string>();
  readonly #suffixes = new Map<string, number>();
  #folded = 0;
  #given = 0;
  #foldedWork = 0;

  /** Keeps names for the graph's outputs, so that no other value takes them. */
  reserve(names: Iterable<string>): void {
    for (const name of names) this.#reserved.add(name);
  }

  /** Declares an input of the graph. Throws InvalidInputError for a name that is in use. */
  input(name: string, info: ValueInfo): void {
    if (this.#values.has(name)) throw modelError(`two values have the name ${quoted(name)}`);
    elementCount(info.dims);
    this.#inputs.push(name);
    this.#values.set(name, info);
  }

  /** Adds a constant under a name like `wanted` and returns that name. */
  constant(tensor: GraphTensor, wanted: string): string {
    this.#given += tensor.data.length;
    return this.#place(tensor, wanted);
  }

  #place(tensor: GraphTensor, wanted: string): string {
    const name = this.#fresh(wanted);
    this.#constants.set(name, tensor);
    this.#values.set(name, { type: tensor.type, dims: tensor.dims });
    return name;
  }

  /** Type and shape of a value. */
  info(name: string): ValueInfo {
    const info = this.#values.get(name);
    if (info === undefined) throw modelError(`nothing computes the value ${quoted(name)}`);
    return info;
  }

  constantOf(name: string): GraphTensor | undefined {
    return this.#constants.get(name);
  }

  /** Names of the graph's inputs that a value depends on. */
  inputsBehind(value: string): string[] {
    const needed = new Set([value]);
    for (const node of [...this.#nodes].reverse()) {
      if (node.outputs.some((name) => needed.has(name))) for (const name of node.inputs) needed.add(name);
    }
    return this.#inputs.filter((name) => needed.has(name));
  }

  /** Adds a node, or its values where all inputs are constants, and returns the names of its outputs. */
  add({ op, name, inputs, attributes = {}, outputs }: NewNode): string[] {
    const node = { op, name, inputs, attributes: new Map(Object.entries(attributes)) };
    const infos = inputs.map((input) => (input === "" ? undefined : this.info(input)));
    const inferred = inferOutputs({ ...node, inputs: infos, outputCount: outputs.length });
    if (inputs.every((input) => input === "" || this.#constants.has(input))) {
      return this.#fold(node, inferred, outputs);
    }
    if (this.#nodes.length >= MAX_NODES) throw modelError(`it has more than ${MAX_NODES} nodes`);
    const names = outputs.map((output) => (output === "" ? "" : this.#fresh(output)));
    this.#nodes.push({ ...node, outputs: names });
    for (const [index, output] of names.entries()) if (output !== "") this.#values.set(output, inferred[index]!);
    return names;
  }

  /** The graph with its outputs under the given names. Nodes that no output needs are still in it. */
  finish(name: string, outputs: readonly (readonly [name: string, value: string])[]): Graph {
    const isOutput = new Set(outputs.map(([output]) => output));
    const produced = new Set(this.#nodes.flatMap((node) => node.outputs));
    const renamed = new Map<string, string>();
    for (const [output, value] of outputs) {
      if (output === value) continue;
      if (produced.has(value) && !renamed.has(value) && !isOutput.has(value)) renamed.set(value, output);
      else {
        const attributes = new Map<string, Attribute>();
        this.#nodes.push({ op: "Identity", name: output, inputs: [value], outputs: [output], attributes });
      }
      this.#values.set(output, this.info(value));
    }
    for (const value of renamed.keys()) this.#values.delete(value);
    const rename = (list: readonly string[]): string[] => list.map((value) => renamed.get(value) ?? value);
    return {
      name,
      inputs: this.#inputs,
      outputs: outputs.map(([output]) => output),
      constants: this.#constants,
      nodes: this.#nodes.map((node) => ({ ...node, inputs: rename(node.inputs), outputs: rename(node.outputs) })),
      values: this.#values,
    };
  }

  #fold(node: Omit<GraphNode, "outputs">, inferred: readonly ValueInfo[], outputs: readonly string[]): string[] {
    const inputs = node.inputs.map((input) => (input === "" ? undefined : this.#constants.get(input)));
    const produced = inferred.reduce((sum, { dims }) => sum + elementCount(dims), 0);
    this.#folded += produced;
    this.#foldedWork += produced * depthOf(node.op, inputs);
    const most = FREE_FOLDED_ELEMENTS + FOLDED_PER_CONSTANT * this.#given;
    if (this.#folded > most || this.#foldedWork > MAX_FOLDED_WORK) {
      throw nodeError(
        node,
        "the constants of this model are too large to compute",
        "save the model with constants folded",
      );
    }
    const tensors = finish(runKernel({ ...node, inputs, outputs: inferred }));
    return outputs.map((output, index) => (output === "" ? "" : this.#place(tensors[index]!, output)));
  }

  #fresh(wanted: string): string {
    const isFree = (name: string): boolean => !this.#values.has(name) && (name === wanted || !this.#reserved.has(name));
    if (isFree(wanted)) return wanted;
    // Counted on from the last one: thousands of values of an unrolled layer want the same name.
    let at = this.#suffixes.get(wanted) ?? 1;
    while (!isFree(`${wanted}_${at}`)) at++;
    this.#suffixes.set(wanted, at + 1);
    return `${wanted}_${at}`;
  }
}
