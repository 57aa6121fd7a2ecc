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
  const roots = (...values: number[]): Uint8Array =>
    Uint8Array.from({ length: 32 * values.length }, (_, at) => values[at >> 5]!);

  it("finds the first node that differs, wherever in its root", () => {
    const own = roots(1, 2, 3);
    expect(findDivergence(own, own)).to.equal(undefined);
    expect(findDivergence(roots(1, 9, 8), own)).to.equal(1);
    expect(findDivergence(roots(1, 2, 8), own)).to.equal(2);
    expect(
      findDivergence(
        own.map((byte, at) => (at === 63 ? byte ^ 1 : byte)),
        own,
      ),
    ).to.equal(1);
    expect(findDivergence(roots(1, 2), own)).to.equal(2);
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
    // The last byte of the last element, and the first byte of padding beside it.
    expect(findDifference(type, at(9, 10), own)).to.deep.equal({ kind: "element", element: 4 });
    expect(findDifference(type, at(10, 1024), own)).to.deep.equal({ kind: "padding", position: 10 });
    expect(findDifference(type, at(1023, 1024), own)).to.deep.equal({ kind: "padding", position: 1023 });
    expect(findDifference(type, new Uint8Array(1024), own)).to.equal(undefined);
    // A tensor that fills its chunks has no padding: nothing behind it is compared.
    const whole = tensorType("i32", [256]);
    expect(findDifference(whole, at(1023, 1024), new Uint8Array(1024))).to.deep.equal({
      kind: "element",
      element: 255,
    });
    expect(findDifference(whole, at(1024, 2048), new Uint8Array(1024))).to.equal(undefined);
  });
});
