import { expect } from "chai";

import { findDifference, findDivergence, ProgramBuilder, tensorType, type ProgramNode } from "@orion/protocol/tensor";

import { stepOpenings } from "../../../protocol/tensor/proof/step-openings.ts";

/** The node of a matmul whose operands are i16 and i8. */
function nodeOf(): ProgramNode {
  const b = new ProgramBuilder();
  const y = b.matmul(b.shardInput("i16", [4, 4096]), b.sharedInput("i8", [4, 4096]), { dtype: "i8", m: 1, s: 0 });
  return b.build(y).program.nodes[y.node]!;
}

describe("stepOpenings", () => {
  const node = nodeOf();
  const chunksOf = (...ranges: (readonly [operand: number, first: number, count: number])[]): number[][] =>
    stepOpenings(
      node,
      ranges.map(([operand, first, count]) => ({ operand, first, count })),
    ).map(({ operand, firstChunk, lastChunk }) => [operand, firstChunk, lastChunk]);

  it("counts chunks in bytes of the operand's elements", () => {
    expect(chunksOf([0, 0, 512])).to.deep.equal([[0, 0, 0]]);
    expect(chunksOf([0, 0, 513])).to.deep.equal([[0, 0, 1]]);
    expect(chunksOf([0, 511, 2])).to.deep.equal([[0, 0, 1]]);
    expect(chunksOf([1, 1023, 1], [2, 255, 2])).to.deep.equal([
      [1, 0, 0],
      [2, 0, 1],
    ]);
  });

  it("joins neighbours of one operand that overlap or adjoin, and no others", () => {
    expect(chunksOf([1, 0, 10], [1, 20, 10])).to.deep.equal([[1, 0, 0]]);
    expect(chunksOf([1, 0, 10], [1, 1024, 10], [1, 2048, 2000])).to.deep.equal([[1, 0, 3]]);
    expect(chunksOf([1, 0, 10], [1, 2048, 10])).to.deep.equal([
      [1, 0, 0],
      [1, 2, 2],
    ]);
    expect(chunksOf([1, 1024, 10], [1, 0, 10])).to.deep.equal([
      [1, 1, 1],
      [1, 0, 0],
    ]);
    expect(chunksOf([1, 0, 10], [0, 0, 10], [1, 0, 10])).to.have.length(3);
  });
});

describe("findDivergence", () => {
  const root = (value: number): Uint8Array => new Uint8Array(32).fill(value);

  it("finds the first node that differs, shard by shard", () => {
    const own = [
      [root(1), root(2)],
      [root(3), root(4)],
    ];
    expect(findDivergence(own, own)).to.equal(undefined);
    const claimed = [
      [root(1), root(2)],
      [root(9), root(8)],
    ];
    expect(findDivergence(claimed, own)).to.deep.equal({ shard: 1, node: 0 });
    expect(findDivergence([[root(1), root(7)], claimed[1]!], own)).to.deep.equal({ shard: 0, node: 1 });
    expect(findDivergence([own[0]!], own)).to.deep.equal({ shard: 1, node: 0 });
  });

  it("finds the element or the padding byte that differs", () => {
    const type = tensorType("i16", [5]);
    const own = new Uint8Array(10);
    const at = (position: number, length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      bytes[position] = 1;
      return bytes;
    };
    expect(findDifference(type, own, own)).to.equal(undefined);
    expect(findDifference(type, at(7, 10), own)).to.deep.equal({ kind: "element", element: 3 });
    expect(findDifference(type, at(10, 1024), own)).to.deep.equal({ kind: "padding", position: 10 });
    expect(findDifference(type, at(1023, 1024), own)).to.deep.equal({ kind: "padding", position: 1023 });
    expect(findDifference(type, new Uint8Array(1024), own)).to.equal(undefined);
  });
});
