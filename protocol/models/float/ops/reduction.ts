import { listOf, numberOf } from "../../graph/attributes.ts";
import { elementCount, stridesOf } from "../../graph/dims.ts";
import { numbersOf, tensorFrom } from "../../graph/tensors.ts";
import type { GraphTensor } from "../../graph/types.ts";
import { inputTensor, type Kernel, type KernelCall, newOutput, numbers } from "../kernel.ts";
import { collapse, eachRow } from "../strided.ts";

/** Start, step and end of a reduction; `first` are reductions without a neutral element. */
interface Reducer {
  readonly start: number;
  readonly step: (sum: number, x: number) => number;
  readonly end?: (sum: number, count: number) => number;
}

const add = (sum: number, x: number): number => sum + x;
const addSquare = (sum: number, x: number): number => sum + x * x;

const REDUCERS: Readonly<Record<string, Reducer>> = {
  ReduceSum: { start: 0, step: add },
  ReduceMean: { start: 0, step: add, end: (sum, count) => sum / count },
  ReduceMax: { start: -Infinity, step: Math.max },
  ReduceMin: { start: Infinity, step: Math.min },
  ReduceProd: { start: 1, step: (product, x) => product * x },
  ReduceL1: { start: 0, step: (sum, x) => sum + Math.abs(x) },
  ReduceL2: { start: 0, step: addSquare, end: Math.sqrt },
  ReduceSumSquare: { start: 0, step: addSquare },
  ReduceLogSumExp: { start: -Infinity, step: logAddExp },
};

function logAddExp(a: number, b: number): number {
  const [high, low] = a > b ? [a, b] : [b, a];
  return high === -Infinity ? high : high + Math.log1p(Math.exp(low - high));
}

