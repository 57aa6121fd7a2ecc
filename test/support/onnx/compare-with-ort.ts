import { InferenceSession, Tensor } from "onnxruntime-node";

import { createInterpreter, type Graph, type GraphTensor, type OnnxOptions, readOnnx } from "@orion/protocol/models";

import { largestDifference } from "./random.ts";
import { writeModel, type WrittenModel } from "./write-model.ts";

const ORT_TYPES = {
  f32: "float32",
  f64: "float64",
  i64: "int64",
  i32: "int32",
  i16: "int16",
  i8: "int8",
  u8: "uint8",
  bool: "bool",
} as const;

type Inputs = Readonly<Record<string, GraphTensor>>;

/** Runs a model in ONNX Runtime as it is written: its optimisations are off. */
export async function runOrt(bytes: Uint8Array, inputs: Inputs): Promise<InferenceSession.ReturnType> {
  const session = await InferenceSession.create(bytes, {
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  try {
    const feeds = Object.entries(inputs).map(([name, { type, dims, data }]): [string, Tensor] => [
      name,
      new Tensor(ORT_TYPES[type] as "float32", data as Float32Array, dims),
    ]);
    return await session.run(Object.fromEntries(feeds));
  } finally {
    await session.release();
  }
}

/** How two engines' results differ: in absolute terms, and in terms of the largest magnitude of the output. */
export interface Difference {
  readonly absolute: number;
  readonly relative: number;
}

export interface Comparison {
  readonly graph: Graph;
  readonly differences: ReadonlyMap<string, Difference>;
}

function magnitude(values: ArrayLike<number | bigint>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(Number(values[i]));
    if (Number.isFinite(size)) largest = Math.max(largest, size);
  }
  return largest;
}

/** Runs a model in the interpreter and in ONNX Runtime. Shapes and types of the outputs must agree. */
export async function compareWithOrt(
  bytes: Uint8Array,
  inputs: Inputs,
  options: OnnxOptions = {},
): Promise<Comparison> {
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims]));
  const graph = await readOnnx(bytes, { shapes, ...options });
  const ours = await createInterpreter(graph).run(inputs);
  const theirs = await runOrt(bytes, { ...inputs, ...(options.constants as Inputs | undefined) });
  const differences = new Map<string, Difference>();
  for (const name of graph.outputs) {
    const [own, other] = [ours.get(name)!, theirs[name]!];
    const declared = graph.values.get(name)!;
    const isSame = [own.dims, declared.dims].every((dims) => dims.join() === other.dims.join());
    if (!isSame || ORT_TYPES[own.type] !== other.type || declared.type !== own.type) {
      throw new Error(`${name} is ${own.type}[${own.dims.join()}], not ${other.type}[${other.dims.join()}]`);
    }
    const reference = other.data as Float32Array;
    const absolute = largestDifference(own.data, reference);
    const size = magnitude(reference);
    differences.set(name, { absolute, relative: absolute / Math.max(size, 1e-30) });
  }
  return { graph, differences };
}

/** Throws where an output of a small model differs from ONNX Runtime by more than the tolerance, read plainly or simplified. */
export async function requireAsOrt(model: WrittenModel, inputs: Inputs, tolerance = 2e-6): Promise<void> {
  const bytes = writeModel(model);
  for (const unsimplified of [true, false]) {
    const { differences } = await compareWithOrt(bytes, inputs, { unsimplified });
    for (const [name, { absolute, relative }] of differences) {
      if (Math.min(absolute, relative) > tolerance) throw new Error(`${name} differs by ${absolute} (${relative})`);
    }
  }
}
