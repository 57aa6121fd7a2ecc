import { broadcastStrides, elementCount } from "../../graph/dims.ts";
import type { GraphTensor } from "../../graph/types.ts";
import { type FloatArray, multiply } from "../gemm.ts";
import { inputTensor, type KernelCall, newOutput, numbers, type Kernel, type Work } from "../kernel.ts";
import { eachRow } from "../strided.ts";

/** Integers are multiplied in double precision: their sums are exact up to 2^53. */
function factorsOf(call: KernelCall, tensor: GraphTensor): FloatArray {
  const data = numbers(call, tensor);
  return data instanceof Float32Array || data instanceof Float64Array ? data : Float64Array.from(data);
}

/** Product of two arrays with the given shapes by NumPy's rules, written into `out`; yields now and then. */
export function* multiplyBatches(
  a: { data: FloatArray; dims: readonly number[] },
  b: { data: FloatArray; dims: readonly number[] },
  out: FloatArray,
): Generator<void, void> {
  const left = a.dims.length === 1 ? [1, ...a.dims] : a.dims;
  const right = b.dims.length === 1 ? [...b.dims, 1] : b.dims;
  const [rows, depth, columns] = [left.at(-2)!, left.at(-1)!, right.at(-1)!];
  const [batchA, batchB] = [left.slice(0, -2), right.slice(0, -2)];
  const rank = Math.max(batchA.length, batchB.length);
  const batch = Array.from({ length: rank }, (_, axis) =>
    Math.max(batchA[axis - rank + batchA.length] ?? 1, batchB[axis - rank + batchB.length] ?? 1),
  );
  const isEmpty = [...batchA, ...batchB].includes(0);
  const dims = [...(isEmpty ? [0] : batch), 1];
  const nest = {
    dims,
    strides: [
      broadcastStrides([...batchA, 1], dims).map((stride) => stride * rows * depth),
      broadcastStrides([...batchB, 1], dims).map((stride) => stride * depth * columns),
    ],
  };
  const pairs: [number, number][] = [];
  if (!isEmpty) eachRow(nest, ([ia, ib]) => void pairs.push([ia!, ib!]));
  for (const [index, [ia, ib]] of pairs.entries()) {
    yield* multiply(
      { data: a.data, offset: ia, rowStride: depth, columnStride: 1 },
      { data: b.data, offset: ib, rowStride: columns, columnStride: 1 },
      { data: out, offset: index * rows * columns, rowStride: columns },
      rows,
      columns,
      depth,
    );
  }
}

function* matmul(call: KernelCall): Work {
  const [a, b] = [inputTensor(call, 0), inputTensor(call, 1)];
  const output = newOutput(call);
  const isFloat = output.type === "f32" || output.type === "f64";
  const out = isFloat ? output.data : new Float64Array(output.data.length);
  yield* multiplyBatches({ data: factorsOf(call, a), dims: a.dims }, { data: factorsOf(call, b), dims: b.dims }, out);
  if (!isFloat) (output.data as Int32Array).set(out);
  return [output];
}

function* gemm(call: KernelCall): Work {
  const [output] = (yield* matmul(call)) as [GraphTensor];
  const c = call.inputs[2];
  if (c === undefined) return [output];
  const [out, bias] = [output.data as Float32Array, c.data as Float32Array];
  const [rows, columns] = output.dims as [number, number];
  const [rowStep, columnStep] = broadcastStrides(c.dims, output.dims) as [number, number];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      out[row * columns + column]! += bias[row * rowStep + column * columnStep]!;
    }
  }
  return [output];
}

/** Number of products that a matrix multiplication sums up. */
export function matmulWork(call: Pick<KernelCall, "inputs" | "outputs">): number {
  return elementCount(call.outputs[0]!.dims) * (call.inputs[0]?.dims.at(-1) ?? 1);
}

export const MATMUL: Readonly<Record<string, Kernel>> = { MatMul: matmul, Gemm: gemm };
