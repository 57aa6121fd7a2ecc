import { expect } from "chai";

import {
  accuracy,
  expectAccurate,
  floats,
  graphOf,
  LEAST,
  operators,
  randomTensor,
  type TestNode,
} from "./support/graphs.ts";

const image = { x: [1, 4, 5, 6] };
const unary = (op: string, attributes: TestNode["attributes"] = {}): TestNode[] => [
  { op, inputs: ["x"], output: "y", attributes },
];

describe("compiled functions of elements", () => {
  const functions: Record<string, TestNode["attributes"]> = {
    Sigmoid: {},
    Tanh: {},
    Erf: {},
    Exp: {},
    HardSwish: {},
    Silu: {},
    Mish: {},
    Softplus: {},
    Gelu: { approximate: "none" },
    HardSigmoid: { alpha: 0.2, beta: 0.5 },
    LeakyRelu: { alpha: 0.1 },
    Elu: { alpha: 1 },
    Abs: {},
    Neg: {},
    Sin: {},
    Relu: {},
    Clip: { min: -0.5, max: 0.7 },
  };
  for (const [op, attributes] of Object.entries(functions)) {
    it(`${op} is one node`, async () => {
      const model = await expectAccurate(graphOf(image, {}, unary(op, attributes)));
      expect(operators(model).filter((name) => name !== "view")).to.have.length(1);
    });
  }

  it("Sqrt, Reciprocal and Log of what is positive", async () => {
    for (const op of ["Sqrt", "Reciprocal", "Log"]) {
      const graph = graphOf(image, { three: floats([], [3]) }, [
        { op: "Add", inputs: ["x", "three"], output: "a" },
        { op, inputs: ["a"], output: "y" },
      ]);
      expect(operators(await expectAccurate(graph)).filter((name) => name === "lookup")).to.have.length(1);
    }
  });

  it("chains of functions and of constants become one table", async () => {
    const graph = graphOf(image, { three: floats([], [3]), six: floats([1], [6]), two: floats([], [2]) }, [
      { op: "Add", inputs: ["x", "three"], output: "a" },
      { op: "Clip", inputs: ["a"], output: "c", attributes: { min: 0, max: 6 } },
      { op: "Mul", inputs: ["x", "c"], output: "m" },
      { op: "Div", inputs: ["m", "six"], output: "d" },
      { op: "Pow", inputs: ["d", "two"], output: "p" },
      { op: "Sub", inputs: ["three", "p"], output: "y" },
    ]);
    expect(operators(await expectAccurate(graph))).to.deep.equal(["lookup"]);
  });

  it("casts to integers cut fractions off", async () => {
    const graph = graphOf(image, { four: floats([], [4]) }, [
      { op: "Mul", inputs: ["x", "four"], output: "m" },
      { op: "Cast", inputs: ["m"], output: "i", attributes: { to: "i32" } },
      { op: "Cast", inputs: ["i"], output: "y", attributes: { to: "f32" } },
    ]);
    await expectAccurate(graph, { wide: 40, narrow: 15 });
  });

  it("positive factors only change the scale, sums with a number need no table", async () => {
    const constants = { half: floats([], [0.5]), one: floats([], [0.3]) };
    const scaled = graphOf(image, constants, [{ op: "Mul", inputs: ["x", "half"], output: "y" }]);
    expect(operators(await expectAccurate(scaled))).to.deep.equal(["view"]);
    const moved = graphOf(image, constants, [{ op: "Add", inputs: ["x", "one"], output: "y" }]);
    expect(operators(await expectAccurate(moved))).to.deep.equal(["requantize"]);
  });
});

describe("compiled operators of two values", () => {
  const pair = { x: [1, 6, 8], y: [1, 1, 8] };
  for (const op of ["Add", "Sub", "Mul", "Max", "Min"]) {
    it(`${op} repeats the smaller operand`, async () => {
      const model = await expectAccurate(graphOf(pair, {}, [{ op, inputs: ["x", "y"], output: "z" }]));
      expect(operators(model)).to.include(op.toLowerCase());
      await expectAccurate(graphOf(pair, {}, [{ op, inputs: ["y", "x"], output: "z" }]));
    });
  }

  it("Div by what is far from zero", async () => {
    const graph = graphOf(pair, { four: floats([], [4]) }, [
      { op: "Add", inputs: ["y", "four"], output: "d" },
      { op: "Div", inputs: ["x", "d"], output: "z" },
    ]);
    expect(operators(await expectAccurate(graph))).to.include("div");
  });

  it("constants per channel are a convolution of one tap, whole tensors a node with a constant", async () => {
    const channels = { g: randomTensor([4, 1, 1], 3), b: randomTensor([1, 4, 1, 1], 4) };
    const affine = graphOf(image, channels, [
      { op: "Mul", inputs: ["x", "g"], output: "m" },
      { op: "Sub", inputs: ["b", "m"], output: "y" },
    ]);
    expect(operators(await expectAccurate(affine)).filter((op) => op === "conv2d")).to.have.length(1);
    const whole = graphOf(image, { c: randomTensor([1, 1, 5, 6], 3) }, [
      { op: "Add", inputs: ["c", "x"], output: "y" },
    ]);
    expect(operators(await expectAccurate(whole))).to.include("add");
  });

  it("PRelu with a slope for each channel", async () => {
    const slopes = { s: floats([4, 1, 1], [0.1, 0.25, -0.3, 0]) };
    await expectAccurate(graphOf(image, slopes, [{ op: "PRelu", inputs: ["x", "s"], output: "y" }]), { wide: 65 });
  });

  it("squeeze and excite", async () => {
    const point = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 };
    const graph = graphOf(image, { w: randomTensor([4, 4, 1, 1], 5) }, [
      { op: "ReduceMean", inputs: ["x"], output: "g", attributes: { axes: [2, 3], keepdims: 1 } },
      { op: "Conv", inputs: ["g", "w"], output: "h", attributes: point },
      { op: "HardSigmoid", inputs: ["h"], output: "s", attributes: { alpha: 0.2, beta: 0.5 } },
      { op: "Mul", inputs: ["x", "s"], output: "y" },
    ]);
    await expectAccurate(graph);
  });

  it("Where by a constant mask, also with a fill that no range could hold", async () => {
    const mask = { type: "bool", dims: [6, 8], data: Uint8Array.from({ length: 48 }, (_, at) => at % 3 && 1) } as const;
    const graph = graphOf({ x: [1, 6, 8] }, { mask, fill: floats([], [0.25]) }, [
      { op: "Where", inputs: ["mask", "x", "fill"], output: "y" },
    ]);
    await expectAccurate(graph);
    const masked = graphOf({ x: [1, 6, 8] }, { mask, fill: floats([], [-Infinity]) }, [
      { op: "Where", inputs: ["mask", "x", "fill"], output: "w" },
      { op: "Softmax", inputs: ["w"], output: "y", attributes: { axis: 2 } },
    ]);
    const { db } = await accuracy(masked, { activations: "i16" });
    expect(db).to.be.greaterThan(LEAST.narrow);
  });
});
