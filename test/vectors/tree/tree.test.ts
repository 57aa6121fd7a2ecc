import { readFileSync } from "node:fs";
import { expect } from "chai";
import { descriptorLeaf } from "../../../protocol/tensor/tree/descriptors-root.ts";
import { inputsRoot } from "../../../protocol/tensor/tree/inputs-root.ts";
import { MerkleTree } from "../../../protocol/tensor/tree/merkle-tree.ts";
import { outputsRoot, shardLeaf } from "../../../protocol/tensor/tree/outputs-tree.ts";
import { shardRoot } from "../../../protocol/tensor/tree/shard-trace.ts";
import { zeroHash } from "../../../protocol/tensor/tree/shape.ts";
import { tensorRoot } from "../../../protocol/tensor/tree/tensor-root.ts";
import { someBytes, someLeaves } from "../../unit/tree/naive-tree.ts";
import { makeVectors, type TreeVectors } from "./make-vectors.ts";

const golden = JSON.parse(readFileSync(new URL("tree.json", import.meta.url), "utf8")) as TreeVectors;
const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;

describe("golden vectors of the trees", () => {
  it("are what their generator makes", () => {
    expect(makeVectors()).to.deep.equal(golden);
  });

  it("empty subtrees", () => {
    expect(golden.zeroHashes.map((_, level) => hex(zeroHash(level)))).to.deep.equal(golden.zeroHashes);
  });

  it("tensors", () => {
    for (const { length, seed, root } of golden.tensors) {
      expect(hex(tensorRoot(someBytes(length, seed)))).to.equal(root);
    }
  });

  it("range proofs", () => {
    for (const { count, first, last, root, proof } of golden.ranges) {
      const tree = MerkleTree.fromLeaves(someLeaves(count));
      expect(hex(tree.root)).to.equal(root);
      expect(tree.rangeProof(first, last).map(hex)).to.deep.equal(proof);
    }
  });

  it("descriptor, trace, outputs and inputs", () => {
    expect(hex(descriptorLeaf(someBytes(416, golden.descriptor.seed)))).to.equal(golden.descriptor.leaf);
    const { trace, outputs, inputs } = golden;
    expect(hex(shardRoot(someLeaves(trace.nodes, trace.seed)))).to.equal(trace.root);
    for (const claim of outputs) {
      const leaves = claim.seeds.map((seed) => shardLeaf(someLeaves(claim.outputs, seed)));
      expect(leaves.map(hex)).to.deep.equal(claim.leaves);
      expect(hex(outputsRoot(leaves))).to.equal(claim.root);
    }
    const shards = inputs.shards.seeds.map((seed) => someLeaves(inputs.shards.slots, seed));
    expect(hex(inputsRoot(someLeaves(inputs.shared.count, inputs.shared.seed), shards))).to.equal(inputs.root);
  });
});
