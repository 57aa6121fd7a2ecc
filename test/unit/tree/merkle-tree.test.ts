import { expect } from "chai";
import { InvalidInputError } from "@orion/protocol/common";
import { MerkleTree } from "../../../protocol/tensor/tree/merkle-tree.ts";
import { merkleRoot } from "../../../protocol/tensor/tree/merkle-root.ts";
import { innerHash, treeDepth, zeroHash } from "../../../protocol/tensor/tree/shape.ts";
import { verifyRange } from "../../../protocol/tensor/tree/range-proof.ts";
import { naiveNode, naiveProof, naiveRoot, someLeaves } from "./naive-tree.ts";

describe("Merkle tree", () => {
  it("has the depth of the next power of two", () => {
    expect([1, 2, 3, 4, 5, 8, 9, 1024, 1025].map(treeDepth)).to.deep.equal([0, 1, 2, 2, 3, 3, 4, 10, 11]);
    for (const count of [0, -1, 1.5, NaN, Infinity]) expect(() => treeDepth(count)).to.throw(InvalidInputError);
  });

  it("takes 32 zero bytes for a missing leaf and ordinary inner nodes above it", () => {
    expect(zeroHash(0)).to.deep.equal(new Uint8Array(32));
    expect(zeroHash(3)).to.deep.equal(naiveNode([], 0, 8));
    expect(() => zeroHash(-1)).to.throw(InvalidInputError);
  });

  it("gives fresh zero hashes, so that nobody can spoil them", () => {
    zeroHash(2).fill(7);
    expect(zeroHash(2)).to.deep.equal(naiveNode([], 0, 4));
  });

  it("agrees with the recursive definition for 1 to 40 leaves", () => {
    for (let count = 1; count <= 40; count++) {
      const leaves = someLeaves(count);
      expect(merkleRoot(leaves), `${count} leaves`).to.deep.equal(naiveRoot(leaves));
      expect(MerkleTree.fromLeaves(leaves).root, `${count} leaves`).to.deep.equal(naiveRoot(leaves));
    }
  });

  it("of one leaf is that leaf, with an empty proof", () => {
    const [leaf] = someLeaves(1) as [Uint8Array];
    const tree = MerkleTree.fromLeaves([leaf]);
    expect(tree.root).to.deep.equal(leaf);
    expect(tree.rangeProof(0, 0)).to.deep.equal([]);
    expect(verifyRange({ root: leaf, count: 1, first: 0, leaves: [leaf], proof: [] })).to.equal(true);
    expect(verifyRange({ root: leaf, count: 1, first: 0, leaves: [leaf], proof: [leaf] })).to.equal(false);
  });

  it("answers for every position, the missing ones included", () => {
    const leaves = someLeaves(5);
    const tree = MerkleTree.fromLeaves(leaves);
    for (let level = 0; level <= 3; level++) {
      for (let index = 0; index < 8 >> level; index++) {
        expect(tree.hash(level, index)).to.deep.equal(naiveNode(leaves, index << level, 1 << level));
      }
    }
    for (const [level, index] of [
      [4, 0],
      [0, 8],
      [0, -1],
      [3, 1],
      [0, 0.5],
    ] as const) {
      expect(() => tree.hash(level, index)).to.throw(InvalidInputError);
    }
  });

  it("is not changed through what it took or gave", () => {
    const leaves = someLeaves(3);
    const tree = MerkleTree.fromLeaves(leaves);
    const root = naiveRoot(someLeaves(3));
    leaves[0]?.fill(0);
    tree.hash(0, 1).fill(0);
    tree.root.fill(0);
    expect(tree.root).to.deep.equal(root);
    expect(tree.hash(0, 1)).to.deep.equal(someLeaves(3)[1]);
  });

  it("refuses no leaves, leaves of another length and ranges outside itself", () => {
    expect(() => merkleRoot([])).to.throw(InvalidInputError);
    expect(() => merkleRoot([new Uint8Array(31)])).to.throw(InvalidInputError);
    expect(() => new MerkleTree(new Uint8Array(33))).to.throw(InvalidInputError);
    const tree = MerkleTree.fromLeaves(someLeaves(5));
    for (const [first, last] of [
      [-1, 0],
      [0, 5],
      [3, 2],
      [0.5, 1],
    ] as const) {
      expect(() => tree.rangeProof(first, last)).to.throw(InvalidInputError);
    }
  });
});

