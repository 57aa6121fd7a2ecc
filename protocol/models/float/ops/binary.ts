import { broadcastStrides, stridesOf } from "../../graph/dims.ts";
import { numberOf } from "../../graph/attributes.ts";
import type { GraphTensor } from "../../graph/types.ts";
import { inputTensor, type Kernel, type KernelCall, newOutput } from "../kernel.ts";
import { collapse, eachRow } from "../strided.ts";

interface Cells<T> {
  readonly length: number;
  [index: number]: T;
}

/** Computes one run: operands are read with a step of 0 (one element for all) or more, results are written one after the other. */
type Row<T> = (
  a: Cells<T>,
  ia: number,
  sa: number,
  b: Cells<T>,
  ib: number,
  sb: number,
  out: Cells<T>,
  io: number,
  n: number,
) => void;

const rowOf =
  <T>(f: (a: T, b: T) => T): Row<T> =>
  (a, ia, sa, b, ib, sb, out, io, n) => {
    for (let i = 0; i < n; i++, ia += sa, ib += sb) out[io + i] = f(a[ia]!, b[ib]!);
  };

// The four that make up most of a network have loops of their own, which the engine compiles without a call for each element.
const add: Row<number> = (a, ia, sa, b, ib, sb, out, io, n) => {
  for (let i = 0; i < n; i++, ia += sa, ib += sb) out[io + i] = a[ia]! + b[ib]!;
};
const sub: Row<number> = (a, ia, sa, b, ib, sb, out, io, n) => {
  for (let i = 0; i < n; i++, ia += sa, ib += sb) out[io + i] = a[ia]! - b[ib]!;
};
const mul: Row<number> = (a, ia, sa, b, ib, sb, out, io, n) => {
  for (let i = 0; i < n; i++, ia += sa, ib += sb) out[io + i] = a[ia]! * b[ib]!;
};
const div: Row<number> = (a, ia, sa, b, ib, sb, out, io, n) => {
  for (let i = 0; i < n; i++, ia += sa, ib += sb) out[io + i] = a[ia]! / b[ib]!;
};

/** Remainder with the sign of the divisor, as Python has it. */
const floorMod = (a: number, b: number): number => a - b * Math.floor(a / b);

const NUMBER_ROWS: Readonly<Record<string, Row<number>>> = {
  Add: add,
  Sub: sub,
  Mul: mul,
  Div: div,
  Max: rowOf(Math.max),
  Min: rowOf(Math.min),
  Pow: rowOf(Math.pow),
  PRelu: rowOf((x, slope) => (x < 0 ? slope * x : x)),
  Equal: rowOf((a, b) => Number(a === b)),
  Less: rowOf((a, b) => Number(a < b)),
  LessOrEqual: rowOf((a, b) => Number(a <= b)),
  Greater: rowOf((a, b) => Number(a > b)),
  GreaterOrEqual: rowOf((a, b) => Number(a >= b)),
  And: rowOf((a, b) => a & b),
  Or: rowOf((a, b) => a | b),
  Xor: rowOf((a, b) => a ^ b),
};

const isTrue = (value: boolean): bigint => (value ? 1n : 0n);

const BIGINT_ROWS: Readonly<Record<string, Row<bigint>>> = {
  Add: rowOf((a, b) => a + b),
  Sub: rowOf((a, b) => a - b),
  Mul: rowOf((a, b) => a * b),
  Div: rowOf((a, b) => (b === 0n ? 0n : a / b)),
  Mod: rowOf((a, b) => (b === 0n ? 0n : ((a % b) + b) % b)),
  Max: rowOf((a, b) => (a > b ? a : b)),
  Min: rowOf((a, b) => (a < b ? a : b)),
  Pow: rowOf((a, b) => BigInt(Math.trunc(Number(a) ** Number(b)))),
  Equal: rowOf((a, b) => isTrue(a === b)),
  Less: rowOf((a, b) => isTrue(a < b)),
  LessOrEqual: rowOf((a, b) => isTrue(a <= b)),
  Greater: rowOf((a, b) => isTrue(a > b)),
  GreaterOrEqual: rowOf((a, b) => isTrue(a >= b)),
};

