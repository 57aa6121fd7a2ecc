import { expect } from "chai";
import protobuf from "protobufjs/minimal.js";

import { InvalidInputError } from "@orion/protocol/common";
import { type Graph, readOnnx } from "@orion/protocol/models";

import { createRandom, randomTensor } from "../../../support/onnx/random.ts";
import { f32, i64, message, text, writeModel } from "../../../support/onnx/write-model.ts";

const FILES = 400;
const random = createRandom(5);

/** A model that touches most of the reader: weights, attributes of all kinds, shape arithmetic, a condition and an LSTM. */
const model = writeModel({
  inputs: [
    { name: "x", dims: [1, 3, 8, 8] },
    { name: "s", dims: [4, 1, 3] },
  ],
  outputs: [{ name: "y" }, { name: "z" }],
  initializers: {
    w: randomTensor(random, [4, 3, 3, 3]),
    yes: { type: "bool", dims: [], data: Uint8Array.of(1) },
    sizes: i64([2, -1]),
    lw: randomTensor(random, [1, 8, 3]),
    lr: randomTensor(random, [1, 8, 2]),
    empty: f32([0], []),
    scales: f32([4], [1, 1, 2, 2]),
  },
  nodes: [
    {
      op: "Conv",
      name: "conv",
      inputs: ["x", "w"],
      outputs: ["a"],
      attributes: { pads: [1, 1, 1, 1], strides: [2, 2] },
    },
    { op: "Resize", inputs: ["a", "empty", "scales"], outputs: ["b"], attributes: { mode: "linear" } },
    { op: "MaxPool", inputs: ["b"], outputs: ["c"], attributes: { kernel_shape: [2, 2], ceil_mode: 1 } },
    { op: "Constant", inputs: [], outputs: ["k"], attributes: { value: { tensor: f32([1], [0.5]) } } },
    { op: "Mul", inputs: ["c", "k"], outputs: ["d"] },
    {
      op: "If",
      inputs: ["yes"],
      outputs: ["e"],
      attributes: {
        then_branch: { graph: { nodes: [{ op: "Relu", inputs: ["d"], outputs: ["r"] }], outputs: [{ name: "r" }] } },
        else_branch: { graph: { nodes: [{ op: "Tanh", inputs: ["d"], outputs: ["r"] }], outputs: [{ name: "r" }] } },
      },
    },
    { op: "Reshape", inputs: ["e", "sizes"], outputs: ["f"] },
    { op: "Slice", inputs: ["f", "from", "to"], outputs: ["g"] },
    { op: "ConstantOfShape", inputs: ["sizes2"], outputs: ["from"], attributes: { value: { tensor: i64([0]) } } },
    { op: "Constant", inputs: [], outputs: ["sizes2"], attributes: { value: { tensor: i64([2]) } } },
    { op: "Shape", inputs: ["f"], outputs: ["to"] },
    { op: "LeakyRelu", inputs: ["g"], outputs: ["y"], attributes: { alpha: { float: 0.1 } } },
    { op: "LSTM", inputs: ["s", "lw", "lr"], outputs: ["z"], attributes: { hidden_size: 2 } },
  ],
});

function mutated(bytes: Uint8Array): Uint8Array {
  const below = (count: number): number => Math.floor(random() * count);
  const copy = bytes.slice();
  const kind = below(5);
  if (kind === 0) return copy.subarray(0, below(copy.length));
  if (kind === 1) {
    const [from, to] = [below(copy.length), below(copy.length)];
    copy.copyWithin(to, from, from + below(64));
    return copy;
  }
  const count = kind === 2 ? 1 : 1 + below(12);
  for (let at = 0; at < count; at++) copy[below(copy.length)] = kind === 3 ? 255 : below(256);
  return copy;
}

async function outcome(bytes: Uint8Array): Promise<Graph | InvalidInputError> {
  try {
    return await readOnnx(bytes);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    expect(error.message.length).to.be.lessThan(10_000);
    return error;
  }
}

/** The bytes of a graph attribute inside a node inside a graph …, `depth` times. */
function nested(depth: number): Uint8Array {
  let graph = new Uint8Array();
  for (let at = 0; at < depth; at++) {
    const writer = new protobuf.Writer();
    const inner = graph;
    message(writer, 1, (node) => {
      text(node, 4, "If");
      message(node, 5, (attribute) => attribute.uint32((6 << 3) | 2).bytes(inner));
    });
    graph = Uint8Array.from(writer.finish());
  }
  const writer = new protobuf.Writer();
  writer.uint32((7 << 3) | 2).bytes(graph);
  return writer.finish();
}

describe("readOnnx with hostile files", () => {
  it("reads the model that the others are made from", async () => {
    expect(await outcome(model)).not.to.be.instanceOf(InvalidInputError);
  });

  it("gives a graph or a typed error for damaged files", async () => {
    let refused = 0;
    for (let at = 0; at < FILES; at++) if ((await outcome(mutated(model))) instanceof InvalidInputError) refused++;
    expect(refused).to.be.greaterThan(FILES / 4);
  });

  it("gives a typed error for random bytes", async () => {
    for (let at = 0; at < 100; at++) {
      const bytes = Uint8Array.from({ length: Math.floor(random() * 300) }, () => random() * 256);
      expect(await outcome(bytes)).to.be.instanceOf(InvalidInputError);
    }
  });

  it("refuses lengths that the file does not have", async () => {
    // Field 7, the graph, with a length of 2 GB.
    expect(await outcome(Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x07, 1, 2))).to.be.instanceOf(InvalidInputError);
  });

  it("refuses deep nesting", async () => {
    const error = await outcome(nested(500));
    expect(error).to.be.instanceOf(InvalidInputError).with.property("message").that.includes("nested");
  });

  it("refuses to compute constants of any size", async () => {
    const expand = (count: number): Uint8Array =>
      writeModel({
        inputs: [{ name: "x", dims: [1] }],
        outputs: [{ name: "y" }],
        initializers: { shape: i64([count]) },
        nodes: [
          { op: "ConstantOfShape", inputs: ["shape"], outputs: ["c"] },
          { op: "ReduceSum", inputs: ["c"], outputs: ["s"] },
          { op: "Add", inputs: ["x", "s"], outputs: ["y"] },
        ],
      });
    expect(await outcome(expand(1000))).not.to.be.instanceOf(InvalidInputError);
    for (const count of [2 ** 27, 2 ** 40, 2 ** 62]) {
      expect(await outcome(expand(count))).to.be.instanceOf(InvalidInputError);
    }
  });
});
