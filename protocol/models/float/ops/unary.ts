import { numberOf, textOf, type WithAttributes } from "../../graph/attributes.ts";
import { numbersOf, tensorFrom, tensorOf } from "../../graph/tensors.ts";
import type { GraphTensor, ValueType } from "../../graph/types.ts";
import { erf } from "../erf.ts";
import { inputTensor, type Kernel, type KernelCall, newOutput } from "../kernel.ts";

/** A function of one number. */
export type Unary = (x: number) => number;

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

export function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x - Math.trunc(x)) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

const TANH_GELU = Math.sqrt(2 / Math.PI);

/** Operators that compute every element of their one input for itself, by name; those with a loop of their own are left out. */
export const UNARY_FUNCTIONS: Readonly<Record<string, (node: WithAttributes) => Unary>> = {
  Sqrt: () => Math.sqrt,
  Exp: () => Math.exp,
  Log: () => Math.log,
  Abs: () => Math.abs,
  Neg: () => (x) => -x,
  Sign: () => Math.sign,
  Reciprocal: () => (x) => 1 / x,
  Erf: () => erf,
  Floor: () => Math.floor,
  Ceil: () => Math.ceil,
  Round: () => roundHalfEven,
  Sin: () => Math.sin,
  Cos: () => Math.cos,
  Not: () => (x) => 1 - x,
  Sigmoid: () => sigmoid,
  Tanh: () => Math.tanh,
  Softplus: () => softplus,
  Softsign: () => (x) => x / (1 + Math.abs(x)),
  Silu: () => (x) => x * sigmoid(x),
  Mish: () => (x) => x * Math.tanh(softplus(x)),
  LeakyRelu: (node) => {
    const alpha = numberOf(node, "alpha");
    return (x) => (x < 0 ? alpha * x : x);
  },
  Elu: (node) => {
    const alpha = numberOf(node, "alpha");
    return (x) => (x < 0 ? alpha * Math.expm1(x) : x);
  },
  Selu: (node) => {
    const [alpha, gamma] = [numberOf(node, "alpha"), numberOf(node, "gamma")];
    return (x) => gamma * (x < 0 ? alpha * Math.expm1(x) : x);
  },
  Gelu: (node) =>
    textOf(node, "approximate") === "tanh"
      ? (x) => 0.5 * x * (1 + Math.tanh(TANH_GELU * (x + 0.044715 * x ** 3)))
      : (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
};

const BIGINT_FUNCTIONS: Readonly<Record<string, (x: bigint) => bigint>> = {
  Abs: (x) => (x < 0n ? -x : x),
  Neg: (x) => -x,
  Sign: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
};

function map(call: KernelCall, f: Unary): GraphTensor[] {
  const x = inputTensor(call, 0);
  const output = newOutput(call);
  if (x.type === "i64" || output.type === "i64") {
    const exact = BIGINT_FUNCTIONS[call.op]!;
    return [tensorOf("i64", x.dims, (x.data as BigInt64Array).map(exact))];
  }
  const { data } = x;
  const out = output.data;
  for (let i = 0; i < out.length; i++) out[i] = f(data[i]!);
  return [output];
}

/** The hard sigmoid, or its product with x, in a loop of its own: it follows most convolutions of small networks. */
function gate(call: KernelCall, alpha: number, beta: number, isProduct: boolean): GraphTensor[] {
  const output = newOutput(call);
  const [data, out] = [inputTensor(call, 0).data as Float32Array, output.data as Float32Array];
  for (let i = 0; i < out.length; i++) {
    const x = data[i]!;
    const line = alpha * x + beta;
    const value = line < 0 ? 0 : line > 1 ? 1 : line;
    out[i] = isProduct ? x * value : value;
  }
  return [output];
}

/** Clip and Relu in loops of their own: they follow most convolutions. */
function clamp(call: KernelCall, low: number, high: number): GraphTensor[] {
  const x = inputTensor(call, 0);
  if (x.type === "i64") {
    const values = numbersOf(x).map((value) => Math.min(Math.max(value, low), high));
    return [tensorFrom("i64", x.dims, values)];
  }
  const output = newOutput(call);
  const [data, out] = [x.data, output.data as Float32Array];
  for (let i = 0; i < out.length; i++) {
    const value = data[i]!;
    // Not a number stays one.
    out[i] = value < low ? low : value > high ? high : value;
  }
  return [output];
}

const clip: Kernel = (call) => clamp(call, numberOf(call, "min"), numberOf(call, "max"));

function toBigInt(value: number): bigint {
  return Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : 0n;
}

const cast: Kernel = (call) => {
  const x = inputTensor(call, 0);
  const to = textOf(call, "to") as ValueType;
  if (to === x.type) return [x];
  if (to === "i64") return [tensorOf(to, x.dims, BigInt64Array.from(x.data as Float32Array, toBigInt))];
  const output = newOutput(call);
  const out = output.data as Float32Array;
  const isNarrow = to !== "f32" && to !== "f64" && to !== "bool";
  const { data } = x;
  for (let i = 0; i < out.length; i++) {
    const value = data[i]!;
    if (to === "bool") out[i] = Number(value) === 0 ? 0 : 1;
    // Integers keep their low bits, as casts between integers do.
    else out[i] = Number(isNarrow && typeof value === "bigint" ? BigInt.asIntN(32, value) : value);
  }
  return [output];
};

export const UNARY: Readonly<Record<string, Kernel>> = {
  ...Object.fromEntries(
    Object.entries(UNARY_FUNCTIONS).map(([op, make]): [string, Kernel] => [op, (call) => map(call, make(call))]),
  ),
  HardSwish: (call) => gate(call, 1 / 6, 0.5, true),
  HardSigmoid: (call) => gate(call, numberOf(call, "alpha"), numberOf(call, "beta"), false),
  Relu: (call) => clamp(call, 0, Infinity),
  Clip: clip,
  Cast: cast,
  Identity: (call) => [inputTensor(call, 0)],
};
