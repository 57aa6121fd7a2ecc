import { numberOf, textOf } from "../../graph/attributes.ts";
import { type FloatArray, type Matrix, multiply, newArrayLike } from "../gemm.ts";
import { inputTensor, type Kernel, type KernelCall, newOutput, type Work } from "../kernel.ts";
import { sigmoid } from "./unary.ts";

/** One direction of a recurrent layer: its weights, and the extents that they share. */
interface Layer {
  readonly batch: number;
  readonly hidden: number;
  readonly gates: number;
  readonly weights: FloatArray;
  readonly recurrence: FloatArray;
  /** Biases of the input and of the recurrence. */
  readonly bias: FloatArray | undefined;
  readonly at: number;
}

const plain = (data: FloatArray, offset: number, rowStride: number): Matrix => ({
  data,
  offset,
  rowStride,
  columnStride: 1,
});

/** A matrix of `rows` x `depth` times the transpose of weights, `count` of whose rows are used from row `first` on. */
function* product(
  a: Matrix,
  rows: number,
  depth: number,
  weights: FloatArray,
  offset: number,
  count: number,
): Generator<void, FloatArray> {
  const out = newArrayLike(a.data, rows * count);
  const transposed: Matrix = { data: weights, offset, rowStride: 1, columnStride: depth };
  yield* multiply(a, transposed, { data: out, offset: 0, rowStride: count }, rows, count, depth);
  return out;
}

function addBias(values: FloatArray, count: number, bias: FloatArray | undefined, offset: number): void {
  if (bias === undefined) return;
  for (let i = 0; i < values.length; i++) values[i]! += bias[offset + (i % count)]!;
}

/** Gates input, output, forget, cell. Updates both states. */
function* lstmStep(layer: Layer, x: FloatArray, ix: number, h: FloatArray, c: FloatArray): Generator<void, void> {
  const { batch, hidden, gates, at } = layer;
  const width = gates * hidden;
  const own = yield* product(plain(h, 0, hidden), batch, hidden, layer.recurrence, at * width * hidden, width);
  addBias(own, width, layer.bias, at * 2 * width + width);
  for (let row = 0; row < batch; row++) {
    for (let unit = 0; unit < hidden; unit++) {
      const gate = (index: number): number =>
        x[ix + row * width + index * hidden + unit]! + own[row * width + index * hidden + unit]!;
      const cell = row * hidden + unit;
      c[cell] = sigmoid(gate(2)) * c[cell]! + sigmoid(gate(0)) * Math.tanh(gate(3));
      h[cell] = sigmoid(gate(1)) * Math.tanh(c[cell]);
    }
  }
}

/** Gates update, reset, hidden. Updates the state. */
function* gruStep(layer: Layer, x: FloatArray, ix: number, h: FloatArray, isLinear: boolean): Generator<void, void> {
  const { batch, hidden, gates, at, bias } = layer;
  const width = gates * hidden;
  const base = at * width * hidden;
  const ownBias = at * 2 * width + width;
  const gated = yield* product(plain(h, 0, hidden), batch, hidden, layer.recurrence, base, 2 * hidden);
  addBias(gated, 2 * hidden, bias, ownBias);
  const [update, reset] = [newArrayLike(h, h.length), newArrayLike(h, h.length)];
  for (let i = 0; i < h.length; i++) {
    const [row, unit] = [Math.floor(i / hidden), i % hidden];
    update[i] = sigmoid(x[ix + row * width + unit]! + gated[row * 2 * hidden + unit]!);
    reset[i] = sigmoid(x[ix + row * width + hidden + unit]! + gated[row * 2 * hidden + hidden + unit]!);
  }
  const memory = isLinear ? h : h.map((value, i) => value * reset[i]!);
  const last = base + 2 * hidden * hidden;
  const candidate = yield* product(plain(memory, 0, hidden), batch, hidden, layer.recurrence, last, hidden);
  addBias(candidate, hidden, bias, ownBias + 2 * hidden);
  for (let i = 0; i < h.length; i++) {
    const [row, unit] = [Math.floor(i / hidden), i % hidden];
    const own = isLinear ? reset[i]! * candidate[i]! : candidate[i]!;
    const next = Math.tanh(x[ix + row * width + 2 * hidden + unit]! + own);
    h[i] = (1 - update[i]!) * next + update[i]! * h[i]!;
  }
}

function* recurrent(call: KernelCall): Work {
  const [x, w] = [inputTensor(call, 0), inputTensor(call, 1)];
  const [steps, batch, size] = x.dims as [number, number, number];
  const hidden = numberOf(call, "hidden_size");
  const directions = w.dims[0]!;
  const isLstm = call.op === "LSTM";
  const gates = isLstm ? 4 : 3;
  const width = gates * hidden;
  const outputs = call.outputs.map((_, index) => newOutput(call, index));
  const [y, lastH, lastC] = outputs.map(({ data }) => data as FloatArray);
  const [data, weights, recurrence] = [x, w, inputTensor(call, 2)].map((tensor) => tensor.data as FloatArray) as [
    FloatArray,
    FloatArray,
    FloatArray,
  ];
  const bias = call.inputs[3]?.data as FloatArray | undefined;
  for (let at = 0; at < directions; at++) {
    const layer: Layer = { batch, hidden, gates, weights, recurrence, bias, at };
    const all = yield* product(plain(data, 0, size), steps * batch, size, weights, at * width * size, width);
    addBias(all, width, bias, at * 2 * width);
    const [from, to] = [at * batch * hidden, (at + 1) * batch * hidden];
    const initial = (index: number): FloatArray =>
      (call.inputs[index]?.data as FloatArray | undefined)?.slice(from, to) ?? newArrayLike(data, batch * hidden);
    const [h, c] = [initial(4), initial(5)];
    const isReverse = textOf(call, "direction") === "reverse" || at === 1;
    for (let step = 0; step < steps; step++) {
      const time = isReverse ? steps - 1 - step : step;
      const ix = time * batch * width;
      if (isLstm) yield* lstmStep(layer, all, ix, h, c);
      else yield* gruStep(layer, all, ix, h, numberOf(call, "linear_before_reset") !== 0);
      y!.set(h, (time * directions + at) * batch * hidden);
    }
    lastH?.set(h, from);
    lastC?.set(c, from);
  }
  return outputs;
}

export const RECURRENT: Readonly<Record<string, Kernel>> = { LSTM: recurrent, GRU: recurrent };
