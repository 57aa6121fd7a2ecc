import { numberOf, textOf } from "../attributes.ts";
import { GraphBuilder } from "../builder.ts";
import { nodeError } from "../model-error.ts";
import { prune } from "../prune.ts";
import { allocate, tensorOf, withDims } from "../tensors.ts";
import type { Attribute, Graph, GraphNode, GraphTensor } from "../types.ts";

/** One direction of a recurrent layer while it is taken apart: emits nodes under the layer's name. */
class Direction {
  readonly node: GraphNode;
  readonly builder: GraphBuilder;
  readonly at: number;
  readonly batch: number;
  readonly hidden: number;
  readonly gates: number;

  constructor(node: GraphNode, builder: GraphBuilder, at: number, batch: number) {
    this.node = node;
    this.builder = builder;
    this.at = at;
    this.batch = batch;
    this.hidden = numberOf(node, "hidden_size");
    this.gates = node.op === "LSTM" ? 4 : 3;
  }

  emit(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const { name } = this.node;
    return this.builder.add({ op, name, inputs, attributes, outputs: [`${name}/${this.at}/${op}`] })[0]!;
  }

  /** The part of a two-dimensional value in the given rows and columns. */
  part(
    value: string,
    rows: readonly [from: number, count: number],
    columns: readonly [from: number, count: number],
  ): string {
    return this.emit("Slice", [value], {
      starts: [rows[0], columns[0]],
      steps: [1, 1],
      sizes: [rows[1], columns[1]],
    });
  }

  /** Values of some gates, `count` of them from number `first` on. */
  gate(value: string, first: number, count = 1): string {
    return this.part(value, [0, this.batch], [first * this.hidden, count * this.hidden]);
  }

  /** A part of a layer's constant that belongs to this direction; zeros where the layer has none. */
  own(index: number, dims: readonly number[]): GraphTensor {
    const size = dims.reduce((product, dim) => product * dim, 1);
    const name = this.node.inputs[index] ?? "";
    if (name === "") return tensorOf("f32", dims, allocate("f32", size));
    const tensor = this.builder.constantOf(name);
    if (tensor === undefined) throw nodeError(this.node, "it cannot be unrolled: its weights are not constants");
    return withDims({ ...tensor, data: tensor.data.slice(this.at * size, (this.at + 1) * size) } as GraphTensor, dims);
  }

  /** The state before the first step. */
  initial(index: number): string {
    const { batch, hidden } = this;
    const name = this.node.inputs[index] ?? "";
    if (name === "") return this.put(tensorOf("f32", [batch, hidden], new Float32Array(batch * hidden)));
    const slice = { starts: [this.at, 0, 0], steps: [1, 1, 1], sizes: [1, batch, hidden] };
    return this.emit("Reshape", [this.emit("Slice", [name], slice)], { shape: [batch, hidden] });
  }

  put(tensor: GraphTensor): string {
    return this.builder.constant(tensor, `${this.node.name}/${this.at}/weights`);
  }

  /** Weights of the given gates, transposed so that values are multiplied from the left. */
  transposed(tensor: GraphTensor, first: number, count: number): string {
    const rows = this.part(this.put(tensor), [first * this.hidden, count * this.hidden], [0, tensor.dims[1]!]);
    return this.emit("Transpose", [rows], { perm: [1, 0] });
  }

  /** Biases of the input or of the recurrence. */
  bias(isRecurrent: boolean): GraphTensor {
    const width = this.gates * this.hidden;
    const both = this.own(3, [2 * width]);
    const data = both.data.slice(isRecurrent ? width : 0, isRecurrent ? 2 * width : width);
    return { ...both, dims: [width], data } as GraphTensor;
  }
}

interface State {
  readonly h: string;
  readonly c: string;
}

function lstm(layer: Direction): (x: string, state: State) => State {
  const width = layer.gates * layer.hidden;
  const recurrence = layer.transposed(layer.own(2, [width, layer.hidden]), 0, 4);
  const bias = layer.put(layer.bias(true));
  return (x, { h, c }) => {
    const sum = layer.emit("Add", [x, layer.emit("Gemm", [h, recurrence, bias])]);
    const [input, output, forget] = [0, 1, 2].map((at) => layer.emit("Sigmoid", [layer.gate(sum, at)])) as [
      string,
      string,
      string,
    ];
    const candidate = layer.emit("Tanh", [layer.gate(sum, 3)]);
    const cell = layer.emit("Add", [layer.emit("Mul", [forget, c]), layer.emit("Mul", [input, candidate])]);
    return { h: layer.emit("Mul", [output, layer.emit("Tanh", [cell])]), c: cell };
  };
}

