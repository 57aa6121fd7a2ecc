import { expect } from "chai";
import { InvalidInputError } from "@orion/protocol/common";
import {
  fromBytes,
  ProgramBuilder,
  shapeOf,
  tensor,
  tensorType,
  toBytes,
  validateProgram,
} from "@orion/protocol/tensor";

const plain = { dtype: "i8", m: 1, s: 0 } as const;

describe("ProgramBuilder", () => {
  it("computes the shapes of a small CNN, and its work", () => {
    const b = new ProgramBuilder();
    const x = b.shardInput("u8", [64, 28, 28, 1]);
    const kernel = b.constant(tensor("i8", [8, 3, 3, 1], new Int8Array(72)));
    const hidden = b.maxPool(b.relu(b.conv2d(x, kernel, { ...plain, pad: [1, 1, 1, 1] })), { kernel: [2, 2] });
    expect(shapeOf(hidden)).to.deep.equal([64, 14, 14, 8]);
    const flat = b.reshape(hidden, [64, -1]);
    expect(shapeOf(flat)).to.deep.equal([64, 1568]);
    const dense = b.constant(tensor("i8", [10, 1568], new Int8Array(15_680)));
    const label = b.argmax(b.matmul(flat, dense, { dtype: "i32", m: 1, s: 0 }));
    const { program, constants } = b.build(label);
    const facts = validateProgram(program);
    expect(shapeOf(label)).to.deep.equal([64, 1]);
    expect(constants.map(shapeOf)).to.deep.equal([
      [8, 3, 3, 1],
      [8, 4],
      [10, 1568],
      [10, 4],
    ]);
    expect(facts.macs).to.equal(64n * (784n * 8n * 9n + 15_680n));
    const elements = 784n * 8n;
    const pooled = elements / 4n;
    const perImage = elements * 9n + 4n * elements + 4n * pooled + pooled + 15_680n + 10n;
    const bytes = 2n * elements + 2n * pooled + 40n + 4n;
    expect(facts.work).to.equal(64n * (perImage + 32n * bytes));
  });

  it("brings multipliers into lowest terms", () => {
    const b = new ProgramBuilder();
    const x = b.shardInput("i8", [4]);
    const y = b.requantize(x, { dtype: "i8", m: 24, s: 2 });
    const z = b.add(x, y, { dtype: "i8", ma: 12, mb: 8, s: 5 });
    const { program } = b.build(z);
    expect(Array.from(program.nodes[1]!.attrs.subarray(1, 3))).to.deep.equal([6, 0]);
    expect(Array.from(program.nodes[2]!.attrs.subarray(2, 5))).to.deep.equal([3, 2, 3]);
  });

  it("takes several outputs, each with its own type, in the order in which they were made", () => {
    const b = new ProgramBuilder();
    const x = b.shardInput("i8", [4]);
    const y = b.clamp(x, 0, 5);
    const z = b.add(x, y, { dtype: "i32" });
    expect(b.build(y, z).program.outputNodes).to.deep.equal([1, 2]);
    expect(b.build(z).program.outputNodes).to.deep.equal([2]);
    expect(() => b.build(z, y)).to.throw("does not lie behind");
    expect(() => b.build(x)).to.throw("an output is computed");
    expect(() => b.build()).to.throw("0 outputs are not 1");
  });

  const refused: [name: string, make: (b: ProgramBuilder) => unknown, message: string][] = [
    ["a shape of five axes", (b) => b.shardInput("i8", [1, 1, 1, 1, 1]), "rank"],
    ["a shape of no axes", (b) => b.shardInput("i8", []), "rank"],
    ["an extent of 0", (b) => b.shardInput("i8", [0]), "extent 0"],
    ["an attribute that is no i32", (b) => b.clamp(b.shardInput("i8", [1]), 0, 2 ** 31), "is not an i32"],
    ["a fractional attribute", (b) => b.clamp(b.shardInput("i8", [1]), 0.5, 1), "is not an i32"],
    ["a multiplier of 2^31", (b) => contracted(b, { m: 2 ** 31, s: 0 }), "multiplier 2147483648"],
    ["a fractional multiplier", (b) => contracted(b, { m: 1.5, s: 0 }), "multiplier 1.5"],
    ["a shift of 63", (b) => contracted(b, { m: 1, s: 63 }), "shift 63"],
    [
      "a zero point of weights out of range",
      (b) => contracted(b, { m: 1, s: 0, zpW: 128 }),
      "zero point of the weights 128",
    ],
    ["biases of another number", (b) => contracted(b, { m: 1, s: 0, bias: [1, 2] }), "2 values of bias for 3"],
    ["a reshape to another count", (b) => b.reshape(b.shardInput("i8", [6]), [4, -1]), "extent 1.5"],
    ["a transpose that is no permutation", (b) => b.transpose(b.shardInput("i8", [2, 3]), [0, 0]), "no permutation"],
    ["an axis that is not there", (b) => b.transpose(b.shardInput("i8", [2, 3]), [0, 2]), "no axis 2"],
    ["an axis between two axes", (b) => b.transpose(b.shardInput("i8", [2, 3]), [0, 0.5]), "no axis 0.5"],
    ["a slice beyond the end", (b) => b.slice(b.shardInput("i8", [4]), { start: [2], size: [3] }), "reads 2…4"],
    [
      "a slice before the start",
      (b) => b.slice(b.shardInput("i8", [4]), { start: [1], size: [3], step: [-1] }),
      "reads 1…-1",
    ],
    ["a broadcast of an extent of 2", (b) => b.broadcast(b.shardInput("i8", [2]), [3]), "does not broadcast"],
    [
      "joined shapes that differ",
      (b) => b.concat([b.shardInput("i8", [2, 2]), b.shardInput("i8", [2, 3])], 0),
      "cannot be joined",
    ],
    ["a negative pad", (b) => b.pad(b.shardInput("i8", [2]), [-1], [0]), "negative"],
    ["nothing joined", (b) => b.concat([], 0), "nothing to join"],
    ["a value of another builder", (b) => b.isqrt({ ...tensorType("i8", [1]), node: 7 }, "i8"), "another builder"],
  ];
  for (const [name, make, message] of refused) {
    it(`refuses ${name}`, () => {
      expect(() => make(new ProgramBuilder())).to.throw(InvalidInputError, message);
    });
  }
});

function contracted(b: ProgramBuilder, options: { m: number; s: number; zpW?: number; bias?: number[] }): unknown {
  const w = b.constant(tensor("i8", [3, 2], new Int8Array(6)));
  return b.matmul(b.shardInput("i8", [1, 2]), w, { dtype: "i8", ...options });
}

describe("tensors and bytes", () => {
  it("are little-endian and copied", () => {
    const x = tensor("i16", [2], Int16Array.from([258, -2]));
    const bytes = toBytes(x);
    expect(Array.from(bytes)).to.deep.equal([2, 1, 0xfe, 0xff]);
    const back = fromBytes(x, bytes);
    bytes.fill(0);
    expect(Array.from(back.data)).to.deep.equal([258, -2]);
  });

  it("refuse data that does not fit", () => {
    expect(() => tensor("i8", [3], new Int8Array(2))).to.throw("does not have 2 elements");
    expect(() => tensor("i8", [2], new Uint8Array(2))).to.throw("another element type");
    expect(() => fromBytes(tensorType("i32", [2]), new Uint8Array(7))).to.throw("i32[2] has 8 bytes, not 7");
    expect(() => tensorType("i32", [2 ** 31 - 1, 2 ** 31 - 1])).to.throw("more than 16777216 leaves");
  });
});
