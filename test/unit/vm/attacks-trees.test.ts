import { expect } from "chai";

import {
  buildFixedRootProof,
  buildMissingLeafProof,
  buildPaddingProof,
  zeroHash,
  type MissingLeafProof,
  type Proof,
} from "@orion/protocol/tensor";

import type { Facts } from "../../support/claim-fixture.ts";
import { nodeSha256 } from "../../support/node-sha256.ts";
import { stepProof } from "../../support/right-claim.ts";
import { deployVm, type VmFixture } from "../../support/vm-fixture.ts";
import { claimOf, flip, FROM, NODE, PROGRAM } from "./support/attacked-claim.ts";

const toInteger = (hash: Uint8Array): bigint => hash.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

describe("attacks on TensorVM: trees", () => {
  let fixture: VmFixture;
  const right = claimOf();
  const spot = { shard: FROM, node: NODE.y, element: 0 };
  before(async () => {
    fixture = await deployVm();
  });

  const judge = async (facts: Facts, proof: Proof): Promise<string> => {
    const verdict = await fixture.judge(facts, proof);
    return verdict.wrong ? "wrong" : verdict.error;
  };

  describe("padding", () => {
    // Node y: 24 bytes of its only chunk are elements.
    const padded = claimOf({ alter: flip(1, NODE.y, 1000, 1024) });
    const at = (shard: number, position: number): Proof => ({
      kind: "padding",
      proof: buildPaddingProof(padded.source, { shard, node: NODE.y, position }, nodeSha256),
    });

    it("a byte behind the last element is provable fraud, wherever it stands", async () => {
      const verdict = await fixture.judge(padded.facts, at(FROM + 1, 1000));
      expect(verdict).to.deep.equal({ wrong: true, node: NODE.y, position: 1000n, claimed: 0x55n, actual: 0n });
    });

    it("zero padding, elements and what lies behind the last chunk are not", async () => {
      expect(await judge(padded.facts, at(FROM + 1, 999))).to.equal("NotWrong");
      expect(await judge(padded.facts, at(FROM, 1000))).to.equal("NotWrong");
      const move = async (position: number): Promise<string> => {
        const { proof } = at(FROM + 1, 1000) as Extract<Proof, { kind: "padding" }>;
        return judge(padded.facts, { kind: "padding", proof: { ...proof, position } });
      };
      for (const position of [0, 23, 1024, 2 ** 45]) expect(await move(position)).to.equal("BadProof(Position)");
    });
  });

  describe("missing leaves", () => {
    const lie = new Uint8Array(32).fill(0x77);
    const inner = (left: Uint8Array, right: Uint8Array): Uint8Array =>
      nodeSha256.digest(new Uint8Array([1, ...left, ...right]));
    /** Nodes of the program are 6: leaves 6 and 7 of a shard's tree are missing. This claim has a hash in leaf 7. */
    const claim = right.tree;
    const roots = PROGRAM.nodes.map((_, node) => claim.proveNode(0, node).nodeRoot);
    const proofOf = (change: Partial<MissingLeafProof>): Proof => {
      const [first, second] = [inner(roots[0]!, roots[1]!), inner(roots[2]!, roots[3]!)];
      const path = [zeroHash(0), inner(roots[4]!, roots[5]!), inner(first, second), claim.proveNode(1, 0).shardRoot];
      const place = { node: 0, shard: FROM };
      const subtree = { tree: "nodes", place, level: 0, index: 7, hash: lie, path } as const;
      return { kind: "missingLeaf", proof: { ...buildMissingLeafProof(PROGRAM, subtree), ...change } };
    };
    const rootWith = (leaf: Uint8Array): Uint8Array => {
      const left = inner(inner(roots[0]!, roots[1]!), inner(roots[2]!, roots[3]!));
      const shard = inner(left, inner(inner(roots[4]!, roots[5]!), inner(zeroHash(0), leaf)));
      return inner(shard, claim.proveNode(1, 0).shardRoot);
    };
    const liar = { ...right.facts, claimRoot: rootWith(lie) };

    it("a hash where a node is missing is provable fraud, as a leaf and as the subtree above it", async () => {
      expect(PROGRAM.nodes).to.have.length(6);
      const verdict = await fixture.judge(liar, proofOf({}));
      expect(verdict).to.deep.include({ wrong: true, node: 0, position: 7n, actual: 0n });
      const level1 = (proofOf({}) as Extract<Proof, { kind: "missingLeaf" }>).proof.path.slice(1);
      const above = { level: 1, index: 3, hash: inner(zeroHash(0), lie), path: level1 };
      const parent = await fixture.judge(liar, proofOf(above));
      expect(parent).to.deep.include({ wrong: true, position: 3n, actual: BigInt.asIntN(256, toInteger(zeroHash(1))) });
      // A copy of the last node is no less wrong than any other hash.
      const copy = { ...right.facts, claimRoot: rootWith(roots[5]!) };
      expect(await judge(copy, proofOf({ hash: roots[5]! }))).to.equal("wrong");
    });

    it("an empty leaf is right, and a present one is not missing", async () => {
      expect(await judge({ ...liar, claimRoot: rootWith(zeroHash(0)) }, proofOf({ hash: zeroHash(0) }))).to.equal(
        "NotWrong",
      );
      for (const index of [0, 5, 8, 2 ** 40]) {
        expect(await judge(liar, proofOf({ index }))).to.equal("BadProof(Position)");
      }
      // The subtree over nodes 4 to 7 is not wholly beyond the count; there is no level above the root.
      expect(await judge(liar, proofOf({ level: 2, index: 1 }))).to.equal("BadProof(Position)");
      expect(await judge(liar, proofOf({ level: 4, index: 1 }))).to.equal("BadProof(Position)");
      expect(await judge(liar, proofOf({ level: 200, index: 1 }))).to.equal("BadProof(Position)");
      expect(await judge(liar, proofOf({ index: 6 }))).to.equal("BadProof(Root)");
    });

    it("fields that the tree does not use are empty", async () => {
      const { descriptor, descriptorPath } = stepProof(right, spot).proof;
      expect(await judge(liar, proofOf({ node: 1 }))).to.equal("BadProof(Node)");
      expect(await judge(liar, proofOf({ descriptor }))).to.equal("BadProof(Descriptor)");
      expect(await judge(liar, proofOf({ descriptorPath }))).to.equal("BadProof(Descriptor)");
      expect(await judge(liar, proofOf({ tree: "shards" }))).to.equal("BadProof(Shard)");
    });

    it("a hash behind the last shard or the last chunk is provable fraud too", async () => {
      const three = {
        ...right.facts,
        to: FROM + 3,
        claimRoot: inner(claim.root, inner(claim.proveNode(0, 0).shardRoot, lie)),
      };
      const shards = {
        tree: "shards",
        shard: 0,
        index: 3,
        path: [claim.proveNode(0, 0).shardRoot, claim.root],
      } as const;
      expect(await judge(three, proofOf(shards))).to.equal("wrong");

      // Node z: 2,100 bytes are three chunks; a liar puts a fourth one behind them.
      const long = claimOf({ alter: flip(0, NODE.z, 4000, 4096) });
      const { chunks, path } = stepProof(long, { shard: FROM, node: NODE.z, element: 0 }).proof.claimed;
      expect(chunks).to.have.length(1024);
      const leaf = (at: number): Uint8Array =>
        long.tree.hash({ tree: "chunks", shard: 0, node: NODE.z, level: 0, index: at });
      const pair = long.tree.hash({ tree: "chunks", shard: 0, node: NODE.z, level: 1, index: 0 });
      const subtree = {
        tree: "chunks",
        place: { shard: FROM, node: NODE.z },
        level: 0,
        index: 3,
        hash: leaf(3),
        path: [leaf(2), pair, ...path.slice(2)],
      } as const;
      const proof = buildMissingLeafProof(PROGRAM, subtree);
      expect(await judge(long.facts, { kind: "missingLeaf", proof })).to.equal("wrong");
    });
  });

  describe("inputs and constants", () => {
    it("a root of another shard's slot, or of no slot, is not the fixed one", async () => {
      const claim = claimOf({ alter: flip(0, NODE.x, 0) });
      const proof = buildFixedRootProof(claim.source, { shard: FROM, node: NODE.x });
      expect(await judge(claim.facts, { kind: "fixedRoot", proof })).to.equal("wrong");
      const other = buildFixedRootProof(claim.source, { shard: FROM + 1, node: NODE.x });
      const { fixedRoot, fixedPath } = other;
      expect(await judge(claim.facts, { kind: "fixedRoot", proof: { ...proof, fixedRoot, fixedPath } })).to.equal(
        "BadProof(Root)",
      );
      expect(await judge(claim.facts, { kind: "fixedRoot", proof: { ...proof, fixedRoot: zeroHash(0) } })).to.equal(
        "BadProof(Root)",
      );
      const computed = buildMissingLeafProof(PROGRAM, {
        tree: "chunks",
        place: { shard: FROM, node: NODE.y },
        level: 0,
        index: 0,
        hash: zeroHash(0),
        path: [],
      });
      const { claimedRoot, claimedPath } = {
        claimedRoot: claim.source.claim.proveNode(0, NODE.y).nodeRoot,
        claimedPath: [],
      };
      const about = {
        ...proof,
        node: NODE.y,
        descriptor: computed.descriptor,
        descriptorPath: computed.descriptorPath,
      };
      expect(await judge(claim.facts, { kind: "fixedRoot", proof: { ...about, claimedRoot, claimedPath } })).to.equal(
        "BadProof(Path)",
      );
    });
  });
});
