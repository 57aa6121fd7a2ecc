import { expect } from "chai";

import { AbortedError, InvalidInputError } from "@orion/protocol/common";
import { createInterpreter, readOnnx } from "@orion/protocol/models";

import { f32, writeModel } from "../../../support/onnx/write-model.ts";

const model = writeModel({
  inputs: [{ name: "x", dims: [2, 3] }],
  outputs: [{ name: "y" }],
  initializers: { w: f32([3, 2], [1, 2, 3, 4, 5, 6]), b: f32([2], [-10, 100]) },
  nodes: [
    { op: "MatMul", inputs: ["x", "w"], outputs: ["product"] },
    { op: "Add", inputs: ["product", "b"], outputs: ["sum"] },
    { op: "Relu", inputs: ["sum"], outputs: ["y"] },
  ],
});
const x = f32([2, 3], [1, 0, 0, 0, 1, 1]);

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("createInterpreter", () => {
  it("computes the outputs and keeps what is asked for", async () => {
    const graph = await readOnnx(model, { unsimplified: true });
    const seen: string[] = [];
    const result = await createInterpreter(graph).run({ x }, { keep: ["product"], onValue: (name) => seen.push(name) });
    expect([...result.get("y")!.data]).to.deep.equal([0, 102, 0, 110]);
    expect([...result.get("product")!.data]).to.deep.equal([1, 2, 8, 10]);
    expect([...result.keys()]).to.deep.equal(["y", "product"]);
    expect(seen).to.deep.equal(["x", "product", "sum", "y"]);
  });

  it("refuses inputs that the graph does not take", async () => {
    const { run } = createInterpreter(await readOnnx(model));
    for (const inputs of [{}, { x: f32([3, 2], [1, 2, 3, 4, 5, 6]) }, { x: f32([2, 3], [1]) }, { x, z: x }]) {
      expect(await failure(run(inputs))).to.be.instanceOf(InvalidInputError);
    }
    expect(await failure(run({ x }, { keep: ["nothing"] }))).to.be.instanceOf(InvalidInputError);
  });

  it("stops when the signal aborts", async () => {
    const { run } = createInterpreter(await readOnnx(model));
    expect(await failure(run({ x }, { signal: AbortSignal.abort() }))).to.be.instanceOf(AbortedError);
  });
});
