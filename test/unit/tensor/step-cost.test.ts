import { expect } from "chai";
import { ProgramBuilder, ProgramError, tensor, type Value } from "@orion/protocol/tensor";
import { stepCost, type StepCost } from "../../../protocol/tensor/step-cost.ts";

/** The step of the last node of a program over one i8 shard input. */
function stepOf(shape: readonly number[], make: (b: ProgramBuilder, x: Value) => Value): StepCost {
  const b = new ProgramBuilder();
  const y = make(b, b.shardInput("i8", shape));
  const { nodes, sharedSlots, shardSlots } = b.build(y).program;
  return stepCost(nodes[y.node]!, { nodeCount: nodes.length, sharedSlots, shardSlots });
}

describe("worst step", () => {
  it("refuses contractions and spans that no transaction can carry, and names the node", () => {
    for (const terms of [40_000, 100_000, 1_000_000]) {
      const b = new ProgramBuilder();
      const x = b.shardInput("i8", [2, terms]);
      const sum = b.reduceSum(x, 1, "i32");
      if (terms === 40_000) {
        expect(b.build(sum).program.nodes).to.have.length(2);
        continue;
      }
      expect(() => b.build(sum))
        .to.throw(ProgramError)
        .that.includes({ node: 1, field: "step" });
    }
  });

  it("arbitrum-size: refuses a sum whose proof no sequencer of Arbitrum takes, which 96 KiB would have let through", () => {
    const build = (count: number) => (): unknown => {
      const b = new ProgramBuilder();
      return b.build(b.reduceSum(b.clamp(b.shardInput("i32", [3, count]), -(2 ** 31), 2 ** 31 - 1), 1, "i32"));
    };
    // 22,800 values of four bytes are 89 chunks: a transaction of more than 95,000 bytes.
    expect(build(22_800)).to.throw(ProgramError).that.includes({ node: 2, field: "step" });
    expect(build(18_000)).to.not.throw();
  });

  it("of an element-wise operator is one chunk of each operand and its own", () => {
    const long = [2, 4096];
    expect(stepOf(long, (b, x) => b.add(x, x, { dtype: "i8" })).chunks).to.equal(3);
    const clamp = stepOf(long, (b, x) => b.clamp(x, 0, 1));
    const hashes = 24 + 1 + 1 + (24 + 32);
    expect(clamp.chunks).to.equal(2);
    expect(clamp.bytes).to.equal(2 * 1024 + 32 * hashes + 2 * 160 + 416 + 1280);
    // The floor for calldata is more than the execution.
    expect(clamp.gas).to.equal(21_000 + 40 * clamp.bytes);
    const table = (b: ProgramBuilder): Value => b.constant(tensor("i32", [512, 1], new Int32Array(512)));
    expect(stepOf(long, (b, x) => b.lookup(x, table(b))).chunks).to.equal(3);
    expect(stepOf(long, (b, x) => b.concat([x, x], 0)).chunks).to.equal(3);
  });

  it("of a window counts its rows as one range while they lie less than a chunk apart", () => {
    const kernel = { kernel: [2, 2], stride: [1, 1] } as const;
    const pool = (width: number, channels: number): StepCost =>
      stepOf([1, 64, width, channels], (b, x) => b.maxPool(x, kernel));
    // 2 rows of 2 taps: 66 bytes can straddle a border once.
    expect(pool(64, 1).chunks).to.equal(1 + 2);
    // Rows 1,025 bytes apart, of 2 bytes: 1,027 bytes can touch 3 chunks.
    expect(pool(1025, 1).chunks).to.equal(1 + 3);
    // Rows 1,026 bytes apart leave 1,024 bytes between them: two ranges, each of which can straddle a border.
    expect(pool(1026, 1).chunks).to.equal(1 + 4);
    const [near, far] = [pool(1025, 1), pool(1026, 1)];
    // Each range climbs to the inputs root by itself.
    expect(far.bytes - near.bytes).to.equal(1024 + 32 * (46 + 32) + 160);
  });

  it("of a convolution counts kernel rows, weights and the table's row", () => {
    const x = [1, 64, 100, 32];
    const conv = (outputs: number): StepCost =>
      stepOf(x, (b, v) => {
        const w = b.constant(tensor("i8", [outputs, 3, 3, 32], new Int8Array(288 * outputs)));
        return b.conv2d(v, w, { dtype: "i8", m: 1, s: 0, dilation: [1, 2] });
      });
    // Each of 3 rows: 160 bytes at a multiple of 32; weights: 288 bytes at a multiple of 288; the table: 16 bytes.
    expect(conv(100).chunks).to.equal(1 + 3 * 2 + 2 + 1);
    const hashes = 24 + 2 + 2 + 3 * (46 + 32) + 46 + 24;
    expect(conv(100).bytes).to.equal(10 * 1024 + 32 * hashes + 6 * 160 + 416 + 1280);
    // One output channel: the weights are one chunk, and its path is that of one chunk.
    expect(conv(1).bytes).to.equal(9 * 1024 + 32 * (hashes - 46 + 24) + 6 * 160 + 416 + 1280);
  });

  it("is never more than the operand itself", () => {
    const step = stepOf([1, 32, 32, 1], (b, x) => b.avgPool(x, { kernel: [32, 32] }));
    expect(step.chunks).to.equal(1 + 1);
  });

  it("is exact for a dot product of whole chunks", () => {
    const b = new ProgramBuilder();
    const x = b.shardInput("i16", [4, 1024]);
    const w = b.sharedInput("i16", [8, 1024]);
    const y = b.matmul(x, w, { dtype: "i32", m: 1, s: 0 });
    const node = b.build(y).program.nodes[y.node]!;
    const { chunks, bytes, gas } = stepCost(node, { nodeCount: 4, sharedSlots: 1, shardSlots: 1 });
    // Own chunk, two of A, two of B, one of the table.
    expect(chunks).to.equal(6);
    const paths = 24 + 2 + 2 + (46 + 33) + (46 + 33) + 24;
    expect(bytes).to.equal(6 * 1024 + 32 * paths + 4 * 160 + 416 + 1280);
    // By hand: 50,000 + 12,000 an opening + 16 a byte + 900 a chunk + 350 a hash + 215 for each of 1,024 wide terms, which
    // lie in one run of one row.
    const proof = 50_000 + 12_000 * 4 + 16 * bytes + 900 * 6 + 350 * paths;
    expect(gas).to.equal(21_000 + proof + 215 * 1024 + 2_500 + 850);
  });
});
