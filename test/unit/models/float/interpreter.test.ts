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

  it("lets others run, and stops in the middle of a node", async () => {
    const wide = writeModel({
      inputs: [{ name: "x", dims: [1, 64, 64, 64] }],
      outputs: [{ name: "y" }],
      initializers: { w: f32([64, 64, 3, 3], new Float32Array(64 * 64 * 9)) },
      nodes: Array.from({ length: 8 }, (_, at) => ({
        op: "Conv",
        inputs: [at === 0 ? "x" : `a${at}`, "w"],
        outputs: [at === 7 ? "y" : `a${at + 1}`],
        attributes: { pads: [1, 1, 1, 1] },
      })),
    });
    const graph = await readOnnx(wide);
    const abort = new AbortController();
    setTimeout(() => abort.abort());
    const done: string[] = [];
    const options = { signal: abort.signal, onValue: (name: string) => void done.push(name) };
    const inputs = { x: f32([1, 64, 64, 64], new Float32Array(64 ** 3)) };
    expect(await failure(createInterpreter(graph).run(inputs, options))).to.be.instanceOf(AbortedError);
    expect(done).not.to.include("y");
  });
});