const reduce: Kernel = (call) => {
  let x = inputTensor(call, 0);
  const axes = listOf(call, "axes");
  const { start, step, end } = REDUCERS[call.op]!;
  const kept = x.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const keptStrides = stridesOf(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const nest = collapse(x.dims, [stridesOf(x.dims), keptStrides]);
  const isLong = x.type === "i64";
  if (isLong) x = tensorFrom("f64", x.dims, numbersOf(x));
  const data = numbers(call, x);
  // Sums are kept in double precision and rounded once.
  const sums = new Float64Array(elementCount(kept)).fill(start);
  const run = nest.dims.at(-1)!;
  const [stepIn, stepOut] = [nest.strides[0]!.at(-1)!, nest.strides[1]!.at(-1)!];
  eachRow(nest, ([from, to]) => {
    if (stepOut === 0) {
      let sum = sums[to!]!;
      for (let i = 0, at = from!; i < run; i++, at += stepIn) sum = step(sum, data[at]!);
      sums[to!] = sum;
      return;
    }
    for (let i = 0, at = from!, out = to!; i < run; i++, at += stepIn, out += stepOut) {
      sums[out] = step(sums[out]!, data[at]!);
    }
  });
  const count = axes.reduce((product, axis) => product * x.dims[axis]!, 1);
  if (end !== undefined) for (let i = 0; i < sums.length; i++) sums[i] = end(sums[i]!, count);
  const { type, dims } = call.outputs[0]!;
  if (isLong) return [tensorFrom("i64", dims, Array.from(sums))];
  return [toOutput(call, sums, type !== "f32" && type !== "f64")];
};

function toOutput(call: KernelCall, sums: Float64Array, isInteger: boolean): GraphTensor {
  const output = newOutput(call);
  const out = output.data as Float32Array;
  for (let i = 0; i < sums.length; i++) out[i] = isInteger ? Math.trunc(sums[i]!) : sums[i]!;
  return output;
}

/** Calls `visit` for every line along an axis, with the offset of its first element and the distance between two. */
export function eachLine(
  dims: readonly number[],
  axis: number,
  visit: (offset: number, step: number, length: number, line: number) => void,
): void {
  const outer = elementCount(dims.slice(0, axis));
  const inner = elementCount(dims.slice(axis + 1));
  const length = dims[axis]!;
  for (let block = 0; block < outer; block++) {
    for (let at = 0; at < inner; at++) visit(block * length * inner + at, inner, length, block * inner + at);
  }
}

const argument: Kernel = (call) => {
  const x = inputTensor(call, 0);
  const sign = call.op === "ArgMax" ? 1 : -1;
  const last = numberOf(call, "select_last_index") !== 0;
  const data = x.type === "i64" ? Float64Array.from(x.data, Number) : x.data;
  const output = newOutput(call);
  const out = output.data as BigInt64Array;
  eachLine(x.dims, numberOf(call, "axis"), (offset, step, length, line) => {
    let best = 0;
    for (let i = 1; i < length; i++) {
      const gain = sign * (data[offset + i * step]! - data[offset + best * step]!);
      if (gain > 0 || (last && gain === 0)) best = i;
    }
    out[line] = BigInt(best);
  });
  return [output];
};

const softmax: Kernel = (call) => {
  const x = inputTensor(call, 0);
  const data = x.data as Float32Array;
  const output = newOutput(call);
  const out = output.data as Float32Array;
  const isLog = call.op === "LogSoftmax";
  const exps = new Float64Array(x.dims[numberOf(call, "axis")]!);
  eachLine(x.dims, numberOf(call, "axis"), (offset, step, length) => {
    let most = -Infinity;
    for (let i = 0; i < length; i++) most = Math.max(most, data[offset + i * step]!);
    let sum = 0;
    for (let i = 0; i < length; i++) sum += exps[i] = Math.exp(data[offset + i * step]! - most);
    const logSum = Math.log(sum);
    for (let i = 0; i < length; i++) {
      out[offset + i * step] = isLog ? data[offset + i * step]! - most - logSum : exps[i]! / sum;
    }
  });
  return [output];
};

const layerNormalization: Kernel = (call) => {
  const [x, scale] = [inputTensor(call, 0), inputTensor(call, 1)];
  const bias = call.inputs[2]?.data as Float32Array | undefined;
  const epsilon = numberOf(call, "epsilon");
  const [data, factors] = [x.data as Float32Array, scale.data as Float32Array];
  const output = newOutput(call);
  const out = output.data as Float32Array;
  const size = elementCount(x.dims.slice(numberOf(call, "axis")));
  for (let from = 0; from < data.length; from += size) {
    let sum = 0;
    for (let i = 0; i < size; i++) sum += data[from + i]!;
    const mean = sum / size;
    let squares = 0;
    for (let i = 0; i < size; i++) squares += (data[from + i]! - mean) ** 2;
    const factor = 1 / Math.sqrt(squares / size + epsilon);
    for (let i = 0; i < size; i++) {
      out[from + i] = (data[from + i]! - mean) * factor * factors[i]! + (bias === undefined ? 0 : bias[i]!);
    }
  }
  return [output];
};

const cumSum: Kernel = (call) => {
  const x = inputTensor(call, 0);
  const [exclusive, reverse] = [numberOf(call, "exclusive") !== 0, numberOf(call, "reverse") !== 0];
  const values = numbersOf(x);
  const result = new Array<number>(values.length).fill(0);
  eachLine(x.dims, numberOf(call, "axis"), (offset, step, length) => {
    let sum = 0;
    for (let i = 0; i < length; i++) {
      const at = offset + (reverse ? length - 1 - i : i) * step;
      if (exclusive) result[at] = sum;
      sum += values[at]!;
      if (!exclusive) result[at] = sum;
    }
  });
  return [tensorFrom(x.type, x.dims, result)];
};

export const REDUCTION: Readonly<Record<string, Kernel>> = {
  ...Object.fromEntries(Object.keys(REDUCERS).map((op) => [op, reduce])),
  ArgMax: argument,
  ArgMin: argument,
  Softmax: softmax,
  LogSoftmax: softmax,
  LayerNormalization: layerNormalization,
  CumSum: cumSum,
};
