import { expect } from "chai";
import { IntegrityError, InvalidInputError } from "@orion/protocol/common";
import { verifyRange } from "../../../protocol/tensor/tree/range-proof.ts";
import {
  hashAt,
  shardRoot,
  shardTrace,
  ShardTrace,
  type TracePosition,
} from "../../../protocol/tensor/tree/shard-trace.ts";
import { innerHash } from "../../../protocol/tensor/tree/shape.ts";
import { chunkLeaf, tensorLeaves, tensorRoot } from "../../../protocol/tensor/tree/tensor-root.ts";
import { naiveNode, naiveRoot, naiveTensorLeaves, someBytes, someLeaves } from "./naive-tree.ts";

const NODES = 5;
const lengthOf = (node: number): number => [700, 4096, 5000, 1, 300_000][node] ?? 1;
const bytesOf = (node: number): Uint8Array => someBytes(lengthOf(node), node);
const nodeRoots = Array.from({ length: NODES }, (_, n) => tensorRoot(bytesOf(n)));

/** What a path of siblings makes of a hash that stands at `index`. */
function folded(hash: Uint8Array, index: number, path: readonly Uint8Array[]): Uint8Array {
  return path.reduce((below, sibling, up) => {
    const odd = Math.floor(index / 2 ** up) % 2 === 1;
    return odd ? innerHash(sibling, below) : innerHash(below, sibling);
  }, hash);
}

describe("trace of a shard", () => {
  const trace = new ShardTrace(nodeRoots, (node) => tensorLeaves(bytesOf(node)));

  it("has the shard's root over all node roots, one by one or one behind another", () => {
    expect(trace.root).to.deep.equal(naiveRoot(nodeRoots));
    expect(shardRoot(nodeRoots)).to.deep.equal(naiveRoot(nodeRoots));
    const flat = new Uint8Array(nodeRoots.flatMap((root) => [...root]));
    expect(shardRoot(flat)).to.deep.equal(trace.root);
    expect(shardTrace(flat).root).to.deep.equal(trace.root);
    expect(nodeRoots.map((_, node) => hashAt(flat, node))).to.deep.equal(nodeRoots);
  });

  it("proves every chunk range of a small tensor through both levels", () => {
    for (const node of [0, 1, 2, 3]) {
      const leaves = naiveTensorLeaves(bytesOf(node));
      for (let first = 0; first < leaves.length; first++) {
        for (let last = first; last < leaves.length; last++) {
          const { nodeRoot, inTensor, inShard } = trace.proveChunks(node, first, last);
          const chunks = leaves.slice(first, last + 1);
          expect(
            verifyRange({ root: nodeRoot, count: leaves.length, first, leaves: chunks, proof: inTensor }),
          ).to.equal(true);
          expect(
            verifyRange({ root: trace.root, count: NODES, first: node, leaves: [nodeRoot], proof: inShard }),
          ).to.equal(true);
        }
      }
    }
  });

  it("is descended from the root to any chunk by answers of at most 128 hashes", () => {
    const leaf = 200;
    const path: TracePosition[] = [
      { tree: "nodes", level: 3, index: 0 },
      { tree: "chunks", node: 4, level: 9, index: 0 },
      { tree: "chunks", node: 4, level: 2, index: leaf >> 2 },
    ];
    expect(path.map((position) => trace.depth(position))).to.deep.equal([3, 9, 9]);
    const answers = path.map((position) => trace.children(position));
    expect(answers.map((hashes) => hashes.length)).to.deep.equal([8, 128, 4]);
    expect(answers[0]?.[4]).to.deep.equal(trace.hash(path[1] as TracePosition));
    expect(answers[1]?.[leaf >> 2]).to.deep.equal(trace.hash(path[2] as TracePosition));
    expect(answers[2]?.[leaf & 3]).to.deep.equal(chunkLeaf(bytesOf(4).slice(leaf * 1024, (leaf + 1) * 1024)));
  });

  it("answers each position with hashes that fold to it", () => {
    const position = { tree: "chunks", node: 2, level: 3, index: 0 } as const;
    for (const span of [1, 2, 3]) {
      expect(naiveNode(trace.children(position, span), 0, 2 ** span)).to.deep.equal(trace.hash(position));
    }
    for (const span of [0, 4, 1.5]) expect(() => trace.children(position, span)).to.throw(InvalidInputError);
  });

  it("gives the path of any position up to the shard's root, missing ones included", () => {
    for (const level of [0, 1, 2, 3]) {
      for (let index = 0; index < 2 ** (3 - level); index++) {
        const position = { tree: "nodes", level, index } as const;
        const path = trace.path(position);
        expect(path).to.have.length(3 - level);
        expect(folded(trace.hash(position), index, path)).to.deep.equal(trace.root);
      }
    }
    // Node 4 has 293 chunks: nine levels in its tensor, three above it.
    for (const [level, index] of [
      [0, 0],
      [0, 292],
      [0, 293],
      [0, 511],
      [4, 18],
      [9, 0],
    ] as const) {
      const position = { tree: "chunks", node: 4, level, index } as const;
      const path = trace.path(position);
      expect(path).to.have.length(9 - level + 3);
      expect(folded(trace.hash(position), 4 * 2 ** (9 - level) + index, path)).to.deep.equal(trace.root);
    }
    expect(() => trace.path({ tree: "nodes", level: 0, index: 8 })).to.throw(InvalidInputError);
  });

  it("refuses nodes and chunks that it does not have", () => {
    expect(() => trace.proveNode(NODES)).to.throw(InvalidInputError);
    expect(() => trace.proveChunks(NODES, 0, 0)).to.throw(InvalidInputError);
    expect(() => trace.proveChunks(1, 0, 4)).to.throw(InvalidInputError);
    expect(() => trace.children({ tree: "nodes", level: 3, index: 1 })).to.throw(InvalidInputError);
    for (const bad of [[], [new Uint8Array(31)], new Uint8Array(0), new Uint8Array(40)]) {
      expect(() => shardTrace(bad)).to.throw(InvalidInputError);
    }
  });

  it("says that it has no chunks at hand, and notices ones that are not its own", () => {
    const bare = shardTrace(someLeaves(3));
    expect(bare.children({ tree: "nodes", level: 2, index: 0 })).to.have.length(4);
    expect(() => bare.proveChunks(0, 0, 0)).to.throw(InvalidInputError, "chunks of node 0 are not at hand");
    const forgetful = new ShardTrace(nodeRoots, (node) => tensorLeaves(bytesOf(node + 1)));
    expect(() => forgetful.proveChunks(1, 0, 0)).to.throw(IntegrityError);
  });
});
