import { expect } from "chai";
import fc from "fast-check";
import { AbiCoder, keccak256 } from "ethers";

import {
  ancestor,
  chunkPlace,
  depthOf,
  isBeyond,
  nodeOf,
  nodePlace,
  placeFromChain,
  placeOnChain,
  positionOf,
  shardOf,
  shardPlace,
  spanOf,
  subjectOf,
  traceAnswer,
  type ClaimShape,
} from "@orion/protocol/disputes";
import { FORMAT, MerkleTree, treeDepth } from "@orion/protocol/tensor";

import { someBytes } from "./support.ts";

const shapes = fc
  .record({
    shards: fc.integer({ min: 1, max: 1024 }),
    leaves: fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 2, maxLength: 40 }),
  })
  .map(({ shards, leaves }): ClaimShape => ({ shards, nodes: leaves.length, leaves }));

describe("places of a claim's two trees", () => {
  it("name shards, nodes and chunks, and nothing else", () => {
    fc.assert(
      fc.property(shapes, fc.nat(), fc.nat(), fc.nat(), (shape, s, n, c) => {
        const [shard, node] = [s % shape.shards, n % shape.nodes];
        const chunk = c % (shape.leaves[node] as number);
        const place = chunkPlace(shape, shard, node, chunk);
        expect([shardOf(shape, place), nodeOf(shape, place)]).to.deep.equal([shard, node]);
        const inTensor = treeDepth(shape.leaves[node] as number);
        expect(ancestor(place, inTensor)).to.equal(nodePlace(shape, shard, node));
        expect(ancestor(place, inTensor + treeDepth(shape.nodes))).to.equal(shardPlace(shape, shard));
        expect(isBeyond(shape, "trace", place)).to.equal(false);
        expect(isBeyond(shape, "outputs", shardPlace(shape, shard))).to.equal(false);
      }),
    );
  });

  it("tell the first leaf that is missing from the last that is there, in every tree", () => {
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, n) => {
        const node = n % shape.nodes;
        const check = (count: number, at: (i: number) => number, tree: "outputs" | "trace"): void => {
          expect(isBeyond(shape, tree, at(count - 1))).to.equal(false);
          if (count < 2 ** treeDepth(count)) expect(isBeyond(shape, tree, at(count))).to.equal(true);
        };
        check(shape.shards, (i) => shardPlace(shape, i), "outputs");
        check(shape.nodes, (i) => nodePlace(shape, 0, i), "trace");
        const leaves = shape.leaves[node] as number;
        check(leaves, (i) => nodePlace(shape, 0, node) * 2 ** treeDepth(leaves) + i, "trace");
      }),
    );
  });

  it("never meet: the same index and hash in both trees, and the demand for a trace, have three names", () => {
    const shape: ClaimShape = { shards: 4, nodes: 2, leaves: [1, 1] };
    const hash = `0x${"11".repeat(32)}`;
    const place = shardPlace(shape, 1);
    const names = [
      subjectOf({ kind: "outputs", place, hash }, shape, 0),
      subjectOf({ kind: "trace", place, hash }, shape, 0),
      subjectOf({ kind: "shard", shard: 1, leaf: hash }, shape, 0),
    ];
    expect(new Set(names).size).to.equal(3);
    const encoded = (at: bigint): string =>
      keccak256(AbiCoder.defaultAbiCoder().encode(["uint64", "bytes32"], [at, hash]));
    expect(names).to.deep.equal([(1n << 63n) | 5n, 5n, (1n << 62n) | 5n].map(encoded));
    expect(placeFromChain(placeOnChain("outputs", place))).to.deep.equal({ tree: "outputs", place });
    expect(placeFromChain(placeOnChain("trace", place))).to.deep.equal({ tree: "trace", place });
    const widest: ClaimShape = { shards: 1024, nodes: 65_536, leaves: Array<number>(65_536).fill(FORMAT.maxLeaves) };
    const last = chunkPlace(widest, 1023, 65_535, FORMAT.maxLeaves - 1);
    expect(last).to.be.below(2 ** 52);
    expect(placeFromChain(placeOnChain("trace", last)).place).to.equal(last);
  });

  it("stop at the border of the tree they are in", () => {
    const shape: ClaimShape = { shards: 300, nodes: 200, leaves: Array<number>(200).fill(20_000) };
    expect(spanOf(shape, "outputs", 1)).to.equal(7);
    expect(spanOf(shape, "outputs", 128)).to.equal(2);
    const shard = shardPlace(shape, 7);
    expect([spanOf(shape, "trace", shard), spanOf(shape, "trace", shard * 128)]).to.deep.equal([7, 1]);
    const node = nodePlace(shape, 7, 3);
    expect(spanOf(shape, "trace", node)).to.equal(7);
    expect(spanOf(shape, "trace", chunkPlace(shape, 7, 3, 0))).to.equal(0);
    expect(positionOf(shape, "trace", node)).to.deep.include({ tree: "nodes", level: 0, index: 3 });
    expect(depthOf(chunkPlace(shape, 7, 3, 0))).to.equal(9 + 8 + 15);
  });

  it("answer the demand for a trace with what lies below its root, and what leads there from the outputs", () => {
    const roots = Array.from({ length: 200 }, (_, i) => someBytes(32, i));
    const tree = MerkleTree.fromLeaves(roots);
    const answer = traceAnswer(roots, [5, 199], 9);
    expect(answer.shardRoot).to.deep.equal(tree.root);
    expect(answer.data.length).to.equal(32 * 128);
    expect(answer.data.subarray(32 * 99, 32 * 100)).to.deep.equal(tree.hash(1, 99));
    expect(answer.outputRoots).to.deep.equal([roots[5], roots[199]]);
    expect(answer.paths).to.deep.equal([roots[4], roots[198]]);
    const small = traceAnswer(roots.slice(0, 100), [5], 9);
    expect([small.data.length, small.outputRoots.length, small.paths.length]).to.deep.equal([32 * 128, 0, 0]);
    expect(small.data.subarray(32 * 5, 32 * 6)).to.deep.equal(roots[5]);
    expect(small.data.subarray(32 * 100)).to.deep.equal(new Uint8Array(32 * 28));
  });
});
