import type { GraphTensor, ValueType } from "@orion/protocol/models";

import {
  below,
  bools,
  type Case,
  dimsOf,
  floats,
  from,
  itComputesAsOrt,
  longs,
  narrowed,
  pick,
  type Random,
} from "../../support/onnx/operator-case.ts";
import { f32, i64 } from "../../support/onnx/write-model.ts";

function unary(low = -4, high = 4, attributes: (random: Random) => Case["attributes"] = () => ({})) {
  return (random: Random): Case => ({
    inputs: [floats(random, dimsOf(random, from(random, 0, 4)), low, high)],
    attributes: attributes(random)!,
  });
}

function binary(outputs: readonly ValueType[] = ["f32"], low = -4, high = 4) {
  return (random: Random): Case => {
    const dims = dimsOf(random, from(random, 1, 4));
    const pair = [floats(random, dims, low, high), floats(random, narrowed(random, dims), low, high)];
    return { inputs: random() < 0.5 ? pair : pair.reverse(), outputs };
  };
}

function integers(outputs: readonly ValueType[] = ["i64"], low = 1) {
  return (random: Random): Case => {
    const dims = dimsOf(random, 3);
    return { inputs: [longs(random, dims, -9, 9), longs(random, narrowed(random, dims), low, 6)], outputs };
  };
}

function logical(random: Random): Case {
  const dims = dimsOf(random, 3);
  return { inputs: [bools(random, dims), bools(random, narrowed(random, dims))], outputs: ["bool"] };
}

const alpha = (random: Random): Case["attributes"] => ({ alpha: { float: random() } });

function variadic(random: Random): Case {
  const dims = dimsOf(random, 3);
  return { inputs: Array.from({ length: from(random, 1, 4) }, () => floats(random, narrowed(random, dims))) };
}

function reduction(isInput: boolean, low = -2) {
  return (random: Random): Case => {
    const rank = from(random, 1, 4);
    const axes = Array.from({ length: rank }, (_, axis) => axis - (random() < 0.5 ? rank : 0)).filter(
      () => random() < 0.6,
    );
    const keepdims = below(random, 2);
    const inputs = [floats(random, dimsOf(random, rank), low, 2)];
    if (axes.length === 0) return { inputs, attributes: { keepdims }, opset: isInput ? 18 : 13 };
    return isInput
      ? { inputs, constants: [i64(axes)], attributes: { keepdims }, opset: 18 }
      : { inputs, attributes: { keepdims, axes }, opset: 11 };
  };
}

function softmax(random: Random): Case {
  const rank = from(random, 1, 4);
  const attributes = { axis: from(random, -rank, rank - 1) };
  return { inputs: [floats(random, dimsOf(random, rank), -5, 5)], attributes, opset: pick(random, [11, 13]) };
}

function layerNormalization(random: Random): Case {
  const dims = dimsOf(random, 3).map((dim) => dim + 1);
  const axis = from(random, 1, 2);
  const normalized = dims.slice(axis);
  const constants = [floats(random, normalized), random() < 0.5 ? floats(random, normalized) : undefined];
  return { inputs: [floats(random, dims)], constants, attributes: { axis, epsilon: { float: 0.001 } } };
}

function argument(random: Random): Case {
  const rank = from(random, 1, 3);
  return {
    inputs: [floats(random, dimsOf(random, rank))],
    attributes: {
      axis: from(random, -rank, rank - 1),
      keepdims: below(random, 2),
      select_last_index: below(random, 2),
    },
    outputs: ["i64"],
  };
}

function clip(random: Random): Case {
  const inputs = [floats(random, dimsOf(random, 3), -4, 4)];
  if (random() < 0.3) return { inputs, attributes: { min: { float: -1 }, max: { float: 2.5 } }, opset: 10 };
  const low = pick(random, [undefined, f32([], [-1.5]), f32([], [2])]);
  return { inputs, constants: [low, f32([], [1.25])] };
}

function batchNormalization(random: Random): Case {
  const dims = dimsOf(random, from(random, 2, 4));
  const channel = (low: number): GraphTensor => floats(random, [dims[1]!], low, 2);
  return { inputs: [floats(random, dims)], constants: [channel(0.5), channel(-1), channel(-1), channel(0.5)] };
}

