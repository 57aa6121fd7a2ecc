import { expect } from "chai";

import { validateProgram } from "@orion/protocol/tensor";

import {
  accuracy,
  compileTest,
  expectAccurate,
  floats,
  graphOf,
  operators,
  randomSamples,
  randomTensor,
  runFloat,
  runIntegers,
  runReal,
  snr,
} from "./support/graphs.ts";

const image = { x: [1, 4, 5, 6] };

describe("compiled reductions", () => {
  it("mean, sum and maximum over any axes", async () => {
    for (const op of ["ReduceMean", "ReduceSum", "ReduceMax"]) {
      for (const axes of [[1], [2, 3], [1, 3]]) {
        for (const keepdims of [0, 1]) {
          await expectAccurate(
            graphOf(image, {}, [{ op, inputs: ["x"], output: "y", attributes: { axes, keepdims } }]),
          );
        }
      }
    }
  });

  it("sums in two steps what no step can judge at once", async () => {
    const graph = graphOf({ x: [1, 2, 240, 240] }, {}, [
      { op: "ReduceMean", inputs: ["x"], output: "m", attributes: { axes: [2, 3], keepdims: 1 } },
      { op: "ReduceMax", inputs: ["x"], output: "h", attributes: { axes: [2, 3], keepdims: 1 } },
      { op: "Sub", inputs: ["h", "m"], output: "y" },
    ]);
    const model = await expectAccurate(graph);
    expect(operators(model).filter((op) => op === "matmul")).to.have.length(2);
    validateProgram(model.program);
  });

  it("the position of the maximum", async () => {
    const graph = graphOf(image, {}, [
      { op: "ArgMax", inputs: ["x"], output: "y", attributes: { axis: 1, keepdims: 0, select_last_index: 0 } },
    ]);
    const model = await compileTest(graph, randomSamples(graph, 2));
    const [sample] = randomSamples(graph, 1, 77);
    const [wanted] = await runFloat(graph, sample!);
    expect([...runIntegers(model, sample!)[0]!]).to.deep.equal([...wanted!]);
  });

  it("softmax over any axis", async () => {
    for (const axis of [1, 3]) {
      await expectAccurate(graphOf(image, {}, [{ op: "Softmax", inputs: ["x"], output: "y", attributes: { axis } }]), {
        wide: 65,
      });
    }
  });

  it("softmax over more classes than one step can add up", async () => {
    const graph = graphOf({ x: [2, 30_000] }, {}, [
      { op: "Softmax", inputs: ["x"], output: "y", attributes: { axis: 1 } },
    ]);
    const model = await compileTest(graph, randomSamples(graph, 1, 1, 8));
    const [sample] = randomSamples(graph, 1, 9, 7);
    const [[wanted], [given]] = [await runFloat(graph, sample!), runReal(model, sample!)];
    expect(snr(wanted!, given!)).to.be.greaterThan(30);
  });

  it("pools over windows larger than one step can judge, rows first", async () => {
    const window = { kernel_shape: [8, 8], strides: [1, 1], pads: [0, 1, 1, 0], dilations: [1, 1] };
    for (const op of ["MaxPool", "AveragePool"]) {
      const attributes = { ...window, ...(op === "MaxPool" ? {} : { overhang: [0, 0], count_include_pad: 0 }) };
      const graph = graphOf({ x: [1, 1024, 8, 8] }, {}, [{ op, inputs: ["x"], output: "y", attributes }]);
      const { db, model } = await accuracy(graph, { activations: "i16" });
      expect(db).to.be.greaterThan(60);
      expect(operators(model)).to.have.length(4);
    }
  });

  it("roots of sums of squares, near zero too", async () => {
    const graph = graphOf({ x: [1, 6, 32], y: [1, 6, 32] }, { two: floats([], [2]), e: floats([], [1e-6]) }, [
      { op: "Pow", inputs: ["x", "two"], output: "xx" },
      { op: "Pow", inputs: ["y", "two"], output: "yy" },
      { op: "Add", inputs: ["xx", "yy"], output: "s" },
      { op: "Sqrt", inputs: ["s"], output: "r" },
      { op: "ReduceMean", inputs: ["s"], output: "m", attributes: { axes: [2], keepdims: 1 } },
      { op: "Add", inputs: ["m", "e"], output: "n" },
      { op: "Sqrt", inputs: ["n"], output: "d" },
      { op: "Div", inputs: ["r", "d"], output: "z" },
    ]);
    const { db, model } = await accuracy(graph, { activations: "i16" });
    expect(db).to.be.greaterThan(70);
    expect(operators(model).filter((op) => op === "isqrt")).to.have.length(2);
  });

  it("layer normalisation", async () => {
    const graph = graphOf({ x: [1, 6, 32] }, { g: randomTensor([32], 5), b: randomTensor([32], 6) }, [
      { op: "LayerNormalization", inputs: ["x", "g", "b"], output: "y", attributes: { axis: 2, epsilon: 1e-5 } },
    ]);
    expect(operators(await expectAccurate(graph))).to.include("isqrt");
  });

  it("pools with padding that counts or does not", async () => {
    const window = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1] };
    await expectAccurate(graphOf(image, {}, [{ op: "MaxPool", inputs: ["x"], output: "y", attributes: window }]));
    for (const count_include_pad of [0, 1]) {
      const attributes = { ...window, overhang: [0, 0], count_include_pad };
      await expectAccurate(graphOf(image, {}, [{ op: "AveragePool", inputs: ["x"], output: "y", attributes }]));
    }
  });
});
