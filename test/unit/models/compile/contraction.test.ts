import { expect } from "chai";

import { expectAccurate, floats, graphOf, operators, randomTensor } from "./support/graphs.ts";

const CONV = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], group: 1 };
const POINT = { ...CONV, pads: [0, 0, 0, 0] };
const image = { x: [1, 4, 7, 9] };
const weights = (dims: readonly number[], seed = 5): ReturnType<typeof randomTensor> => randomTensor(dims, seed);

describe("compiled contractions", () => {
  it("convolve with bias, stride and dilation", async () => {
    const attributes = { ...CONV, strides: [2, 1], dilations: [1, 2], pads: [0, 2, 1, 1] };
    const graph = graphOf(image, { w: weights([5, 4, 3, 3]), b: weights([5]) }, [
      { op: "Conv", inputs: ["x", "w", "b"], output: "y", attributes },
    ]);
    await expectAccurate(graph);
  });

  it("convolve in groups, one a channel and two in all, and along one axis", async () => {
    const depthwise = graphOf(image, { w: weights([4, 1, 3, 3]) }, [
      { op: "Conv", inputs: ["x", "w"], output: "y", attributes: { ...CONV, group: 4 } },
    ]);
    await expectAccurate(depthwise);
    const grouped = graphOf(image, { w: weights([6, 2, 1, 1]) }, [
      { op: "Conv", inputs: ["x", "w"], output: "y", attributes: { ...POINT, group: 2 } },
    ]);
    await expectAccurate(grouped);
    const line = graphOf({ x: [2, 3, 11] }, { w: weights([4, 3, 3]) }, [
      {
        op: "Conv",
        inputs: ["x", "w"],
        output: "y",
        attributes: { strides: [2], pads: [4, 1], dilations: [1], group: 1 },
      },
    ]);
    await expectAccurate(line);
  });

  it("take batch normalisation, bias, scale and bounds behind them into their parameters", async () => {
    const constants = {
      w: weights([5, 4, 1, 1]),
      g: weights([5, 1, 1], 8),
      b: weights([1, 5, 1, 1], 9),
      two: floats([], [-2]),
    };
    const model = await expectAccurate(
      graphOf(image, constants, [
        { op: "Conv", inputs: ["x", "w"], output: "c", attributes: POINT },
        { op: "Mul", inputs: ["c", "g"], output: "m" },
        { op: "Add", inputs: ["m", "b"], output: "a" },
        { op: "Div", inputs: ["a", "two"], output: "d" },
        { op: "Clip", inputs: ["d"], output: "y", attributes: { min: 0, max: 0.8 } },
      ]),
    );
    expect(operators(model)).to.deep.equal(["view", "conv2d", "clamp", "view"]);
  });

  it("keep a result that others read too", async () => {
    const model = await expectAccurate(
      graphOf(image, { w: weights([4, 4, 1, 1]) }, [
        { op: "Conv", inputs: ["x", "w"], output: "c", attributes: POINT },
        { op: "Relu", inputs: ["c"], output: "r" },
        { op: "Add", inputs: ["c", "r"], output: "y" },
      ]),
    );
    expect(operators(model)).to.include("lookup");
  });

  it("transpose convolutions whose windows lie apart by one matmul", async () => {
    const attributes = { strides: [2, 3], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1, output_padding: [0, 0] };
    const model = await expectAccurate(
      graphOf(image, { w: weights([4, 3, 2, 3]), b: weights([3]), g: weights([3, 1, 1], 8) }, [
        { op: "ConvTranspose", inputs: ["x", "w", "b"], output: "c", attributes },
        { op: "Mul", inputs: ["c", "g"], output: "y" },
      ]),
    );
    expect(operators(model).filter((op) => op !== "view")).to.deep.equal(["matmul"]);
  });

  it("transpose convolutions whose windows overlap by zeros between the elements", async () => {
    const attributes = { strides: [2, 2], pads: [1, 1, 1, 0], dilations: [1, 1], group: 2, output_padding: [1, 0] };
    const grouped = graphOf(image, { w: weights([4, 3, 3, 3]), b: weights([6]) }, [
      { op: "ConvTranspose", inputs: ["x", "w", "b"], output: "y", attributes },
    ]);
    await expectAccurate(grouped);
    const small = { strides: [3], pads: [0, 1], dilations: [1], group: 1, output_padding: [0] };
    const line = graphOf({ x: [1, 4, 6] }, { w: weights([4, 3, 2]) }, [
      { op: "ConvTranspose", inputs: ["x", "w"], output: "y", attributes: small },
    ]);
    await expectAccurate(line);
  });

  it("multiply by constant matrices from either side", async () => {
    const right = graphOf({ x: [2, 3, 10] }, { w: weights([10, 5]), b: weights([5]) }, [
      { op: "MatMul", inputs: ["x", "w"], output: "y" },
      { op: "Add", inputs: ["y", "b"], output: "z" },
    ]);
    expect(operators(await expectAccurate(right))).to.deep.equal(["view", "matmul", "view"]);
    const left = graphOf({ x: [2, 10, 3] }, { w: weights([5, 10]) }, [
      { op: "MatMul", inputs: ["w", "x"], output: "y" },
    ]);
    await expectAccurate(left);
    const gemm = graphOf({ x: [3, 10] }, { w: weights([10, 5]), b: weights([1, 5]) }, [
      { op: "Gemm", inputs: ["x", "w", "b"], output: "y" },
    ]);
    await expectAccurate(gemm);
  });

  it("attend: heads from one product, computed operands, softmax", async () => {
    const part = (at: number): Parameters<typeof graphOf>[2] => [
      {
        op: "Slice",
        inputs: ["t"],
        output: `s${at}`,
        attributes: { starts: [at, 0, 0, 0, 0], steps: [1, 1, 1, 1, 1], sizes: [1, 1, 2, 6, 4] },
      },
      { op: "Reshape", inputs: [`s${at}`], output: `p${at}`, attributes: { shape: [1, 2, 6, 4] } },
    ];
    const graph = graphOf({ x: [1, 6, 8] }, { w: weights([8, 24]), half: floats([], [0.5]) }, [
      { op: "MatMul", inputs: ["x", "w"], output: "qkv" },
      { op: "Reshape", inputs: ["qkv"], output: "r", attributes: { shape: [1, 6, 3, 2, 4] } },
      { op: "Transpose", inputs: ["r"], output: "t", attributes: { perm: [2, 0, 3, 1, 4] } },
      ...[0, 1, 2].flatMap(part),
      { op: "Transpose", inputs: ["p1"], output: "k", attributes: { perm: [0, 1, 3, 2] } },
      { op: "MatMul", inputs: ["p0", "k"], output: "raw" },
      { op: "Mul", inputs: ["raw", "half"], output: "scores" },
      { op: "Softmax", inputs: ["scores"], output: "shares", attributes: { axis: 3 } },
      { op: "MatMul", inputs: ["shares", "p2"], output: "o" },
      { op: "Transpose", inputs: ["o"], output: "ot", attributes: { perm: [0, 2, 1, 3] } },
      { op: "Reshape", inputs: ["ot"], output: "y", attributes: { shape: [1, 6, 8] } },
    ]);
    await expectAccurate(graph, { narrow: 14 });
  });
});
