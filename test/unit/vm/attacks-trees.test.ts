import { expect } from "chai";

import {
  buildFixedRootProof,
  buildMissingLeafProof,
  buildPaddingProof,
  zeroHash,
  type MissingLeafProof,
  type Proof,
} from "@orion/protocol/tensor";

import { encodeHeader } from "../../../protocol/tensor/program-file.ts";
import type { ClaimFixture, Facts } from "../../support/claim-fixture.ts";
import { nodeSha256 } from "../../support/node-sha256.ts";
import { aimed, stepProof } from "../../support/right-claim.ts";
import { deployVm, type Aimed, type VmFixture } from "../../support/vm-fixture.ts";
import { claimOf, flip, FROM, NODE, PROGRAM } from "./support/attacked-claim.ts";

const toInteger = (hash: Uint8Array): bigint => hash.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

describe("attacks on TensorVM: trees", () => {
  let fixture: VmFixture;
  const right = claimOf();
  const spot = { shard: FROM, node: NODE.y, element: 0 };
  before(async () => {
    fixture = await deployVm();
  });

  /** About the first shard of a claim unless said otherwise. */
  const judge = async (
    claim: ClaimFixture,
    proof: Proof,
    change: Partial<Aimed> & { readonly facts?: Partial<Facts> } = {},
  ): Promise<string> => {
    const { facts, ...about } = change;
    const verdict = await fixture.judge({ ...claim.facts, ...facts }, { ...aimed(claim, FROM, proof), ...about });
    return verdict.wrong ? "wrong" : verdict.error;
  };

  describe("padding", () => {
    // Node y: 24 bytes of its only chunk are elements.
    const padded = claimOf({ alter: flip(1, NODE.y, 1000, 1024) });
    const at = (shard: number, position: number): Extract<Proof, { kind: "padding" }> => ({
      kind: "padding",
      proof: buildPaddingProof(padded.source(shard), { node: NODE.y, position }, nodeSha256),
    });
    const judgeAt = (shard: number, proof: Proof): Promise<string> =>
      judge(padded, proof, { shard, shardRoot: padded.trace(shard).root });

    it("a byte behind the last element is provable fraud, wherever it stands", async () => {
      const verdict = await fixture.judge(padded.facts, aimed(padded, FROM + 1, at(FROM + 1, 1000)));
      expect(verdict).to.deep.equal({ wrong: true, node: NODE.y, position: 1000n, claimed: 0x55n, actual: 0n });
    });

    it("zero padding, elements and what lies behind the last chunk are not", async () => {
      expect(await judgeAt(FROM + 1, at(FROM + 1, 999))).to.equal("NotWrong");
      expect(await judgeAt(FROM, at(FROM, 1000))).to.equal("NotWrong");
      for (const position of [0, 23, 1024, 2 ** 45]) {
        const { proof } = at(FROM + 1, 1000);
        const moved = await judgeAt(FROM + 1, { kind: "padding", proof: { ...proof, position } });
        expect(moved).to.equal("BadProof(Position)");
      }
      // The first byte behind the last element is padding, the one before it is not.
      expect(await judgeAt(FROM + 1, at(FROM + 1, 24))).to.equal("NotWrong");
    });
  });

  describe("missing leaves", () => {
    const lie = new Uint8Array(32).fill(0x77);
    const inner = (left: Uint8Array, right: Uint8Array): Uint8Array =>
      nodeSha256.digest(new Uint8Array([1, ...left, ...right]));
    /** Nodes of the program are 6: leaves 6 and 7 of a trace's upper tree are missing. This trace has a hash in leaf 7. */
    const roots = PROGRAM.nodes.map((_, node) => right.trace(FROM).nodeRoot(node));
    const proofOf = (change: Partial<MissingLeafProof>): Extract<Proof, { kind: "missingLeaf" }> => {
      const [first, second] = [inner(roots[0]!, roots[1]!), inner(roots[2]!, roots[3]!)];
      const path = [zeroHash(0), inner(roots[4]!, roots[5]!), inner(first, second)];
      const subtree = { tree: "nodes", node: 0, level: 0, index: 7, hash: lie, path } as const;
      return { kind: "missingLeaf", proof: { ...buildMissingLeafProof(PROGRAM, subtree), ...change } };
    };
    const rootWith = (leaf: Uint8Array): Uint8Array => {
      const left = inner(inner(roots[0]!, roots[1]!), inner(roots[2]!, roots[3]!));
      return inner(left, inner(inner(roots[4]!, roots[5]!), inner(zeroHash(0), leaf)));
    };
    const liar = { shard: FROM, shardRoot: rootWith(lie) };
    const judgeLiar = (proof: Proof, change: Partial<Aimed> = {}): Promise<string> =>
      judge(right, proof, { ...liar, ...change });

    it("a hash where a node is missing is provable fraud, as a leaf and as the subtree above it", async () => {
      expect(PROGRAM.nodes).to.have.length(6);
      const verdict = await fixture.judge(right.facts, { ...liar, proof: proofOf({}) });
      expect(verdict).to.deep.include({ wrong: true, node: 0, position: 7n, actual: 0n });
      const level1 = proofOf({}).proof.path.slice(1);
      const above = { level: 1, index: 3, hash: inner(zeroHash(0), lie), path: level1 };
      const parent = await fixture.judge(right.facts, { ...liar, proof: proofOf(above) });
      expect(parent).to.deep.include({ wrong: true, position: 3n, actual: BigInt.asIntN(256, toInteger(zeroHash(1))) });
      // A copy of the last node is no less wrong than any other hash.
      expect(await judgeLiar(proofOf({ hash: roots[5]! }), { shardRoot: rootWith(roots[5]!) })).to.equal("wrong");
    });

    it("an empty leaf is right, and a present one is not missing", async () => {
      const empty = proofOf({ hash: zeroHash(0) });
      expect(await judgeLiar(empty, { shardRoot: rootWith(zeroHash(0)) })).to.equal("NotWrong");
      for (const index of [0, 5, 8, 2 ** 40]) {
        expect(await judgeLiar(proofOf({ index }))).to.equal("BadProof(Position)");
      }
      // The subtree over nodes 4 to 7 is not wholly beyond the count; there is no level above the root.
      expect(await judgeLiar(proofOf({ level: 2, index: 1 }))).to.equal("BadProof(Position)");
      expect(await judgeLiar(proofOf({ level: 4, index: 1 }))).to.equal("BadProof(Position)");
      expect(await judgeLiar(proofOf({ level: 200, index: 1 }))).to.equal("BadProof(Position)");
      expect(await judgeLiar(proofOf({ index: 6 }))).to.equal("BadProof(Root)");
    });

    it("fields that the tree does not use are empty", async () => {
      const { descriptor, descriptorPath } = stepProof(right, spot).proof;
      expect(await judgeLiar(proofOf({ node: 1 }))).to.equal("BadProof(Node)");
      expect(await judgeLiar(proofOf({ descriptor }))).to.equal("BadProof(Descriptor)");
      expect(await judgeLiar(proofOf({ descriptorPath }))).to.equal("BadProof(Descriptor)");
    });

    it("a trace and the tree over shards are never taken for one another", async () => {
      const shards = proofOf({ tree: "shards" });
      const none = { shard: 0, shardRoot: zeroHash(0) };
      for (const about of [liar, { ...none, shard: FROM }, { ...none, shardRoot: liar.shardRoot }]) {
        expect(await judgeLiar(shards, about)).to.equal("BadProof(Shard)");
      }
      // Two shards have no leaf 7; and the outputs root is no shard's root.
      expect(await judgeLiar(shards, none)).to.equal("BadProof(Position)");
      expect(await judgeLiar(proofOf({}), none)).to.equal("BadProof(Shard)");
      for (const shard of [FROM - 1, FROM + 2]) {
        expect(await judgeLiar(proofOf({}), { shard })).to.equal("BadProof(Shard)");
      }
      expect(await judge(right, proofOf({}), { shardRoot: right.facts.outputsRoot })).to.equal("BadProof(Root)");
    });

    it("a hash behind the last shard or the last chunk is provable fraud too", async () => {
      const leafOf = right.outputs.hash(0, 0);
      const threeOf = (leaf: Uint8Array): Partial<Facts> => ({
        to: FROM + 3,
        outputsRoot: inner(right.outputs.root, inner(leafOf, leaf)),
      });
      const shards = { tree: "shards", index: 3, path: [leafOf, right.outputs.root] } as const;
      const none = { shard: 0, shardRoot: zeroHash(0) };
      expect(await judge(right, proofOf(shards), { ...none, facts: threeOf(lie) })).to.equal("wrong");
      const empty = proofOf({ ...shards, hash: zeroHash(0) });
      expect(await judge(right, empty, { ...none, facts: threeOf(zeroHash(0)) })).to.equal("NotWrong");
      expect(await judge(right, proofOf({ ...shards, index: 2 }), { ...none, facts: threeOf(lie) })).to.equal(
        "BadProof(Position)",
      );
      expect(await judge(right, proofOf(shards), { ...none, facts: threeOf(zeroHash(0)) })).to.equal("BadProof(Root)");

      // Node z: 2,100 bytes are three chunks; a liar puts a fourth one behind them.
      const long = claimOf({ alter: flip(0, NODE.z, 4000, 4096) });
      const { chunks, path } = stepProof(long, { shard: FROM, node: NODE.z, element: 0 }).proof.claimed;
      expect(chunks).to.have.length(1024);
      const trace = long.trace(FROM);
      const leaf = (at: number): Uint8Array => trace.hash({ tree: "chunks", node: NODE.z, level: 0, index: at });
      const pair = trace.hash({ tree: "chunks", node: NODE.z, level: 1, index: 0 });
      const subtree = {
        tree: "chunks",
        node: NODE.z,
        level: 0,
        index: 3,
        hash: leaf(3),
        path: [leaf(2), pair, ...path.slice(2)],
      } as const;
      const proof = buildMissingLeafProof(PROGRAM, subtree);
      expect(await judge(long, { kind: "missingLeaf", proof })).to.equal("wrong");
    });
  });

  describe("inputs and constants", () => {
    it("a root of another shard's slot, or of no slot, is not the fixed one", async () => {
      const claim = claimOf({ alter: flip(0, NODE.x, 0) });
      const proof = buildFixedRootProof(claim.source(FROM), NODE.x);
      expect(await judge(claim, { kind: "fixedRoot", proof })).to.equal("wrong");
      const other = buildFixedRootProof(claim.source(FROM + 1), NODE.x);
      const { fixedRoot, fixedPath } = other;
      expect(await judge(claim, { kind: "fixedRoot", proof: { ...proof, fixedRoot, fixedPath } })).to.equal(
        "BadProof(Root)",
      );
      expect(await judge(claim, { kind: "fixedRoot", proof: { ...proof, fixedRoot: zeroHash(0) } })).to.equal(
        "BadProof(Root)",
      );
      const computed = buildMissingLeafProof(PROGRAM, {
        tree: "chunks",
        node: NODE.y,
        level: 0,
        index: 0,
        hash: zeroHash(0),
        path: [],
      });
      const { claimedRoot, claimedPath } = { claimedRoot: claim.trace(FROM).nodeRoot(NODE.y), claimedPath: [] };
      const about = {
        ...proof,
        node: NODE.y,
        descriptor: computed.descriptor,
        descriptorPath: computed.descriptorPath,
      };
      expect(await judge(claim, { kind: "fixedRoot", proof: { ...about, claimedRoot, claimedPath } })).to.equal(
        "BadProof(Path)",
      );
    });

    it("a constant's root stands in its descriptor, and nothing beside it", async () => {
      const table = NODE.w + 1;
      expect(PROGRAM.nodes[table]!.op).to.equal("constant");
      const claim = claimOf({ alter: flip(0, table, 0) });
      const proof = buildFixedRootProof(claim.source(FROM), table);
      expect(await judge(claim, { kind: "fixedRoot", proof })).to.equal("wrong");
      const beside = { ...proof, fixedRoot: new Uint8Array(32).fill(1) };
      const behind = { ...proof, fixedPath: [zeroHash(0)] };
      for (const junk of [beside, behind]) {
        expect(await judge(claim, { kind: "fixedRoot", proof: junk })).to.equal("BadProof(Path)");
      }
    });
  });

  describe("headers", () => {
    it("of another version, or of no or too many outputs, are judged by nobody, however well they hash", async () => {
      const { proof } = stepProof(right, spot);
      const header = encodeHeader(PROGRAM);
      const rootOf = (bytes: Uint8Array): Uint8Array =>
        nodeSha256.digest(new Uint8Array([2, ...bytes, ...proof.header.descriptorsRoot]));
      const altered = (at: number, value: number): Uint8Array => header.map((byte, i) => (i === at ? value : byte));
      expect(rootOf(header)).to.deep.equal(right.facts.programRoot);
      const cases = [
        [altered(0, 2), { version: 2 }],
        [altered(13, 0), { outputCount: 0 }],
        [altered(13, 17), { outputCount: 17 }],
      ] as const;
      for (const [bytes, change] of cases) {
        const changed = { kind: "step", proof: { ...proof, header: { ...proof.header, ...change } } } as const;
        expect(await judge(right, changed, { facts: { programRoot: rootOf(bytes) } })).to.equal("BadProof(Header)");
      }
      // Sixteen are not too many, whatever they name: their count alone stands between this header and the right one.
      const sixteen = { kind: "step", proof: { ...proof, header: { ...proof.header, outputCount: 16 } } } as const;
      const programRoot = rootOf(altered(13, 16));
      expect(await judge(right, sixteen, { facts: { programRoot } })).to.equal("NotWrong");
    });
  });
});
