import { interpret, tensor, type Tensor, type TypedData } from "@orion/protocol/tensor";

import { GraphBuilder } from "../../../../../protocol/models/graph/builder.ts";
import { createInterpreter } from "../../../../../protocol/models/float/interpreter.ts";
import type { Attribute, Graph, GraphTensor, ValueInfo } from "../../../../../protocol/models/graph/types.ts";
import {
  compileModel,
  type CompiledModel,
  type CompileOptions,
} from "../../../../../protocol/models/compile/compile-model.ts";
import { decodeAll, encodeAll } from "../../../../../protocol/models/quantize/encoding.ts";
import type { Sample } from "../../../../../protocol/models/quantize/calibrate.ts";

/** Numbers that look random and are always the same: uniform in [0, 1). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function randomTensor(dims: readonly number[], seed: number, scale = 1): GraphTensor {
  const next = randomNumbers(seed);
  const count = dims.reduce((all, extent) => all * extent, 1);
  return {
    type: "f32",
    dims,
    data: Float32Array.from({ length: count }, () => scale * (next() + next() + next() - 1.5)),
  };
}

export const floats = (dims: readonly number[], values: readonly number[]): GraphTensor => ({
  type: "f32",
  dims,
  data: Float32Array.from(values),
});

export const longs = (values: readonly number[], dims: readonly number[] = [values.length]): GraphTensor => ({
  type: "i64",
  dims,
  data: BigInt64Array.from(values, BigInt),
});

export interface TestNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** A graph of nodes in canonical form. */
export function graphOf(
  inputs: Readonly<Record<string, ValueInfo | readonly number[]>>,
  constants: Readonly<Record<string, GraphTensor>>,
  nodes: readonly TestNode[],
  outputs: readonly string[] = [nodes.at(-1)!.output],
): Graph {
  const builder = new GraphBuilder();
  for (const [name, info] of Object.entries(inputs)) {
    builder.input(name, "type" in info ? info : { type: "f32", dims: info });
  }
  for (const [name, constant] of Object.entries(constants)) builder.constant(constant, name);
  for (const [at, { op, inputs: names, output, attributes = {} }] of nodes.entries()) {
    builder.add({ op, name: `${op}#${at}`, inputs: names, attributes, outputs: [output] });
  }
  return builder.finish(
    "test",
    outputs.map((name) => [name, name]),
  );
}

/** Random samples of a graph's float inputs. */
export function randomSamples(graph: Graph, count: number, seed = 1, scale = 1): Sample[] {
  return Array.from({ length: count }, (_, at) =>
    Object.fromEntries(
      graph.inputs.map((name, index) => [
        name,
        randomTensor(graph.values.get(name)!.dims, seed + 100 * at + index, scale),
      ]),
    ),
  );
}

export type TestOptions = Partial<CompileOptions>;

export function compileTest(
  graph: Graph,
  samples: readonly Sample[],
  options: TestOptions = {},
): Promise<CompiledModel> {
  return compileModel(graph, { samples, ...options });
}

/** The tensors of a sample as the program takes them. */
export function programInputs({ inputs }: CompiledModel, sample: Sample): Tensor[] {
  return inputs.map(({ name, shape, encoding }) => {
    const data = Float64Array.from(sample[name]!.data as Float32Array, Number);
    return tensor(encoding.dtype, shape, encodeAll(data, encoding));
  });
}

/** The integers of every output of a compiled model, in the model's order. */
export function runIntegers(model: CompiledModel, sample: Sample): TypedData[] {
  const values = interpret(model.program, {
    constants: model.constants,
    shared: [],
    shard: programInputs(model, sample),
  });
  return model.outputs.map(({ index }) => values[model.program.outputNodes[index]!]!.data);
}

/** The real numbers of every output. */
export function runReal(model: CompiledModel, sample: Sample): Float64Array[] {
  return runIntegers(model, sample).map((data, at) => decodeAll(data, model.outputs[at]!.encoding));
}

export async function runFloat(graph: Graph, sample: Sample): Promise<Float32Array[]> {
  const values = await createInterpreter(graph).run(sample);
  return graph.outputs.map((name) => Float32Array.from(values.get(name)!.data as Float32Array, Number));
}

/** Signal to noise in dB. */
export function snr(wanted: ArrayLike<number>, given: ArrayLike<number>): number {
  let [signal, noise] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    signal += wanted[i]! ** 2;
    noise += (wanted[i]! - given[i]!) ** 2;
  }
  return noise === 0 ? Infinity : 10 * Math.log10(signal / noise);
}

/** So many that little of a new sample lies outside their range. */
const SAMPLES = 16;

/** Signal to noise of a graph's compiled form against itself in floating point, on samples that calibration did not see. */
export async function accuracy(
  graph: Graph,
  options: TestOptions & { readonly scale?: number } = {},
): Promise<{ db: number; model: CompiledModel }> {
  const { scale = 1, ...others } = options;
  const model = await compileTest(graph, randomSamples(graph, SAMPLES, 1, scale), others);
  let db = Infinity;
  for (const sample of randomSamples(graph, 2, 1000, scale)) {
    const [wanted, given] = [await runFloat(graph, sample), runReal(model, sample)];
    for (const [at, output] of wanted.entries()) {
      if (given[at]!.length !== output.length) throw new Error("another number of elements");
      db = Math.min(db, snr(output, given[at]!));
    }
  }
  return { db, model };
}

/** Operators of a program that compute, in order. */
export function operators({ program }: CompiledModel): string[] {
  return program.nodes.map(({ op }) => op).filter((op) => op !== "constant" && op !== "input");
}

/** Least signal to noise, in dB, of activations and weights of 16 bits and of 8 bits. */
export const LEAST = { wide: 70, narrow: 24 } as const;

/** Whether a graph computes in integers what it computes in floating point, at both widths. */
export async function expectAccurate(
  graph: Graph,
  least: { wide?: number; narrow?: number } = {},
): Promise<CompiledModel> {
  const { db: narrow } = await accuracy(graph, { activations: "i8" });
  const { db: wide, model } = await accuracy(graph, { activations: "i16", weights: "i16" });
  if (wide < (least.wide ?? LEAST.wide)) throw new Error(`${wide.toFixed(1)} dB with 16 bits`);
  if (narrow < (least.narrow ?? LEAST.narrow)) throw new Error(`${narrow.toFixed(1)} dB with 8 bits`);
  return model;
}
