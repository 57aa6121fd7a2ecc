import { expect } from "chai";
import { ProgramBuilder, tensor, type Value } from "@orion/protocol/tensor";
import { fusablePairs } from "../../../protocol/kernels/fusion.ts";

describe("pairs of nodes that are computed as one", () => {
  const pairsOf = (write: (b: ProgramBuilder, x: Value) => readonly Value[]): [number, number][] => {
    const b = new ProgramBuilder();
    return [...fusablePairs(b.build(...write(b, b.shardInput("i8", [4, 16]))).program)];
  };
  const table = (b: ProgramBuilder): Value => b.constant(tensor("i8", [256, 1], new Int8Array(256)));
  const wide = (b: ProgramBuilder): Value => b.constant(tensor("i16", [256, 1], new Int16Array(256)));
  const half = { dtype: "i8", m: 1, s: 1 } as const;

  it("are a clamp or a lookup and what it alone reads", () => {
    expect(pairsOf((b, x) => [b.clamp(b.requantize(x, half), 0, 9)])).to.deep.equal([[1, 2]]);
    expect(pairsOf((b, x) => [b.lookup(b.requantize(x, half), table(b))])).to.deep.equal([[1, 3]]);
  });

  it("are none where somebody else reads the first, or asks for it, or it is given", () => {
    expect(pairsOf((b, x) => [b.clamp(x, 0, 9)])).to.deep.equal([]);
    expect(
      pairsOf((b, x) => {
        const y = b.requantize(x, half);
        return [b.max(b.clamp(y, 0, 9), y)];
      }),
    ).to.deep.equal([]);
    expect(
      pairsOf((b, x) => {
        const y = b.requantize(x, half);
        return [y, b.clamp(y, 0, 9)];
      }),
    ).to.deep.equal([]);
  });

  it("are none where the second is larger than the first: it would take more memory than is counted", () => {
    expect(pairsOf((b, x) => [b.lookup(b.requantize(x, half), wide(b))])).to.deep.equal([]);
    expect(pairsOf((b, x) => [b.lookup(b.requantize(x, { ...half, dtype: "i16" }), wide(b))])).to.deep.equal([[1, 3]]);
  });

  it("do not overlap", () => {
    expect(pairsOf((b, x) => [b.clamp(b.clamp(b.requantize(x, half), 0, 9), 1, 8)])).to.deep.equal([[1, 2]]);
  });
});
