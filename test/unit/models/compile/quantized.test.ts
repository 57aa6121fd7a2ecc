import { expect } from "chai";

import type { GraphTensor, ValueInfo } from "../../../../protocol/models/graph/types.ts";
import { againstOrt, type QuantizedModel } from "./support/against-ort.ts";
import { floats, randomNumbers } from "./support/graphs.ts";

const count = (dims: readonly number[]): number => dims.reduce((all, extent) => all * extent, 1);

function bytes(type: "u8" | "i8", dims: readonly number[], seed: number, spread = 256): GraphTensor {
  const next = randomNumbers(seed);
  const low = type === "u8" ? 128 - spread / 2 : -spread / 2;
  const values = Array.from({ length: count(dims) }, () => Math.floor(low + spread * next()));
  return type === "u8" ? { type, dims, data: Uint8Array.from(values) } : { type, dims, data: Int8Array.from(values) };
}

const u8 = (value: number): GraphTensor => ({ type: "u8", dims: [], data: Uint8Array.of(value) });
const i8 = (...values: number[]): GraphTensor => ({
  type: "i8",
  dims: values.length === 1 ? [] : [values.length],
  data: Int8Array.from(values),
});
const scale = (...values: number[]): GraphTensor => floats(values.length === 1 ? [] : [values.length], values);
const i32 = (values: readonly number[]): GraphTensor => ({
  type: "i32",
  dims: [values.length],
  data: Int32Array.from(values),
});
const info = (type: ValueInfo["type"], ...dims: number[]): ValueInfo => ({ type, dims });

/** At least 99.9% of the elements equal, none off by more than one step, and not because they all saturate. */
async function expectEqual(model: QuantizedModel, seed = 1): Promise<void> {
  const { data } = bytes(model.input.type as "u8" | "i8", model.input.dims, seed);
  const { different, worst, count: all, saturated } = await againstOrt(model, data as Uint8Array);
  expect(worst).to.be.at.most(1);
  expect(different).to.be.at.most(Math.floor(all / 1000));
  expect(saturated).to.be.below(all / 2);
}

/** ONNX Runtime adds pairs of u8 · i8 in 16 bits that saturate, on processors without VNNI. */
const SEVEN_BITS = 128;
const CONV = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], group: 1 };
const SCALES = Array.from({ length: 6 }, (_, at) => 0.0031 + 0.0007 * at);
const BIAS = [1000, -2000, 0, 5, 777, -40];

