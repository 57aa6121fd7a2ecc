import type { GraphTensor } from "@orion/protocol/models";

import {
  below,
  type Case,
  floats,
  from,
  itComputesAsOrt,
  pick,
  type Random,
} from "../../support/onnx/operator-case.ts";
import { i64, type WrittenAttribute } from "../../support/onnx/write-model.ts";

type Attributes = Record<string, WrittenAttribute>;

/** Windows of one or two dimensions: kernels, strides, dilations and padding in each way that it can be said. */
function windowAttributes(random: Random, rank: number, kernel: readonly number[]): Attributes {
  const list = (low: number, high: number): number[] => Array.from({ length: rank }, () => from(random, low, high));
  const attributes: Attributes = { strides: list(1, 3), kernel_shape: kernel };
  const auto = pick(random, ["NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"]);
  if (auto !== "NOTSET") {
    // ONNX Runtime refuses pools whose windows leave gaps here.
    const strides = kernel.map((extent) => from(random, 1, extent));
    return { ...attributes, strides, auto_pad: auto };
  }
  const pads = [...kernel, ...kernel].map((extent) => below(random, extent));
  return { ...attributes, dilations: list(1, 2), pads };
}

function conv(random: Random): Case {
  const rank = from(random, 1, 2);
  const kernel = Array.from({ length: rank }, () => from(random, 1, 3));
  const [group, perGroup, filters] = [from(random, 1, 3), from(random, 1, 3), from(random, 1, 7)];
  const size = Array.from({ length: rank }, () => from(random, 6, 11));
  const bias = random() < 0.5 ? [floats(random, [group * filters])] : [];
  return {
    inputs: [floats(random, [from(random, 1, 2), group * perGroup, ...size])],
    constants: [floats(random, [group * filters, perGroup, ...kernel]), ...bias],
    attributes: { ...windowAttributes(random, rank, kernel), group },
  };
}

function depthwise(random: Random): Case {
  const kernel = [from(random, 1, 5), from(random, 1, 3)];
  return {
    inputs: [floats(random, [2, 5, 9, 8])],
    constants: [floats(random, [5, 1, ...kernel]), floats(random, [5])],
    attributes: { ...windowAttributes(random, 2, kernel), group: 5 },
  };
}

function convTranspose(random: Random): Case {
  const rank = from(random, 1, 2);
  const kernel = Array.from({ length: rank }, () => from(random, 2, 4));
  const strides = kernel.map(() => from(random, 1, 3));
  const [group, perGroup, filters] = [from(random, 1, 2), from(random, 1, 3), from(random, 1, 4)];
  const size = Array.from({ length: rank }, () => from(random, 3, 6));
  const pads = [...kernel, ...kernel].map(() => below(random, 2));
  const extra = strides.map((stride) => below(random, stride));
  const dilations = kernel.map(() => from(random, 1, 2));
  const plain = { pads, output_padding: extra, dilations };
  const attributes: Attributes = random() < 0.7 ? plain : { auto_pad: pick(random, ["SAME_UPPER", "VALID"]) };
  return {
    inputs: [floats(random, [from(random, 1, 2), group * perGroup, ...size])],
    constants: [floats(random, [group * perGroup, filters, ...kernel]), floats(random, [group * filters])],
    attributes: { ...attributes, strides, kernel_shape: kernel, group },
  };
}

function pool(random: Random, isAverage: boolean): Case {
  const rank = from(random, 1, 2);
  const kernel = Array.from({ length: rank }, () => from(random, 1, 3));
  const { dilations, ...attributes } = windowAttributes(random, rank, kernel);
  const size = Array.from({ length: rank }, () => from(random, 6, 11));
  const ceil = attributes["auto_pad"] === undefined ? { ceil_mode: below(random, 2) } : {};
  const extra = isAverage ? { count_include_pad: below(random, 2) } : dilations === undefined ? {} : { dilations };
  return { inputs: [floats(random, [2, 3, ...size])], attributes: { ...attributes, ...ceil, ...extra } };
}

function matmul(random: Random): Case {
  const [rows, depth, columns] = [from(random, 1, 9), from(random, 1, 9), from(random, 1, 9)];
  const [a, b] = pick(random, [
    [
      [rows, depth],
      [depth, columns],
    ],
    [
      [2, 3, rows, depth],
      [3, depth, columns],
    ],
    [
      [2, 1, rows, depth],
      [1, 3, depth, columns],
    ],
    [[depth], [2, depth, columns]],
    [[2, rows, depth], [depth]],
    [[depth], [depth]],
  ] as const);
  return { inputs: [floats(random, a), floats(random, b)] };
}

