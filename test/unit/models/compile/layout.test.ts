import { expect } from "chai";

import {
  expectAccurate,
  graphOf,
  longs,
  operators,
  randomTensor,
  runIntegers,
  compileTest,
  randomSamples,
  type TestNode,
} from "./support/graphs.ts";

const image = { x: [1, 4, 5, 6] };
const POINT = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 };
const one = (op: string, attributes: NonNullable<TestNode["attributes"]>, ...more: string[]): TestNode[] => [
  { op, inputs: ["x", ...more], output: "y", attributes },
];

describe("compiled layout", () => {
  it("slices, also backwards and with steps", async () => {
    const attributes = { starts: [0, 3, 1, 5], steps: [1, -2, 1, -1], sizes: [1, 2, 3, 4] };
    expect(operators(await expectAccurate(graphOf(image, {}, one("Slice", attributes))))).to.deep.equal(["view"]);
  });

  it("joins values of different ranges, and constants", async () => {
    const graph = graphOf(image, { w: randomTensor([2, 4, 1, 1], 3), c: randomTensor([1, 3, 5, 6], 4) }, [
      { op: "Conv", inputs: ["x", "w"], output: "k", attributes: POINT },
      { op: "Concat", inputs: ["c", "x", "k"], output: "z", attributes: { axis: 1 } },
    ]);
    await expectAccurate(graph);
  });

  it("pads, crops, repeats and expands", async () => {
    const pads = { pads: [0, 0, 1, 2, 0, 1, -1, 3], mode: "constant", value: 0.5 };
    await expectAccurate(graphOf(image, {}, one("Pad", pads)));
    await expectAccurate(graphOf(image, {}, one("Tile", { repeats: [1, 2, 1, 3] })));
    await expectAccurate(graphOf({ x: [1, 4, 1, 6] }, {}, one("Expand", { shape: [1, 4, 5, 6] })));
    await expectAccurate(
      graphOf({ x: [1, 2, 3, 2, 2, 3] }, {}, one("Pad", { ...pads, pads: [0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0] })),
    );
  });

  it("continues borders by reflection, repetition and from the other side", async () => {
    for (const mode of ["reflect", "edge", "wrap"]) {
      const pads = { pads: [0, 0, 2, 0, 0, 1, 0, 3], mode, value: 0 };
      await expectAccurate(graphOf(image, {}, one("Pad", pads)));
    }
  });

  it("gathers by constant indices, evenly spaced or not", async () => {
    await expectAccurate(graphOf(image, { i: longs([2, 1, 0]) }, one("Gather", { axis: 1 }, "i")));
    await expectAccurate(graphOf(image, { i: longs([0, 1, -1, 1]) }, one("Gather", { axis: 3 }, "i")));
    await expectAccurate(graphOf(image, { i: longs([2], []) }, one("Gather", { axis: 2 }, "i")));
  });

  it("looks up the rows of a table by an input of integers", async () => {
    const table = randomTensor([10, 4], 5);
    const graph = graphOf({ x: { type: "i64", dims: [1, 3] } }, { t: table }, [
      { op: "Gather", inputs: ["t", "x"], output: "y", attributes: { axis: 0 } },
    ]);
    const sample = { x: longs([7, 0, 9], [1, 3]) };
    const model = await compileTest(graph, [sample]);
    const [output] = model.outputs;
    const [data] = runIntegers(model, sample);
    const { scale } = output!.encoding;
    const wanted = [7, 0, 9].flatMap((row) => [...(table.data as Float32Array).slice(4 * row, 4 * row + 4)]);
    for (const [at, value] of wanted.entries()) expect(data![at]! * scale).to.be.closeTo(value, scale);
  });

  it("moves nothing for transpositions and reshapes that rename axes", async () => {
    const graph = graphOf(image, { w: randomTensor([8, 4, 1, 1], 3), v: randomTensor([8, 3], 4) }, [
      { op: "Conv", inputs: ["x", "w"], output: "c", attributes: POINT },
      { op: "Reshape", inputs: ["c"], output: "r", attributes: { shape: [1, 8, 30] } },
      { op: "Transpose", inputs: ["r"], output: "t", attributes: { perm: [0, 2, 1] } },
      { op: "MatMul", inputs: ["t", "v"], output: "y" },
    ]);
    expect(operators(await expectAccurate(graph))).to.deep.equal(["view", "conv2d", "view", "matmul", "view"]);
  });

  it("moves up to six axes", async () => {
    const graph = graphOf({ x: [1, 2, 3, 2, 5, 4] }, {}, one("Transpose", { perm: [0, 4, 2, 1, 3, 5] }));
    await expectAccurate(graph);
  });

  it("resizes by copies and by interpolation", async () => {
    const attributes = (
      mode: string,
      coordinates: string,
      sizes: readonly number[],
    ): NonNullable<TestNode["attributes"]> => ({
      mode,
      sizes,
      scales: sizes.map((size, axis) => size / [1, 4, 5, 6][axis]!),
      coordinate_transformation_mode: coordinates,
      nearest_mode: "floor",
    });
    const double = graphOf(image, {}, one("Resize", attributes("nearest", "asymmetric", [1, 4, 10, 12])));
    expect(operators(await expectAccurate(double))).not.to.include("matmul");
    await expectAccurate(graphOf(image, {}, one("Resize", attributes("nearest", "half_pixel", [1, 4, 7, 9]))));
    await expectAccurate(graphOf(image, {}, one("Resize", attributes("linear", "half_pixel", [1, 4, 10, 12]))));
    await expectAccurate(graphOf(image, {}, one("Resize", attributes("linear", "align_corners", [1, 4, 8, 3]))));
  });

  it("keeps the batch of several rows, and gives out inputs and equal outputs", async () => {
    const graph = graphOf(
      { x: [3, 4] },
      {},
      [
        { op: "Identity", inputs: ["x"], output: "y" },
        { op: "Identity", inputs: ["x"], output: "z" },
      ],
      ["y", "z", "x"],
    );
    const model = await compileTest(graph, randomSamples(graph, 1));
    expect(model.outputs.map(({ index }) => index).sort()).to.deep.equal([0, 1, 2]);
    expect(model.inputs[0]!.shape).to.deep.equal([3, 4]);
  });
});