function instanceNormalization(random: Random): Case {
  const dims = [2, 3, 4, 5];
  return { inputs: [floats(random, dims)], constants: [floats(random, [3]), floats(random, [3])], tolerance: 1e-5 };
}

const CASES: Readonly<Record<string, (random: Random) => Case>> = {
  ...Object.fromEntries(
    "Abs Neg Sign Exp Floor Ceil Round Sin Cos Relu Sigmoid Tanh Softplus Softsign HardSwish"
      .split(" ")
      .map((op) => [op, unary()]),
  ),
  Sqrt: unary(0),
  Log: unary(0.01),
  Reciprocal: unary(0.2),
  Erf: unary(-5, 5),
  LeakyRelu: unary(-4, 4, alpha),
  Elu: unary(-4, 4, alpha),
  Selu: unary(),
  HardSigmoid: unary(-4, 4, (random) => ({ alpha: { float: random() }, beta: { float: random() } })),
  Identity: unary(),
  Dropout: unary(),
  ...Object.fromEntries("Add Sub Mul Div".split(" ").map((op) => [op, binary()])),
  Pow: binary(["f32"], 0.1, 3),
  ...Object.fromEntries("Less Greater LessOrEqual GreaterOrEqual Equal".split(" ").map((op) => [op, binary(["bool"])])),
  "Add of integers": integers(),
  "Mul of integers": integers(),
  "Div of integers": integers(),
  "Sub of integers": integers(),
  "Mod of integers": integers(),
  "Equal of integers": integers(["bool"], -9),
  "Less of integers": integers(["bool"], -9),
  ...Object.fromEntries("And Or Xor".split(" ").map((op) => [op, logical])),
  Not: (random) => ({ inputs: [bools(random, [3, 4])], outputs: ["bool"] }),
  Mod: (random) => ({ inputs: [floats(random, [3, 4]), floats(random, [3, 4], 0.1, 1)], attributes: { fmod: 1 } }),
  ...Object.fromEntries("Max Min Sum Mean".split(" ").map((op) => [op, variadic])),
  Where: (random) => {
    const dims = dimsOf(random, 3);
    const part = (): GraphTensor => floats(random, narrowed(random, dims));
    return { inputs: [bools(random, narrowed(random, dims)), part(), part()] };
  },
  PRelu: (random) => ({ inputs: [floats(random, [2, 3, 4])], constants: [floats(random, [3, 1])] }),
  Clip: clip,
  Gelu: (random) => ({
    inputs: [floats(random, [3, 5], -4, 4)],
    attributes: { approximate: pick(random, ["none", "tanh"]) },
    opset: 20,
    tolerance: 1e-5,
  }),
  Mish: (random) => ({ inputs: [floats(random, [3, 5], -4, 4)], opset: 18 }),
  "Cast to integers": (random) => ({
    inputs: [floats(random, [3, 4], -9, 9)],
    attributes: { to: 7 },
    outputs: ["i64"],
  }),
  "Cast to bytes": (random) => ({ inputs: [floats(random, [3, 4], 0, 255)], attributes: { to: 2 }, outputs: ["u8"] }),
  "Cast to booleans": (random) => ({ inputs: [longs(random, [9], -1, 2)], attributes: { to: 9 }, outputs: ["bool"] }),
  "Cast of integers": (random) => ({ inputs: [longs(random, [9], -9, 9)], attributes: { to: 1 } }),
  CumSum: (random) => ({
    inputs: [floats(random, [3, 4, 2])],
    constants: [i64([from(random, -3, 2)], [])],
    attributes: { exclusive: below(random, 2), reverse: below(random, 2) },
  }),
  ...Object.fromEntries(
    "ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp"
      .split(" ")
      .flatMap((op) => [
        [`${op} by attribute`, reduction(false)],
        [`${op} by input`, reduction(true)],
      ]),
  ),
  "ReduceSum by attribute": reduction(false),
  "ReduceSum by input": reduction(true),
  "ReduceLogSum by input": reduction(true, 0.1),
  Softmax: softmax,
  LogSoftmax: softmax,
  LayerNormalization: layerNormalization,
  ArgMax: argument,
  ArgMin: argument,
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
};

describe("an elementwise operator or reduction computes as in ONNX Runtime:", () => {
  itComputesAsOrt(CASES);
});
