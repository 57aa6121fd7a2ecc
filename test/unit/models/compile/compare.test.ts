import { expect } from "chai";

import { compileTest, graphOf, randomSamples, randomTensor } from "./support/graphs.ts";

describe("the report of a compiled model", () => {
  const graph = graphOf({ x: [1, 4, 5, 6] }, { w: randomTensor([4, 4, 1, 1], 3) }, [
    {
      op: "Conv",
      inputs: ["x", "w"],
      output: "c",
      attributes: { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 },
    },
    { op: "Transpose", inputs: ["c"], output: "t", attributes: { perm: [0, 3, 1, 2] } },
    { op: "Sigmoid", inputs: ["t"], output: "y" },
  ]);

  it("has the lowering of every node, and limits of the program", async () => {
    const { report } = await compileTest(graph, randomSamples(graph, 4));
    expect(report.nodes.map(({ op }) => op)).to.deep.equal(["Conv", "Transpose", "Sigmoid"]);
    expect(report.macs).to.equal(480n);
    expect(report.worstBytes).to.be.greaterThan(0);
    expect(report.errors).to.equal(undefined);
    for (const { sqnr } of report.tensors) expect(sqnr ?? Infinity).to.be.greaterThan(30);
  });

  it("has the error of every value where samples to compare are given", async () => {
    const compare = randomSamples(graph, 2, 50);
    const { report } = await compileTest(graph, randomSamples(graph, 16), {
      compare,
      activations: "i16",
      weights: "i16",
    });
    expect(report.errors!.map(({ name }) => name)).to.have.members(["x", "c", "t", "y"]);
    for (const { snr, worst } of report.errors!) {
      expect(snr).to.be.greaterThan(60);
      expect(worst).to.be.below(0.01);
    }
  });
});