function broadcastRows<T>(call: KernelCall, row: Row<T>, out: Cells<T>, a: GraphTensor, b: GraphTensor): void {
  const { dims } = call.outputs[0]!;
  const nest = collapse(dims, [broadcastStrides(a.dims, dims), broadcastStrides(b.dims, dims), stridesOf(dims)]);
  const run = nest.dims.at(-1)!;
  const [sa, sb] = [nest.strides[0]!.at(-1)!, nest.strides[1]!.at(-1)!];
  const [left, right] = [a, b].map(({ data }) => data as unknown as Cells<T>) as [Cells<T>, Cells<T>];
  eachRow(nest, ([ia, ib, io]) => row(left, ia!, sa, right, ib!, sb, out, io!, run));
}

/** The number arrays compute in double precision and round once, to the type of the output. */
function numberRow(call: KernelCall): Row<number> {
  const { type } = inputTensor(call, 0);
  const isInteger = type !== "f32" && type !== "f64";
  if (call.op === "Div" && isInteger) return rowOf((a, b) => (b === 0 ? 0 : Math.trunc(a / b)));
  if (call.op === "Mul" && type === "i32") return rowOf(Math.imul);
  if (call.op === "Mod") return rowOf(numberOf(call, "fmod") === 0 ? floorMod : (a, b) => a % b);
  return NUMBER_ROWS[call.op]!;
}

const binary: Kernel = (call) => {
  const a = inputTensor(call, 0);
  let b = inputTensor(call, 1);
  const output = newOutput(call);
  if (a.type !== "i64") {
    // Only Pow takes exponents of another type.
    if (b.type === "i64") b = { type: "f64", dims: b.dims, data: Float64Array.from(b.data, Number) };
    broadcastRows<number>(call, numberRow(call), output.data as Float32Array, a, b);
    return [output];
  }
  if (b.type !== "i64") {
    b = { type: "i64", dims: b.dims, data: BigInt64Array.from(b.data, (x) => BigInt(Math.trunc(x))) };
  }
  const row = BIGINT_ROWS[call.op]!;
  if (output.type === "i64") {
    broadcastRows<bigint>(call, row, output.data, a, b);
    return [output];
  }
  // Comparisons: computed as 64-bit integers 0 and 1, then narrowed.
  const wide = new BigInt64Array(output.data.length);
  broadcastRows<bigint>(call, row, wide, a, b);
  output.data.set(Array.from(wide, Number));
  return [output];
};

const where: Kernel = (call) => {
  const [condition, yes, no] = [inputTensor(call, 0), inputTensor(call, 1), inputTensor(call, 2)];
  const output = newOutput(call);
  const { dims } = output;
  const strides = [condition, yes, no].map((tensor) => broadcastStrides(tensor.dims, dims));
  const nest = collapse(dims, [...strides, stridesOf(dims)]);
  const run = nest.dims.at(-1)!;
  const [sc, sy, sn] = nest.strides.map((list) => list.at(-1)!) as [number, number, number];
  const test = condition.data as Uint8Array;
  const [left, right, out] = [yes, no, output].map(({ data }) => data as Float32Array) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  eachRow(nest, ([ic, iy, iN, io]) => {
    for (let i = 0; i < run; i++) {
      out[io! + i] = test[ic! + i * sc]! !== 0 ? left[iy! + i * sy]! : right[iN! + i * sn]!;
    }
  });
  return [output];
};

export const BINARY: Readonly<Record<string, Kernel>> = {
  ...Object.fromEntries([...Object.keys(NUMBER_ROWS), "Mod"].map((op) => [op, binary])),
  Where: where,
};
