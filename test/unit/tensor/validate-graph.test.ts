import { expect } from "chai";
import { ProgramBuilder, ProgramError, tensor, validateProgram, type Program } from "@orion/protocol/tensor";
import { withAttrs, withNode, withOperand } from "./tamper.ts";

/** Nodes: 0 shard input, 1 shared input, 2 constant, 3 add, 4 add. */
function sample(): Program {
  const b = new ProgramBuilder();
  const x = b.shardInput("i8", [4, 3]);
  const y = b.sharedInput("i8", [4, 3]);
  const c = b.constant(tensor("i8", [4, 3], new Int8Array(12)));
  const sum = b.add(x, y, { dtype: "i8" });
  return b.build(b.add(sum, c, { dtype: "i8" })).program;
}

type Case = [name: string, program: () => Program, node: number | undefined, field: string];

const header =
  (change: Partial<Program>): (() => Program) =>
  () => ({ ...sample(), ...change });
const operand = (at: number, change: Parameters<typeof withOperand>[3]) => () => withOperand(sample(), 4, at, change);
const node =
  (change: Parameters<typeof withNode>[2], index = 3) =>
  () =>
    withNode(sample(), index, change);

/** An input program with a second input of the given kind and slot. */
function twoInputs(kind: number, slot: number, change: Partial<Program> = {}, dims = [4, 3]): () => Program {
  return () => {
    const b = new ProgramBuilder();
    const x = b.shardInput("i8", [4, 3]);
    b.shardInput("i8", [4, 3]);
    const { program } = b.build(b.clamp(x, 0, 1));
    const shaped = withNode(program, 1, () => ({ dims: [1, 1, dims[0]!, dims[1]!] }));
    return { ...withAttrs(shaped, 1, { 0: kind, 1: slot }), ...change };
  };
}

const cases: Case[] = [
  ["another version", header({ version: 2 }), undefined, "header.version"],
  ["no node", header({ nodes: [] }), undefined, "header.nodeCount"],
  [
    "too many nodes",
    () => ({ ...sample(), nodes: new Array(65_537).fill(sample().nodes[0]) as Program["nodes"] }),
    undefined,
    "header.nodeCount",
  ],
  ["no shard slot", header({ shardSlots: 0 }), undefined, "header.shardSlots"],
  ["too many shard slots", header({ shardSlots: 257 }), undefined, "header.shardSlots"],
  ["too many shared slots", header({ sharedSlots: 257 }), undefined, "header.sharedSlots"],
  ["a fractional slot count", header({ sharedSlots: 0.5 }), undefined, "header.sharedSlots"],
  ["an output beyond the nodes", header({ outputNodes: [3, 5] }), undefined, "header.outputNodes[1]"],
  ["a negative output", header({ outputNodes: [-1] }), undefined, "header.outputNodes[0]"],
  ["a fractional output", header({ outputNodes: [3.5] }), undefined, "header.outputNodes[0]"],
  ["no output", header({ outputNodes: [] }), undefined, "header.outputCount"],
  ["seventeen outputs", header({ outputNodes: new Array<number>(17).fill(3) }), undefined, "header.outputCount"],
  ["an output twice", header({ outputNodes: [3, 3] }), undefined, "header.outputNodes[1]"],
  ["outputs out of order", header({ outputNodes: [4, 3] }), undefined, "header.outputNodes[1]"],
  ["an input as output", header({ outputNodes: [0] }), 0, "header.outputNodes"],
  ["a shared input as output", header({ outputNodes: [1, 4] }), 1, "header.outputNodes"],
  ["a constant as output", header({ outputNodes: [2] }), 2, "header.outputNodes"],
  ["a shared slot nobody reads", header({ sharedSlots: 2 }), undefined, "shared slot 1"],
  ["a shard slot nobody reads", header({ shardSlots: 2 }), undefined, "shard slot 1"],
  ["a slot read twice", twoInputs(1, 0), 1, "a1"],
  ["a slot that is not there", twoInputs(1, 2), 1, "a1"],
  ["a shared slot that is not there", twoInputs(0, 0), 1, "a1"],
  ["a negative slot", twoInputs(1, -1), 1, "a1"],
  ["an input of no kind", twoInputs(2, 1), 1, "a0"],
  ["shard slots of different batches", twoInputs(1, 1, {}, [3, 4]), undefined, "shard slot 1"],
  ["an unknown operator", node(() => ({ op: "softmax" as "add" })), 3, "op"],
  ["an unknown element type", node(() => ({ dtype: "f32" as "i8" })), 3, "dtype"],
  ["rank 0", node(() => ({ rank: 0 })), 3, "rank"],
  ["rank 5", node(() => ({ rank: 5 })), 3, "rank"],
  ["an extent before the rank", node(() => ({ rank: 1 })), 3, "dims"],
  ["an extent of 0", node(() => ({ dims: [1, 1, 0, 3] })), 3, "dims"],
  ["a negative extent", node(() => ({ dims: [1, 1, -4, -3] })), 3, "dims"],
  ["an extent of 2^31", node(() => ({ dims: [1, 1, 2 ** 31, 3] })), 3, "dims"],
  ["a fractional extent", node(() => ({ dims: [1, 1, 4.5, 3] })), 3, "dims"],
  ["a tensor beyond 2^24 leaves", node(() => ({ dims: [1, 1, 2 ** 31 - 1, 2 ** 31 - 1] })), 3, "dims"],
  ["a missing operand", node(({ operands }) => ({ operands: operands.slice(1) })), 3, "operands"],
  ["an operand too many", node(({ operands }) => ({ operands: [...operands, operands[0]!] })), 3, "operands"],
  ["an operand of an input", node((old) => ({ operands: sample().nodes[3]!.operands, op: old.op }), 0), 0, "operands"],
  ["an attribute nobody reads", () => withAttrs(sample(), 3, { 6: 1 }), 3, "a6"],
  ["the last attribute", () => withAttrs(sample(), 4, { 47: -1 }), 4, "a47"],
  ["an attribute of a constant", () => withAttrs(sample(), 2, { 0: 1 }), 2, "a0"],
  ["too few attributes", node(() => ({ attrs: new Int32Array(47) })), 3, "attrs"],
  ["a root on a computed node", node(() => ({ constantRoot: new Uint8Array(32) })), 3, "root"],
  ["a constant without a root", node(() => ({ constantRoot: undefined }), 2), 2, "root"],
  ["a root of 31 bytes", node(() => ({ constantRoot: new Uint8Array(31) }), 2), 2, "root"],
  ["an operand that reads itself", operand(0, { node: 4 }), 4, "operand 0.node"],
  ["an operand that reads ahead", operand(1, { node: 5, source: "computed", root: undefined }), 4, "operand 1.node"],
  ["an operand beyond every program", operand(0, { node: 65_536 }), 4, "operand 0.node"],
  ["a fractional operand index", operand(0, { node: 2.5 }), 4, "operand 0.node"],
  ["a negative operand index", operand(0, { node: -1 }), 4, "operand 0.node"],
  ["a source that is not true", operand(0, { source: "shard" }), 4, "operand 0.source"],
  ["a constant taken for computed", operand(1, { source: "computed", root: undefined }), 4, "operand 1.source"],
  ["another element type", operand(0, { dtype: "u8" }), 4, "operand 0.dims"],
  ["another shape", operand(0, { dims: [1, 1, 3, 4] }), 4, "operand 0.dims"],
  ["another rank", operand(0, { rank: 3 }), 4, "operand 0.dims"],
  ["an impossible shape", operand(0, { dims: [1, 1, 0, 4] }), 4, "operand 0.dims"],
  ["a slot on a computed operand", operand(0, { slot: 1 }), 4, "operand 0.slot"],
  ["another slot", () => withOperand(sample(), 3, 0, { slot: 1 }), 3, "operand 0.slot"],
  ["a slot beyond every program", () => withOperand(sample(), 3, 0, { slot: 256 }), 3, "operand 0.slot"],
  ["a missing root", operand(1, { root: undefined }), 4, "operand 1.root"],
  ["another root", operand(1, { root: new Uint8Array(32) }), 4, "operand 1.root"],
  ["a root on a computed operand", operand(0, { root: new Uint8Array(32) }), 4, "operand 0.root"],
];

