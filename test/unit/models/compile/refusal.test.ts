import { expect } from "chai";

import { UnsupportedNodesError } from "../../../../protocol/models/compile/unsupported-nodes-error.ts";
import { compileTest, graphOf, randomSamples } from "./support/graphs.ts";

describe("what cannot be compiled", () => {
  it("is refused by one error that names every such node", async () => {
    const graph = graphOf({ x: [1, 4], y: [1, 4] }, {}, [
      { op: "CumSum", inputs: ["x"], output: "a", attributes: { axis: 1, exclusive: 0, reverse: 0 } },
      { op: "Pow", inputs: ["x", "y"], output: "b" },
      { op: "Add", inputs: ["a", "b"], output: "c" },
    ]);
    const failed = await compileTest(graph, randomSamples(graph, 1)).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failed).to.be.instanceOf(UnsupportedNodesError);
    const { nodes, retryable } = failed as UnsupportedNodesError;
    expect(retryable).to.equal(false);
    expect(nodes.map(({ op, name }) => [op, name])).to.deep.equal([
      ["CumSum", "CumSum#0"],
      ["Pow", "Pow#1"],
    ]);
  });
});