function gru(layer: Direction): (x: string, state: State) => State {
  const { hidden, gates } = layer;
  const weights = layer.own(2, [gates * hidden, hidden]);
  const bias = layer.bias(true);
  const biasOf = (first: number, count: number): string =>
    layer.put({
      ...bias,
      dims: [count * hidden],
      data: bias.data.slice(first * hidden, (first + count) * hidden),
    } as GraphTensor);
  const [gateWeights, gateBias] = [layer.transposed(weights, 0, 2), biasOf(0, 2)];
  const [lastWeights, lastBias] = [layer.transposed(weights, 2, 1), biasOf(2, 1)];
  const isLinear = numberOf(layer.node, "linear_before_reset") !== 0;
  return (x, { h, c }) => {
    const own = layer.emit("Gemm", [h, gateWeights, gateBias]);
    const [update, reset] = [0, 1].map((at) =>
      layer.emit("Sigmoid", [layer.emit("Add", [layer.gate(x, at), layer.gate(own, at)])]),
    ) as [string, string];
    const memory = isLinear
      ? layer.emit("Mul", [reset, layer.emit("Gemm", [h, lastWeights, lastBias])])
      : layer.emit("Gemm", [layer.emit("Mul", [reset, h]), lastWeights, lastBias]);
    const candidate = layer.emit("Tanh", [layer.emit("Add", [layer.gate(x, 2), memory])]);
    // (1 - z) · n + z · h = n + z · (h - n)
    const change = layer.emit("Mul", [update, layer.emit("Sub", [h, candidate])]);
    return { h: layer.emit("Add", [candidate, change]), c };
  };
}

/** Hidden states of all steps in the order of time, and the last states, each [batch, hidden]. */
function unrollDirection(
  layer: Direction,
  x: string,
  steps: number,
  isReverse: boolean,
): { all: string[]; last: State } {
  const { batch, hidden, gates } = layer;
  const width = gates * hidden;
  const size = layer.builder.info(x).dims[1]!;
  const weights = layer.transposed(layer.own(1, [width, size]), 0, gates);
  const inputs = layer.emit("Gemm", [x, weights, layer.put(layer.bias(false))]);
  const isLstm = layer.node.op === "LSTM";
  const step = isLstm ? lstm(layer) : gru(layer);
  let state: State = { h: layer.initial(4), c: isLstm ? layer.initial(5) : "" };
  const all = new Array<string>(steps);
  for (let at = 0; at < steps; at++) {
    const time = isReverse ? steps - 1 - at : at;
    state = step(layer.part(inputs, [time * batch, batch], [0, width]), state);
    all[time] = state.h;
  }
  return { all, last: state };
}

/** Puts values of one shape behind one another along an axis that they get for it. */
function stacked(layer: Direction, values: readonly string[], shape: readonly number[], axis: number): string {
  const parts = values.map((value) => layer.emit("Reshape", [value], { shape }));
  return parts.length === 1 ? parts[0]! : layer.emit("Concat", parts, { axis });
}

function unroll(node: GraphNode, builder: GraphBuilder): string[] {
  const [steps, batch, size] = builder.info(node.inputs[0]!).dims as [number, number, number];
  const direction = textOf(node, "direction");
  const layers = Array.from(
    { length: direction === "bidirectional" ? 2 : 1 },
    (_, at) => new Direction(node, builder, at, batch),
  );
  const [first] = layers as [Direction];
  const { hidden } = first;
  const x = first.emit("Reshape", [node.inputs[0]!], { shape: [steps * batch, size] });
  const parts = layers.map((layer) => unrollDirection(layer, x, steps, direction === "reverse" || layer.at === 1));
  const wants = (index: number): boolean => (node.outputs[index] ?? "") !== "";
  const sequences = (): string => {
    const each = parts.map(({ all }) => stacked(first, all, [1, 1, batch, hidden], 0));
    return each.length === 1 ? each[0]! : first.emit("Concat", each, { axis: 1 });
  };
  const states = (key: "h" | "c"): string => {
    const last = parts.map((part) => part.last[key]);
    return stacked(first, last, [1, batch, hidden], 0);
  };
  return [wants(0) ? sequences() : "", wants(1) ? states("h") : "", wants(2) ? states("c") : ""];
}

/**
 * Takes LSTM and GRU layers apart into matrix products and elementwise operators, one copy for each step. Throws InvalidInputError for
 * layers whose weights are not constants.
 */
export function unrollRecurrent(graph: Graph): Graph {
  if (!graph.nodes.some(({ op }) => op === "LSTM" || op === "GRU")) return graph;
  const builder = new GraphBuilder();
  builder.reserve(graph.outputs);
  const names = new Map<string, string>([["", ""]]);
  for (const name of graph.inputs) {
    builder.input(name, graph.values.get(name)!);
    names.set(name, name);
  }
  for (const [name, tensor] of graph.constants) names.set(name, builder.constant(tensor, name));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => names.get(name)!);
    const isRecurrent = node.op === "LSTM" || node.op === "GRU";
    const outputs = isRecurrent
      ? unroll({ ...node, inputs }, builder)
      : builder.add({ ...node, inputs, attributes: Object.fromEntries(node.attributes) });
    for (const [index, name] of node.outputs.entries()) names.set(name, outputs[index]!);
    names.set("", "");
  }
  return prune(
    builder.finish(
      graph.name,
      graph.outputs.map((name) => [name, names.get(name)!]),
    ),
  );
}
