import { expect } from "chai";
import { IntegrityError, InvalidInputError } from "@orion/protocol/common";
import { claimRoot } from "../../../protocol/tensor/tree/claim-root.ts";
import { ClaimTree } from "../../../protocol/tensor/tree/claim-tree.ts";
import type { ClaimPosition } from "../../../protocol/tensor/tree/claim-tree.ts";
import { verifyRange } from "../../../protocol/tensor/tree/range-proof.ts";
import { chunkLeaf, tensorRoot } from "../../../protocol/tensor/tree/tensor-root.ts";
import { naiveNode, naiveTensorLeaves, someBytes } from "./naive-tree.ts";

const SHARDS = 3;
const NODES = 5;
const lengthOf = (node: number): number => [700, 4096, 5000, 1, 300_000][node] ?? 1;
const bytesOf = (shard: number, node: number): Uint8Array => someBytes(lengthOf(node), shard * 16 + node);
const nodeRoots = Array.from({ length: SHARDS }, (_, s) =>
  Array.from({ length: NODES }, (_, n) => tensorRoot(bytesOf(s, n))),
);

describe("claim tree", () => {
  const tree = new ClaimTree(nodeRoots, bytesOf);

  it("has the claim root", () => {
    expect(tree.root).to.deep.equal(claimRoot(nodeRoots));
  });

  it("proves every chunk range of a small tensor through all three levels", () => {
    for (const [shard, node] of [
      [0, 0],
      [1, 1],
      [2, 2],
      [2, 3],
    ] as const) {
      const leaves = naiveTensorLeaves(bytesOf(shard, node));
      for (let first = 0; first < leaves.length; first++) {
        for (let last = first; last < leaves.length; last++) {
          const proof = tree.proveChunks(shard, node, first, last);
          const chunks = leaves.slice(first, last + 1);
          const { nodeRoot, shardRoot, inTensor, inShard, inClaim } = proof;
          expect(
            verifyRange({ root: nodeRoot, count: leaves.length, first, leaves: chunks, proof: inTensor }),
          ).to.equal(true);
          expect(
            verifyRange({ root: shardRoot, count: NODES, first: node, leaves: [nodeRoot], proof: inShard }),
          ).to.equal(true);
          expect(
            verifyRange({ root: tree.root, count: SHARDS, first: shard, leaves: [shardRoot], proof: inClaim }),
          ).to.equal(true);
        }
      }
    }
  });

  it("is descended from the root to any chunk by answers of at most 128 hashes", () => {
    const leaf = 200;
    const path: ClaimPosition[] = [
      { tree: "shards", level: 2, index: 0 },
      { tree: "nodes", shard: 1, level: 3, index: 0 },
      { tree: "chunks", shard: 1, node: 4, level: 9, index: 0 },
      { tree: "chunks", shard: 1, node: 4, level: 2, index: leaf >> 2 },
    ];
    expect(path.slice(0, 3).map((position) => tree.depth(position))).to.deep.equal([2, 3, 9]);
    const answers = path.map((position) => tree.children(position));
    expect(answers.map((hashes) => hashes.length)).to.deep.equal([4, 8, 128, 4]);
    expect(answers[0]?.[1]).to.deep.equal(tree.hash(path[1] as ClaimPosition));
    expect(answers[1]?.[4]).to.deep.equal(tree.hash(path[2] as ClaimPosition));
    expect(answers[2]?.[leaf >> 2]).to.deep.equal(tree.hash(path[3] as ClaimPosition));
    expect(answers[3]?.[leaf & 3]).to.deep.equal(chunkLeaf(bytesOf(1, 4).slice(leaf * 1024, (leaf + 1) * 1024)));
  });

  it("answers each position with hashes that fold to it", () => {
    const position = { tree: "chunks", shard: 0, node: 2, level: 3, index: 0 } as const;
    for (const span of [1, 2, 3]) {
      expect(naiveNode(tree.children(position, span), 0, 2 ** span)).to.deep.equal(tree.hash(position));
    }
    for (const span of [0, 4, 1.5]) expect(() => tree.children(position, span)).to.throw(InvalidInputError);
  });

  it("refuses shards, nodes and chunks that it does not have", () => {
    expect(() => tree.proveNode(SHARDS, 0)).to.throw(InvalidInputError);
    expect(() => tree.proveNode(0, NODES)).to.throw(InvalidInputError);
    expect(() => tree.proveChunks(0, NODES, 0, 0)).to.throw(InvalidInputError);
    expect(() => tree.proveChunks(0, 1, 0, 4)).to.throw(InvalidInputError);
    expect(() => tree.children({ tree: "shards", level: 2, index: 1 })).to.throw(InvalidInputError);
    expect(() => new ClaimTree([[]], bytesOf)).to.throw(InvalidInputError);
  });

  it("notices a source that gives other bytes than were claimed", () => {
    const forgetful = new ClaimTree(nodeRoots, (shard, node) => bytesOf(shard + 1, node));
    expect(() => forgetful.proveChunks(0, 1, 0, 0)).to.throw(IntegrityError);
  });
});
