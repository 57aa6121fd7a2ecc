import type { GraphTensor } from "@orion/protocol/models";

import { type Case, floats, from, itComputesAsOrt, pick, type Random } from "../../support/onnx/operator-case.ts";
import { f32 } from "../../support/onnx/write-model.ts";

type Byte = "u8" | "i8";

/** Signed values have 7 bits: ONNX Runtime saturates sums of two products of 8 bits on machines without VNNI. */
function bytes(random: Random, type: Byte, dims: readonly number[]): GraphTensor {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const values = Array.from({ length: count }, () => from(random, type === "u8" ? 0 : -64, type === "u8" ? 255 : 63));
  return type === "u8" ? { type, dims, data: Uint8Array.from(values) } : { type, dims, data: Int8Array.from(values) };
}

const zero = (random: Random, type: Byte): GraphTensor => {
  const level = type === "u8" ? from(random, 100, 150) : from(random, -20, 20);
  return type === "u8" ? { type, dims: [], data: Uint8Array.of(level) } : { type, dims: [], data: Int8Array.of(level) };
};
const scale = (random: Random, size: number): GraphTensor => f32([], [size * (0.5 + random())]);

/** Sums in integers and in floats fall on different sides of a half now and then: one level. */
const tolerance = 1;

function conv(random: Random): Case {
  const filters = from(random, 1, 5);
  const group = pick(random, [1, 2]);
  const perChannel = random() < 0.5;
  const scales = f32(
    perChannel ? [filters * group] : [],
    floats(random, [perChannel ? filters * group : 1], 0.01, 0.03).data as Float32Array,
  );
  const zeros: GraphTensor = { type: "i8", dims: scales.dims, data: new Int8Array(scales.data.length) };
  const bias: GraphTensor = {
    type: "i32",
    dims: [filters * group],
    data: Int32Array.from({ length: filters * group }, () => from(random, -500, 500)),
  };
  return {
    inputs: [bytes(random, "u8", [1, 3 * group, 6, 7])],
    constants: [
      scale(random, 0.02),
      zero(random, "u8"),
      bytes(random, "i8", [filters * group, 3, 3, 2]),
      scales,
      zeros,
      scale(random, 0.2),
      zero(random, "u8"),
      ...(random() < 0.7 ? [bias] : []),
    ],
    attributes: { pads: [1, 1, 0, 1], strides: [from(random, 1, 2), 1], group },
    outputs: ["u8"],
    tolerance,
  };
}

function matmul(random: Random): Case {
  return {
    inputs: [bytes(random, "u8", [4, 9])],
    constants: [
      scale(random, 0.02),
      zero(random, "u8"),
      bytes(random, "i8", [9, 5]),
      scale(random, 0.02),
      zero(random, "i8"),
      scale(random, 0.1),
      zero(random, "u8"),
    ],
    outputs: ["u8"],
    tolerance,
  };
}

function binary(random: Random): Case {
  const type = pick(random, ["u8", "i8"] as const);
  return {
    inputs: [bytes(random, type, [2, 3, 4])],
    constants: [
      scale(random, 0.02),
      zero(random, type),
      bytes(random, type, [3, 4]),
      scale(random, 0.02),
      zero(random, type),
      scale(random, 0.04),
      zero(random, type),
    ],
    outputs: [type],
    domain: "com.microsoft",
    tolerance,
  };
}

function single(attributes: Case["attributes"], outScale = 0.02) {
  return (random: Random): Case => ({
    inputs: [bytes(random, "u8", [2, 3, 6, 6])],
    constants: [scale(random, 0.02), zero(random, "u8"), scale(random, outScale), zero(random, "u8")],
    attributes: attributes ?? {},
    outputs: ["u8"],
    domain: "com.microsoft",
    tolerance,
  });
}

function concat(random: Random): Case {
  const part = (): GraphTensor[] => [
    bytes(random, "u8", [2, from(random, 1, 4)]),
    scale(random, 0.02),
    zero(random, "u8"),
  ];
  return {
    inputs: [scale(random, 0.02), zero(random, "u8"), ...part(), ...part()],
    attributes: { axis: 1 },
    outputs: ["u8"],
    domain: "com.microsoft",
    tolerance,
  };
}

function perAxis(random: Random): { scales: GraphTensor; zeros: GraphTensor; axis: number } {
  const axis = from(random, 0, 2);
  const count = [3, 4, 5][axis]!;
  const zeros: GraphTensor = {
    type: "i8",
    dims: [count],
    data: Int8Array.from({ length: count }, () => from(random, -9, 9)),
  };
  return { scales: floats(random, [count], 0.01, 0.05), zeros, axis };
}

const CASES: Readonly<Record<string, (random: Random) => Case>> = {
  QuantizeLinear: (random) => ({
    inputs: [floats(random, [3, 4], -9, 9)],
    constants: [scale(random, 0.05), ...(random() < 0.5 ? [zero(random, "u8")] : [])],
    outputs: ["u8"],
  }),
  "QuantizeLinear by channel": (random) => {
    const { scales, zeros, axis } = perAxis(random);
    return {
      inputs: [floats(random, [3, 4, 5], -9, 9)],
      constants: [scales, zeros],
      attributes: { axis },
      outputs: ["i8"],
    };
  },
  DequantizeLinear: (random) => ({
    inputs: [bytes(random, "u8", [3, 4])],
    constants: [scale(random, 0.05), ...(random() < 0.5 ? [zero(random, "u8")] : [])],
  }),
  "DequantizeLinear by channel": (random) => {
    const { scales, zeros, axis } = perAxis(random);
    return { inputs: [bytes(random, "i8", [3, 4, 5])], constants: [scales, zeros], attributes: { axis } };
  },
  DynamicQuantizeLinear: (random) => ({ inputs: [floats(random, [3, 4], -3, 5)], outputs: ["u8", "f32", "u8"] }),
  QLinearConv: conv,
  QLinearMatMul: matmul,
  MatMulInteger: (random) => ({
    inputs: [bytes(random, "u8", [4, 7]), bytes(random, "i8", [7, 3])],
    constants: random() < 0.3 ? [] : [zero(random, "u8"), zero(random, "i8")],
    outputs: ["i32"],
  }),
  "MatMulInteger by column": (random) => ({
    inputs: [bytes(random, "u8", [4, 7]), bytes(random, "i8", [7, 3])],
    constants: [zero(random, "u8"), { type: "i8", dims: [3], data: Int8Array.of(-5, 0, 9) }],
    outputs: ["i32"],
  }),
  ConvInteger: (random) => ({
    inputs: [bytes(random, "u8", [1, 2, 5, 5]), bytes(random, "u8", [3, 2, 3, 3])],
    constants: [zero(random, "u8")],
    attributes: { pads: [1, 1, 1, 1] },
    outputs: ["i32"],
  }),
  QLinearAdd: binary,
  QLinearMul: binary,
  QLinearAveragePool: single({ kernel_shape: [2, 3], strides: [2, 1], pads: [1, 1, 0, 1] }),
  QLinearGlobalAveragePool: single({}),
  QLinearSigmoid: single({}, 0.004),
  QLinearLeakyRelu: single({ alpha: { float: 0.1 } }),
  QLinearConcat: concat,
};

describe("a quantised operator computes as in ONNX Runtime, to one level:", () => {
  itComputesAsOrt(CASES);
});
