import type { GraphTensor, ValueType } from "@orion/protocol/models";

import { requireAsOrt } from "./compare-with-ort.ts";
import { createRandom, randomTensor } from "./random.ts";
import { i64, type WrittenAttribute, type WrittenModel } from "./write-model.ts";

/** Each case is drawn this many times with other shapes and attributes. */
const DRAWS = 3;

export type Random = () => number;

/** One model of a single operator. */
export interface Case {
  /** Inputs that the model is run with, in the order in which the operator takes them. */
  readonly inputs: readonly GraphTensor[];
  /** Inputs behind them that are initializers; undefined for one that is left out. */
  readonly constants?: readonly (GraphTensor | undefined)[];
  readonly attributes?: Readonly<Record<string, WrittenAttribute>>;
  readonly opset?: number;
  readonly outputs?: readonly ValueType[];
  readonly domain?: string;
  readonly tolerance?: number;
}

export const below = (random: Random, count: number): number => Math.floor(random() * count);
export const from = (random: Random, low: number, high: number): number => low + below(random, high - low + 1);
export const pick = <T>(random: Random, items: readonly T[]): T => items[below(random, items.length)]!;
export const dimsOf = (random: Random, rank: number, most = 5): number[] =>
  Array.from({ length: rank }, () => from(random, 1, most));
export const floats = (random: Random, dims: readonly number[], low?: number, high?: number): GraphTensor =>
  randomTensor(random, dims, low, high);
export const bools = (random: Random, dims: readonly number[]): GraphTensor => ({
  type: "bool",
  dims,
  data: Uint8Array.from(floats(random, dims).data as Float32Array, (value) => Number(value > 0)),
});
export const longs = (random: Random, dims: readonly number[], low: number, high: number): GraphTensor =>
  i64(Array.from(floats(random, dims, low, high).data as Float32Array, Math.floor), dims);

/** A shape that is broadcast to `dims`: some extents 1, some leading ones left out. */
export function narrowed(random: Random, dims: readonly number[]): number[] {
  return dims.slice(below(random, dims.length + 1)).map((dim) => (random() < 0.3 ? 1 : dim));
}

function modelOf(
  op: string,
  { inputs, constants = [], attributes = {}, opset = 17, outputs = ["f32"], domain }: Case,
): {
  model: WrittenModel;
  feeds: Record<string, GraphTensor>;
} {
  const feeds = Object.fromEntries(inputs.map((tensor, at): [string, GraphTensor] => [`x${at}`, tensor]));
  const names = constants.map((tensor, at) => (tensor === undefined ? "" : `c${at}`));
  const initializers = Object.fromEntries(
    constants.flatMap((tensor, at): [string, GraphTensor][] => (tensor === undefined ? [] : [[`c${at}`, tensor]])),
  );
  const results = outputs.map((type, at) => ({ name: `y${at}`, type }));
  const node = { op, inputs: [...Object.keys(feeds), ...names], outputs: results.map(({ name }) => name), attributes };
  return {
    model: {
      opset,
      domains: domain === undefined ? {} : { [domain]: 1 },
      nodes: [domain === undefined ? node : { ...node, domain }],
      inputs: inputs.map(({ type, dims }, at) => ({ name: `x${at}`, type, dims })),
      outputs: results,
      initializers,
    },
    feeds,
  };
}

/**
 * A test for each case: its model computes in the interpreter what it computes in ONNX Runtime. The first word of a case's name is the
 * operator.
 */
export function itComputesAsOrt(cases: Readonly<Record<string, (random: Random) => Case>>): void {
  for (const [name, draw] of Object.entries(cases)) {
    it(name, async () => {
      const random = createRandom(name.length * 1000 + name.charCodeAt(1));
      for (let at = 0; at < DRAWS; at++) {
        const drawn = draw(random);
        const { model, feeds } = modelOf(name.split(" ")[0]!, drawn);
        await requireAsOrt(model, feeds, drawn.tolerance);
      }
    });
  }
}
