import { expect } from "chai";
import fc from "fast-check";
import { elementCount, operandRanges, ProgramBuilder, type Program } from "@orion/protocol/tensor";
import { dtypeBytes } from "../../../protocol/tensor/dtype.ts";
import { stepCost } from "../../../protocol/tensor/step-cost.ts";
import { Random } from "../../unit/tensor/random.ts";
import { STEPS } from "../../unit/tensor/random-program.ts";
import { runs } from "./runs.ts";

const LEAF = 1024;

/** Distinct chunks of an element, and the hashes below the tensor roots when neighbouring chunks share a range proof. */
function realStep(node: Program["nodes"][number], out: number, row: number): { chunks: number; hashes: number } {
  const ranges = operandRanges(node, out, () => row);
  let [chunks, hashes] = [0, 0];
  for (const [at, operand] of node.operands.entries()) {
    const width = dtypeBytes(operand.dtype);
    const touched = new Set<number>();
    for (const { operand: of, first, count } of ranges) {
      if (of !== at) continue;
      const last = Math.floor((first * width + count * width - 1) / LEAF);
      for (let chunk = Math.floor((first * width) / LEAF); chunk <= last; chunk++) touched.add(chunk);
    }
    const sorted = [...touched].sort((a, b) => a - b);
    const runsOf = sorted.filter((chunk, i) => i === 0 || chunk !== sorted[i - 1]! + 1);
    chunks += sorted.length;
    // Each run is at least one chunk with one neighbour a level in the deepest tensor.
    hashes += runsOf.length * 24;
  }
  return { chunks, hashes };
}

describe("worst step", () => {
  it("is an upper bound of every step of windows, contractions and reductions at any alignment", () => {
    let wide = 0;
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const r = new Random(seed);
        const b = new ProgramBuilder();
        const shape = [1, r.between(1, 34), r.between(1, 34), r.between(1, 34)];
        const x = b.shardInput(r.pick(["i8", "u8", "i16"] as const), shape);
        const y = STEPS[r.pick(["conv2d", "maxPool", "avgPool", "matmul", "reduceSum", "argmax"] as const)](b, r, x);
        const { program } = b.build(y);
        const scope = { nodeCount: program.nodes.length, sharedSlots: 0, shardSlots: 1 };
        const node = program.nodes[y.node]!;
        const bound = stepCost(node, scope);
        for (let sample = 0; sample < 60; sample++) {
          const real = realStep(node, r.between(0, elementCount(node.dims) - 1), 0);
          expect(real.chunks + 1, node.op).to.be.at.most(bound.chunks);
          expect(1024 * (real.chunks + 1) + 32 * real.hashes, node.op).to.be.at.most(bound.bytes);
          if (real.chunks > 4) wide++;
        }
      }),
      { numRuns: runs(120) },
    );
    expect(wide, "steps of many chunks").to.be.greaterThan(100);
  });
});
