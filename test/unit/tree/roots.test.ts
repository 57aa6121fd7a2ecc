import { expect } from "chai";
import { InvalidInputError } from "@orion/protocol/common";
import { descriptorLeaf, descriptorsRoot, descriptorsTree } from "../../../protocol/tensor/tree/descriptors-root.ts";
import { inputLeafIndex, inputsRoot, inputsTree } from "../../../protocol/tensor/tree/inputs-root.ts";
import { outputsRoot, outputsTree, shardLeaf } from "../../../protocol/tensor/tree/outputs-tree.ts";
import { resultRoot, resultTree } from "../../../protocol/tensor/tree/result-root.ts";
import { pureSha256 } from "../../../protocol/tensor/tree/sha256.ts";
import { chunkLeaf, tensorRoot } from "../../../protocol/tensor/tree/tensor-root.ts";
import { naiveRoot, naiveTensorLeaves, sha, someBytes, someLeaves } from "./naive-tree.ts";

describe("tensor root", () => {
  it("covers whole and partial last chunks", () => {
    for (const length of [1, 2, 1023, 1024, 1025, 2048, 3000, 5121, 10_240]) {
      const bytes = someBytes(length);
      expect(tensorRoot(bytes), `${length} bytes`).to.deep.equal(naiveRoot(naiveTensorLeaves(bytes)));
    }
  });

  it("of a partial chunk equals that of the padded one: padding is zero", () => {
    const padded = new Uint8Array(2048);
    padded.set(someBytes(1100));
    expect(tensorRoot(someBytes(1100))).to.deep.equal(tensorRoot(padded));
    expect(chunkLeaf(someBytes(76))).to.deep.equal(sha([0], someBytes(76), [...new Uint8Array(948)]));
  });

  it("reads a view into a larger buffer only within its bounds", () => {
    const whole = someBytes(5000);
    expect(tensorRoot(whole.subarray(100, 1200))).to.deep.equal(tensorRoot(whole.slice(100, 1200)));
  });

  it("refuses nothing and too much", () => {
    expect(() => tensorRoot(new Uint8Array(0))).to.throw(InvalidInputError);
    expect(() => chunkLeaf(new Uint8Array(0))).to.throw(InvalidInputError);
    expect(() => chunkLeaf(new Uint8Array(1025))).to.throw(InvalidInputError);
  });
});

describe("plain JavaScript SHA-256", () => {
  it("is SHA-256", () => {
    for (const length of [0, 1, 55, 56, 63, 64, 65, 1025]) {
      expect(pureSha256.digest(someBytes(length))).to.deep.equal(sha(someBytes(length)));
    }
  });
});

describe("roots over roots", () => {
  it("shard's leaf: its outputs in order, padded to a power of two; of one output that root itself", () => {
    const [one] = someLeaves(1) as [Uint8Array];
    expect(shardLeaf([one])).to.deep.equal(one);
    for (let outputs = 2; outputs <= 16; outputs++) {
      const roots = someLeaves(outputs);
      expect(shardLeaf(roots), `${outputs} outputs`).to.deep.equal(naiveRoot(roots));
      expect(shardLeaf(roots.toReversed())).not.to.deep.equal(naiveRoot(roots));
    }
    const three = someLeaves(3) as [Uint8Array, Uint8Array, Uint8Array];
    const nothing = new Uint8Array(32);
    expect(shardLeaf(three)).to.deep.equal(sha([1], sha([1], three[0], three[1]), sha([1], three[2], nothing)));
    // The padding is a missing leaf, not a third output: four outputs of which one is zero hash alike, their programs do not.
    expect(shardLeaf([...three, nothing])).to.deep.equal(shardLeaf(three));
    expect(() => shardLeaf([])).to.throw(InvalidInputError);
  });

  it("outputs root: the leaves of a claim's shards, whose outputs stand below them", () => {
    const shards = [0, 1, 2].map((s) => someLeaves(2, s));
    const leaves = shards.map((roots) => shardLeaf(roots));
    expect(outputsRoot(leaves)).to.deep.equal(naiveRoot(shards.map(naiveRoot)));
    expect(outputsTree(leaves).root).to.deep.equal(outputsRoot(leaves));
    // Three shards of two outputs are four leaves of two, not eight of which two are missing.
    expect(outputsRoot(leaves)).not.to.deep.equal(naiveRoot(shards.flat()));
    expect(outputsRoot(leaves.slice(0, 1))).to.deep.equal(leaves[0]);
    expect(() => outputsRoot([])).to.throw(InvalidInputError);
  });

  it("inputs root: shared slots, then the slots of each shard", () => {
    const shared = someLeaves(2, 9);
    const shards = [0, 1, 2].map((s) => someLeaves(2, s));
    expect(inputsRoot(shared, shards)).to.deep.equal(naiveRoot([...shared, ...shards.flat()]));
    const tree = inputsTree(shared, shards);
    for (let s = 0; s < 3; s++) {
      for (let j = 0; j < 2; j++) expect(tree.hash(0, inputLeafIndex(2, 2, s, j))).to.deep.equal(shards[s]?.[j]);
    }
    expect(tree.hash(0, 1)).to.deep.equal(shared[1]);
    expect(inputsRoot([], [someLeaves(1)])).to.deep.equal(someLeaves(1)[0]);
    for (const bad of [[], [[]], [someLeaves(2), someLeaves(1)]]) {
      expect(() => inputsRoot(shared, bad)).to.throw(InvalidInputError);
    }
    expect(() => inputLeafIndex(2, 2, 0, 2)).to.throw(InvalidInputError);
    expect(() => inputLeafIndex(2, 2, -1, 0)).to.throw(InvalidInputError);
  });

  it("result root: shards' leaves in order", () => {
    const outputs = someLeaves(6);
    expect(resultRoot(outputs)).to.deep.equal(naiveRoot(outputs));
    expect(resultTree(outputs).root).to.deep.equal(naiveRoot(outputs));
  });

  it("descriptors root: its own domain, exactly 416 bytes", () => {
    const descriptors = [0, 1, 2].map((i) => someBytes(416, i));
    const leaves = descriptors.map((d) => sha([3], d));
    expect(descriptors.map((d) => descriptorLeaf(d))).to.deep.equal(leaves);
    expect(descriptorsRoot(descriptors)).to.deep.equal(naiveRoot(leaves));
    expect(descriptorsTree(descriptors).hash(0, 2)).to.deep.equal(leaves[2]);
    expect(() => descriptorLeaf(someBytes(415))).to.throw(InvalidInputError);
  });
});
