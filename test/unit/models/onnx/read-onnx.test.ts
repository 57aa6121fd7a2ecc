import { expect } from "chai";

import { InvalidInputError } from "@orion/protocol/common";
import { type Graph, type OnnxOptions, readOnnx } from "@orion/protocol/models";

import { f32, i64, writeModel, type WrittenModel } from "../../../support/onnx/write-model.ts";

const read = (model: WrittenModel, options?: OnnxOptions): Promise<Graph> => readOnnx(writeModel(model), options);

async function refusal(model: WrittenModel, options?: OnnxOptions): Promise<InvalidInputError> {
  try {
    await read(model, options);
  } catch (error) {
    expect(error).to.be.instanceOf(InvalidInputError);
    return error as InvalidInputError;
  }
  throw new Error("the model was read");
}

const opsOf = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);
const x = { name: "x", dims: [1, 2, 4, 4] };
const y = { name: "y" };
const relu = { op: "Relu", inputs: ["x"], outputs: ["y"] };

describe("readOnnx", () => {
  it("reads inputs, outputs and nodes with static shapes", async () => {
    const graph = await read({ nodes: [relu], inputs: [x], outputs: [y] });
    expect(graph.inputs).to.deep.equal(["x"]);
    expect(graph.outputs).to.deep.equal(["y"]);
    expect(opsOf(graph)).to.deep.equal(["Relu"]);
    expect(graph.values.get("y")).to.deep.equal({ type: "f32", dims: [1, 2, 4, 4] });
  });

  it("names inputs whose shape is open, and takes the shape that is given", async () => {
    const model = { nodes: [relu], inputs: [{ name: "x", dims: ["batch", 3, "h", "w"] }], outputs: [y] };
    const error = await refusal(model);
    expect(error.message).to.include('"x" is [batch, 3, h, w]');
    expect(error.hint).to.include("x=1x3x1x1");
    const graph = await read(model, { shapes: { x: [1, 3, 8, 8] } });
    expect(graph.values.get("y")?.dims).to.deep.equal([1, 3, 8, 8]);
    expect((await refusal(model, { shapes: { x: [1, 4, 8, 8] } })).message).to.include("does not fit");
    expect((await refusal(model, { shapes: { z: [1] } })).hint).to.include('"x"');
  });

  it("folds what depends on no input", async () => {
    const graph = await read({
      inputs: [x],
      outputs: [y],
      initializers: { one: i64([1]), minus: i64([-1]) },
      nodes: [
        { op: "Shape", inputs: ["x"], outputs: ["shape"] },
        { op: "Gather", inputs: ["shape", "one"], outputs: ["channels"] },
        { op: "Concat", inputs: ["channels", "minus"], outputs: ["wanted"], attributes: { axis: 0 } },
        { op: "Reshape", inputs: ["x", "wanted"], outputs: ["y"] },
      ],
    });
    expect(opsOf(graph)).to.deep.equal(["Reshape"]);
    expect(graph.values.get("y")?.dims).to.deep.equal([2, 16]);
    expect(graph.constants.size).to.equal(0);
  });

  it("takes the branch that a constant condition selects", async () => {
    const branch = (op: string): object => ({
      nodes: [{ op, inputs: ["x"], outputs: ["r"] }],
      outputs: [{ name: "r" }],
    });
    const model = {
      inputs: [x, { name: "rate", type: "i64" as const, dims: [] }],
      outputs: [y],
      initializers: { wide: i64([16000], []) },
      nodes: [
        { op: "Equal", inputs: ["rate", "wide"], outputs: ["isWide"] },
        {
          op: "If",
          inputs: ["isWide"],
          outputs: ["y"],
          attributes: {
            then_branch: { graph: branch("Relu") as never },
            else_branch: { graph: branch("Tanh") as never },
          },
        },
      ],
    };
    expect(opsOf(await read(model, { constants: { rate: i64([16000], []) } }))).to.deep.equal(["Relu"]);
    expect(opsOf(await read(model, { constants: { rate: i64([8000], []) } }))).to.deep.equal(["Tanh"]);
    expect((await refusal(model)).message).to.include('depends on the input "rate"');
  });

  it("names all nodes that are not supported", async () => {
    const error = await refusal({
      inputs: [x],
      outputs: [y],
      nodes: [
        { op: "NonZero", name: "first", inputs: ["x"], outputs: ["a"] },
        { op: "Relu", inputs: ["a"], outputs: ["b"] },
        { op: "Magic", name: "second", domain: "my.own", inputs: ["b"], outputs: ["y"] },
      ],
    });
    expect(error.message).to.include('NonZero "first"').and.to.include('my.own.Magic "second"');
    expect(error.hint).to.include("NonZero: its result has no fixed shape");
  });

  it("refuses loops by name and says what can be done", async () => {
    const error = await refusal({
      inputs: [x],
      outputs: [y],
      nodes: [{ op: "Loop", name: "decode", inputs: ["x"], outputs: ["y"] }],
    });
    expect(error.message).to.include('Loop "decode"');
    expect(error.hint).to.include("unroll the loop");
  });

  it("names what a node uses that is not supported", async () => {
    const node = { op: "Resize", name: "up", inputs: ["x", "", "s"], outputs: ["y"], attributes: { mode: "cubic" } };
    const error = await refusal({
      nodes: [node],
      inputs: [x],
      outputs: [y],
      initializers: { s: f32([4], [1, 1, 2, 2]) },
    });
    expect(error.message).to.include('"up" (Resize)').and.to.include("cubic");
  });

  it("refuses operator sets that are too old or too new, and shapes that depend on values", async () => {
    expect((await refusal({ nodes: [relu], inputs: [x], outputs: [y], opset: 6 })).message).to.include("version 6");
    expect((await refusal({ nodes: [relu], inputs: [x], outputs: [y], opset: 99 })).message).to.include("version 99");
    const shape = { name: "shape", type: "i64" as const, dims: [2] };
    const node = { op: "Reshape", inputs: ["x", "shape"], outputs: ["y"] };
    const error = await refusal({ nodes: [node], inputs: [x, shape], outputs: [y] });
    expect(error.message).to.include("depend on the values");
  });

  it("leaves nodes out that no output needs", async () => {
    const graph = await read({
      inputs: [x],
      outputs: [y],
      nodes: [{ op: "NonZero", inputs: ["x"], outputs: ["unused"] }, relu],
    });
    expect(opsOf(graph)).to.deep.equal(["Relu"]);
  });

  it("sorts nodes, and refuses cycles and names that are used twice", async () => {
    const late = { op: "Relu", inputs: ["a"], outputs: ["y"] };
    const early = { op: "Tanh", inputs: ["x"], outputs: ["a"] };
    expect(opsOf(await read({ nodes: [late, early], inputs: [x], outputs: [y] }))).to.deep.equal(["Tanh", "Relu"]);
    const cycle = { op: "Tanh", inputs: ["y"], outputs: ["a"] };
    expect((await refusal({ nodes: [late, cycle], inputs: [x], outputs: [y] })).message).to.include("own result");
    expect((await refusal({ nodes: [relu, relu], inputs: [x], outputs: [y] })).message).to.include("two values");
  });

  it("refuses weights whose data does not match their shape", async () => {
    const add = { op: "Add", inputs: ["x", "w"], outputs: ["y"] };
    const short = { nodes: [add], inputs: [x], outputs: [y], initializers: { w: f32([1, 2, 4, 4], [1, 2, 3]) } };
    expect((await refusal(short)).message).to.include("12 bytes of data instead of 128");
    const huge = { ...short, initializers: { w: f32([2 ** 31, 2 ** 31], [1]) } };
    expect((await refusal(huge)).message).to.include("more than");
  });

  it("refuses what is not an ONNX file", async () => {
    for (const bytes of [new Uint8Array(), Buffer.from("PK\x03\x04 not a model"), new Uint8Array(1000).fill(255)]) {
      const error: unknown = await readOnnx(bytes).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(InvalidInputError);
    }
  });
});