function gemm(random: Random): Case {
  const [rows, depth, columns] = [from(random, 1, 9), from(random, 1, 9), from(random, 1, 9)];
  const [transA, transB] = [below(random, 2), below(random, 2)];
  const b = floats(random, transB === 1 ? [columns, depth] : [depth, columns]);
  const c = pick(random, [undefined, floats(random, [columns]), floats(random, [rows, 1]), floats(random, [])]);
  const factors = random() < 0.5 ? {} : { alpha: { float: 0.5 }, beta: { float: 2 } };
  return {
    inputs: [floats(random, transA === 1 ? [depth, rows] : [rows, depth])],
    constants: c === undefined ? [b] : [b, c],
    attributes: { transA, transB, ...factors },
  };
}

function recurrent(random: Random, gates: number): Case {
  const [steps, batch, size, hidden] = [from(random, 1, 4), from(random, 1, 4), from(random, 1, 5), from(random, 1, 5)];
  const direction = pick(random, ["forward", "reverse", "bidirectional"]);
  const directions = direction === "bidirectional" ? 2 : 1;
  const state = (): GraphTensor | undefined =>
    random() < 0.5 ? floats(random, [directions, batch, hidden]) : undefined;
  const bias = random() < 0.7 ? floats(random, [directions, 2 * gates * hidden]) : undefined;
  const lengths: GraphTensor | undefined =
    random() < 0.3 ? { type: "i32", dims: [batch], data: new Int32Array(batch).fill(steps) } : undefined;
  return {
    inputs: [floats(random, [steps, batch, size])],
    constants: [
      floats(random, [directions, gates * hidden, size]),
      floats(random, [directions, gates * hidden, hidden]),
      bias,
      lengths,
      state(),
      ...(gates === 4 ? [state()] : []),
    ],
    attributes: { hidden_size: hidden, direction, ...(gates === 3 ? { linear_before_reset: below(random, 2) } : {}) },
    outputs: gates === 4 ? ["f32", "f32", "f32"] : ["f32", "f32"],
  };
}

function einsum(random: Random): Case {
  const sizes: Readonly<Record<string, number>> = { b: 2, h: 3, i: 4, j: 5, k: 2 };
  const equation = pick(random, [
    "bhik,bhjk->bhij",
    "bhij,bhjk->bihk",
    "ij,jk",
    "ij,kj->ik",
    "bij,k->bkj",
    "ij->ji",
    "bij->j",
    "i,j->ij",
    "hij,hij->h",
  ]);
  const terms = equation.split("->")[0]!.split(",");
  const inputs = terms.map((term) =>
    floats(
      random,
      Array.from(term, (label) => sizes[label]!),
    ),
  );
  return { inputs, attributes: { equation } };
}

const CASES: Readonly<Record<string, (random: Random) => Case>> = {
  Conv: conv,
  "Conv with groups and dilations": conv,
  "Conv of one channel each": depthwise,
  ConvTranspose: convTranspose,
  "ConvTranspose with groups": convTranspose,
  "ConvTranspose to a shape": (random) => ({
    inputs: [floats(random, [1, 2, 4, 4])],
    constants: [floats(random, [2, 3, 3, 3])],
    attributes: { strides: [2, 2], output_shape: [from(random, 7, 9), 8] },
  }),
  MaxPool: (random) => pool(random, false),
  "MaxPool with dilations": (random) => pool(random, false),
  AveragePool: (random) => pool(random, true),
  "AveragePool that counts its padding": (random) => pool(random, true),
  GlobalAveragePool: (random) => ({ inputs: [floats(random, [2, 3, 4, 5])] }),
  GlobalMaxPool: (random) => ({ inputs: [floats(random, [2, 3, 4, 5])] }),
  MatMul: matmul,
  "MatMul of other shapes": matmul,
  Gemm: gemm,
  LSTM: (random) => recurrent(random, 4),
  "LSTM of other shapes": (random) => recurrent(random, 4),
  GRU: (random) => recurrent(random, 3),
  "GRU of other shapes": (random) => recurrent(random, 3),
  Einsum: einsum,
  ConstantOfShape: () => ({ inputs: [], constants: [i64([2, 3])] }),
};

describe("a contraction or recurrent operator computes as in ONNX Runtime:", () => {
  itComputesAsOrt(CASES);
});