describe("validateProgram: the graph", () => {
  for (const [name, program, index, field] of cases) {
    it(`refuses ${name}`, () => {
      expect(() => validateProgram(program()))
        .to.throw(ProgramError)
        .that.includes({ node: index, field, code: "INVALID_PROGRAM" });
    });
  }

  it("gives the facts of a valid program", () => {
    const facts = validateProgram(sample());
    expect(facts).to.deep.include({ macs: 0n, outputBytes: 12n, peakBytes: 60n, batch: 4, constantNodes: [2] });
    expect(facts.outputTypes).to.deep.equal([{ dtype: "i8", rank: 2, dims: [1, 1, 4, 3] }]);
    // Two additions of 12 elements at 4 each, and 32 for each of 24 bytes.
    expect(facts.work).to.equal(2n * 12n * 4n + 32n * 24n);
    expect(facts.sharedTypes).to.deep.equal([{ dtype: "i8", rank: 2, dims: [1, 1, 4, 3] }]);
    expect(facts.shardTypes).to.deep.equal(facts.sharedTypes);
    expect(facts.worstStep.node).to.equal(3);
  });

  it("counts every output's bytes", () => {
    const b = new ProgramBuilder();
    const x = b.shardInput("i8", [4, 3]);
    const wide = b.requantize(x, { dtype: "i32", m: 1, s: 0 });
    const { program } = b.build(wide, b.reduceMax(x, 1));
    const { outputTypes, outputBytes } = validateProgram(program);
    expect(outputTypes).to.deep.equal([
      { dtype: "i32", rank: 2, dims: [1, 1, 4, 3] },
      { dtype: "i8", rank: 2, dims: [1, 1, 4, 1] },
    ]);
    expect(outputBytes).to.equal(52n);
  });

  it("keeps to the limits of a machine", () => {
    expect(() => validateProgram(sample(), { maxWork: 863n }))
      .to.throw(ProgramError)
      .that.includes({ field: "work" });
    expect(() => validateProgram(sample(), { maxPeakBytes: 59n }))
      .to.throw(ProgramError)
      .that.includes({ field: "memory" });
    expect(validateProgram(sample(), { maxWork: 864n, maxPeakBytes: 60n }).work).to.equal(864n);
  });
});