describe("range proof", () => {
  it("of every range of trees of 1 to 17 leaves is the specified one and holds", () => {
    for (let count = 1; count <= 17; count++) {
      const leaves = someLeaves(count);
      const tree = MerkleTree.fromLeaves(leaves);
      const root = tree.root;
      for (let first = 0; first < count; first++) {
        for (let last = first; last < count; last++) {
          const proof = tree.rangeProof(first, last);
          expect(proof).to.deep.equal(naiveProof(leaves, first, last));
          const claim = { root, count, first, leaves: leaves.slice(first, last + 1), proof };
          expect(verifyRange(claim), `${count}: [${first}, ${last}]`).to.equal(true);
        }
      }
    }
  });

  it("fails at another position, count, root or length", () => {
    const leaves = someLeaves(13);
    const tree = MerkleTree.fromLeaves(leaves);
    const good = { root: tree.root, count: 13, first: 4, leaves: leaves.slice(4, 8), proof: tree.rangeProof(4, 7) };
    expect(verifyRange(good)).to.equal(true);
    for (const change of [
      { first: 0 },
      { first: 5 },
      { first: -4 },
      { first: 12 },
      { first: 4.5 },
      { count: 8 },
      { count: 17 },
      { count: 0 },
      { count: NaN },
      { count: 2 ** 60 },
      { root: tree.root.slice(1) },
      { leaves: [] },
      { leaves: leaves.slice(4, 7) },
      { leaves: leaves.slice(3, 7) },
      { proof: [] },
      { proof: [...good.proof, zeroHash(0)] },
      { proof: good.proof.slice(1) },
      { proof: good.proof.toReversed() },
    ]) {
      expect(verifyRange({ ...good, ...change }), JSON.stringify(Object.keys(change))).to.equal(false);
    }
  });

  it("does not hold for a missing leaf presented as a present one", () => {
    const leaves = someLeaves(3);
    const root = naiveRoot(leaves);
    const proof = naiveProof([...leaves, new Uint8Array(32)], 3, 3);
    expect(verifyRange({ root, count: 3, first: 3, leaves: [new Uint8Array(32)], proof })).to.equal(false);
    expect(verifyRange({ root, count: 4, first: 3, leaves: [new Uint8Array(32)], proof })).to.equal(true);
  });

  it("does not take an inner node for a leaf of a shallower tree", () => {
    const leaves = someLeaves(4);
    const pair = [0, 2].map((i) => innerHash(leaves[i] as Uint8Array, leaves[i + 1] as Uint8Array));
    expect(verifyRange({ root: naiveRoot(leaves), count: 4, first: 0, leaves: pair, proof: [] })).to.equal(false);
  });

  it("is false, and no exception, for values of any other kind", () => {
    const leaf = new Uint8Array(32);
    const hostile: unknown[] = [
      null,
      undefined,
      1,
      {},
      { root: leaf, count: 2, first: 0, leaves: null, proof: [leaf] },
      { root: leaf, count: 2, first: 0, leaves: [leaf], proof: "x" },
      { root: leaf, count: 2, first: 0, leaves: ["x"], proof: [leaf] },
      { root: leaf, count: 2, first: 0, leaves: [leaf], proof: new Array(1) },
      { root: leaf, count: 2, first: 0, leaves: new Array(1), proof: [leaf] },
      { root: leaf, count: 2, first: 0, leaves: [new Uint8Array(33)], proof: [leaf] },
      { root: "x", count: 2, first: 0, leaves: [leaf], proof: [leaf] },
      { root: leaf, count: "2", first: 0, leaves: [leaf], proof: [leaf] },
      { root: leaf, count: 2, first: 0n, leaves: [leaf], proof: [leaf] },
    ];
    for (const claim of hostile) expect(verifyRange(claim as never)).to.equal(false);
  });
});
