import { numberOf } from "../attributes.ts";
import { elementCount } from "../dims.ts";
import { type GraphView, replaced, rewrite } from "../rewrite.ts";
import type { Graph, GraphNode, GraphTensor } from "../types.ts";

type FloatTensor = Extract<GraphTensor, { type: "f32" | "f64" }>;

function floatConstant(view: GraphView, name: string | undefined): FloatTensor | undefined {
  const tensor = view.constant(name);
  return tensor?.type === "f32" || tensor?.type === "f64" ? tensor : undefined;
}

/** One value for each channel, from a constant that is broadcast along `axis` of the result; undefined for any other constant. */
function perChannel(tensor: FloatTensor, dims: readonly number[], axis: number): Float64Array | undefined {
  const lead = dims.length - tensor.dims.length;
  if (lead < 0) return undefined;
  const isOther = tensor.dims.some((dim, at) => dim !== 1 && at + lead !== axis);
  if (isOther) return undefined;
  const channels = dims[axis]!;
  if (tensor.data.length === 1) return new Float64Array(channels).fill(tensor.data[0]!);
  return tensor.data.length === channels ? Float64Array.from(tensor.data) : undefined;
}

/** Axis of the weights that counts the output's channels, the axis of the result that they lie on, and where the bias is read. */
function layoutOf(node: GraphNode, result: readonly number[]): { weightAxis: number; axis: number; hasBias: boolean } {
  if (node.op === "Conv") return { weightAxis: 0, axis: 1, hasBias: true };
  if (node.op === "ConvTranspose") return { weightAxis: 1, axis: 1, hasBias: true };
  const isMatrix = result.length === 2;
  return { weightAxis: 1, axis: result.length - 1, hasBias: isMatrix };
}

function multiplied(weights: FloatTensor, axis: number, factors: Float64Array): GraphTensor {
  const inner = elementCount(weights.dims.slice(axis + 1));
  const channels = weights.dims[axis]!;
  const data = weights.data.map((value, at) => value * factors[Math.floor(at / inner) % channels]!);
  return { ...weights, data } as GraphTensor;
}

/** Factors and shifts that a node applies to each channel of `x`; undefined for any other node. */
function scaleShift(
  node: GraphNode,
  view: GraphView,
): { x: string; constant: FloatTensor; toFactor?: (c: number) => number; toShift?: (c: number) => number } | undefined {
  const [a, b] = node.inputs as [string, string];
  const right = floatConstant(view, b);
  const left = floatConstant(view, a);
  if (right !== undefined) {
    if (node.op === "Mul") return { x: a, constant: right, toFactor: (c) => c };
    if (node.op === "Div") return { x: a, constant: right, toFactor: (c) => 1 / c };
    if (node.op === "Add") return { x: a, constant: right, toShift: (c) => c };
    if (node.op === "Sub") return { x: a, constant: right, toShift: (c) => -c };
  }
  if (left !== undefined && node.op === "Mul") return { x: b, constant: left, toFactor: (c) => c };
  if (left !== undefined && node.op === "Add") return { x: b, constant: left, toShift: (c) => c };
  return undefined;
}

/** Bias of a contraction for each channel: zeros where it has none, undefined where it is not a constant of that shape. */
function biasOf(node: GraphNode, view: GraphView, channels: number): Float64Array | undefined {
  const name = node.inputs[2] ?? "";
  if (name === "") return new Float64Array(channels);
  const tensor = floatConstant(view, name);
  return tensor === undefined ? undefined : perChannel(tensor, [channels], 0);
}

/** Weights that have one axis for the channels of the result. */
function isPlain(node: GraphNode, weights: FloatTensor): boolean {
  if (node.op === "Conv") return true;
  return node.op === "ConvTranspose" ? numberOf(node, "group") === 1 : weights.dims.length === 2;
}

function rule(node: GraphNode, view: GraphView): GraphNode | undefined {
  const change = scaleShift(node, view);
  const before = change === undefined ? undefined : view.producer(change.x, "Conv", "ConvTranspose", "Gemm", "MatMul");
  if (change === undefined || before === undefined || !view.isPrivate(change.x)) return undefined;
  const { dims, type } = view.info(node.outputs[0]!);
  const given = view.info(change.x).dims;
  if (given.length !== dims.length || given.some((dim, axis) => dim !== dims[axis])) return undefined;
  const weights = floatConstant(view, before.inputs[1]);
  if (weights === undefined || !isPlain(before, weights)) return undefined;
  const { weightAxis, axis, hasBias } = layoutOf(before, dims);
  const constants = perChannel(change.constant, dims, axis);
  if (constants === undefined || (change.toShift !== undefined && !hasBias)) return undefined;
  const bias = biasOf(before, view, constants.length);
  if (bias === undefined || !view.spend(bias.length + (change.toFactor === undefined ? 0 : weights.data.length))) {
    return undefined;
  }
  const factors = change.toFactor === undefined ? undefined : constants.map(change.toFactor);
  const shifts = change.toShift === undefined ? undefined : constants.map(change.toShift);
  const newBias = bias.map((value, at) => value * (factors?.[at] ?? 1) + (shifts?.[at] ?? 0));
  const label = node.outputs[0]!;
  const inputs = [
    before.inputs[0]!,
    factors === undefined ? before.inputs[1]! : view.add(multiplied(weights, weightAxis, factors), `${label}/weights`),
  ];
  const needsBias = newBias.some((value) => value !== 0) || (before.inputs[2] ?? "") !== "";
  if (needsBias) {
    const data = type === "f32" ? Float32Array.from(newBias) : newBias;
    inputs.push(view.add({ type, dims: [newBias.length], data } as GraphTensor, `${label}/bias`));
  }
  const op = before.op === "MatMul" && needsBias ? "Gemm" : before.op;
  return { ...replaced(node, op, inputs), attributes: before.attributes };
}

/**
 * Folds factors and shifts of each channel into the convolution or matrix product before them. Batch normalisation is one of each, so it
 * disappears here too.
 */
export function foldScales(graph: Graph): Graph {
  return rewrite(graph, rule);
}