describe("compiled quantised models against ONNX Runtime", () => {
  it("QLinearConv with scales per channel, bias, zero points, pads and strides", async () => {
    await expectEqual({
      input: info("u8", 1, 3, 20, 20),
      constants: {
        xs: scale(0.0213),
        xz: u8(121),
        w: bytes("i8", [6, 3, 3, 3], 2, SEVEN_BITS),
        ws: scale(...SCALES),
        wz: i8(0, 0, 0, 0, 0, 0),
        ys: scale(0.037),
        yz: u8(130),
        b: i32(BIAS),
      },
      nodes: [
        {
          op: "QLinearConv",
          inputs: ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "b"],
          output: "y",
          info: info("u8", 1, 6, 10, 10),
          attributes: { ...CONV, strides: [2, 2] },
        },
      ],
    });
  });

  it("QLinearMatMul of bytes with zero points on both sides", async () => {
    await expectEqual({
      input: info("u8", 24, 96),
      constants: {
        xs: scale(0.0213),
        xz: u8(117),
        w: bytes("u8", [96, 40], 2),
        ws: scale(0.0091),
        wz: u8(131),
        ys: scale(0.11),
        yz: u8(126),
      },
      nodes: [
        {
          op: "QLinearMatMul",
          inputs: ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"],
          output: "y",
          info: info("u8", 24, 40),
        },
      ],
    });
  });

  it("MatMulInteger and ConvInteger, exact sums", async () => {
    await expectEqual({
      input: info("u8", 5, 33),
      constants: { xz: u8(117), w: bytes("i8", [33, 9], 2, SEVEN_BITS) },
      nodes: [{ op: "MatMulInteger", inputs: ["x", "w", "xz"], output: "y", info: info("i32", 5, 9) }],
    });
    await expectEqual({
      input: info("u8", 1, 3, 9, 9),
      constants: { xz: u8(117), w: bytes("u8", [6, 3, 3, 3], 2), wz: u8(99) },
      nodes: [
        {
          op: "ConvInteger",
          inputs: ["x", "w", "xz", "wz"],
          output: "y",
          info: info("i32", 1, 6, 9, 9),
          attributes: CONV,
        },
      ],
    });
  });

  it("quantise and dequantise around Conv, Relu and Add", async () => {
    await expectEqual({
      input: info("u8", 1, 3, 16, 16),
      constants: {
        xs: scale(0.0213),
        xz: u8(121),
        w: bytes("i8", [6, 3, 3, 3], 2, SEVEN_BITS),
        ws: scale(...SCALES),
        wz: i8(0, 0, 0, 0, 0, 0),
        b: i32(BIAS),
        bs: scale(...SCALES.map((value) => Math.fround(Math.fround(0.0213) * Math.fround(value)))),
        ys: scale(0.037),
        yz: u8(0),
        zs: scale(0.041),
        zz: u8(11),
        as: scale(0.051),
        az: u8(90),
      },
      nodes: [
        { op: "DequantizeLinear", inputs: ["x", "xs", "xz"], output: "xf", info: info("f32", 1, 3, 16, 16) },
        {
          op: "DequantizeLinear",
          inputs: ["w", "ws", "wz"],
          output: "wf",
          info: info("f32", 6, 3, 3, 3),
          attributes: { axis: 0 },
        },
        { op: "DequantizeLinear", inputs: ["b", "bs"], output: "bf", info: info("f32", 6), attributes: { axis: 0 } },
        { op: "Conv", inputs: ["xf", "wf", "bf"], output: "c", info: info("f32", 1, 6, 16, 16), attributes: CONV },
        { op: "Relu", inputs: ["c"], output: "r", info: info("f32", 1, 6, 16, 16) },
        { op: "QuantizeLinear", inputs: ["r", "ys", "yz"], output: "q", info: info("u8", 1, 6, 16, 16) },
        { op: "DequantizeLinear", inputs: ["q", "ys", "yz"], output: "f", info: info("f32", 1, 6, 16, 16) },
        { op: "Conv", inputs: ["xf", "wf"], output: "d", info: info("f32", 1, 6, 16, 16), attributes: CONV },
        { op: "QuantizeLinear", inputs: ["d", "zs", "zz"], output: "e", info: info("u8", 1, 6, 16, 16) },
        { op: "DequantizeLinear", inputs: ["e", "zs", "zz"], output: "g", info: info("f32", 1, 6, 16, 16) },
        { op: "Add", inputs: ["f", "g"], output: "s", info: info("f32", 1, 6, 16, 16) },
        { op: "QuantizeLinear", inputs: ["s", "as", "az"], output: "y", info: info("u8", 1, 6, 16, 16) },
      ],
    });
  });

  it("QLinearAdd and QLinearMul", async () => {
    for (const op of ["QLinearAdd", "QLinearMul"]) {
      await expectEqual({
        input: info("u8", 1, 64, 64),
        constants: {
          xs: scale(0.0213),
          xz: u8(121),
          w: bytes("u8", [64], 5),
          ws: scale(0.0191),
          wz: u8(131),
          ys: scale(op === "QLinearAdd" ? 0.0301 : 0.071),
          yz: u8(126),
        },
        domains: { "com.microsoft": 1 },
        nodes: [
          {
            op,
            domain: "com.microsoft",
            inputs: ["x", "xs", "xz", "w", "ws", "wz", "ys", "yz"],
            output: "y",
            info: info("u8", 1, 64, 64),
          },
        ],
      });
    }
  });
});
