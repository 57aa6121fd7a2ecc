import { expect } from "chai";

import {
  buildFixedRootProof,
  buildMissingLeafProof,
  buildPaddingProof,
  encodeProof,
  interpret,
  ProgramBuilder,
  tensor,
  toBytes,
  zeroHash,
  type EncodedProof,
  type MissingLeafProof,
  type Proof,
  type StepProof,
} from "@orion/protocol/tensor";

import { makeClaim, type ClaimFixture, type ClaimOptions, type Facts } from "../../support/claim-fixture.ts";
import { nodeSha256 } from "../../support/node-sha256.ts";
import { stepProof } from "../../support/right-claim.ts";
import { deployVm, type Verdict, type VmFixture } from "../../support/vm-fixture.ts";

const ROWS = 3;
const COLUMNS = 700;

/** Shard and shared inputs, a product over three chunks a row, a sum and a clamp: five computed and given nodes. */
function program() {
  const b = new ProgramBuilder();
  const x = b.shardInput("i8", [ROWS, COLUMNS]);
  const w = b.sharedInput("i8", [2, COLUMNS]);
  const y = b.matmul(x, w, { dtype: "i32", m: 1, s: 0 });
  const z = b.clamp(x, -100, 100);
  return { ...b.build(b.add(y, y, { dtype: "i32" })), nodes: { x: x.node, w: w.node, y: y.node, z: z.node } };
}

const { program: PROGRAM, constants: CONSTANTS, nodes: NODE } = program();
const FROM = 4;

/** A right claim of two shards of nine, unless `alter` makes it wrong. */
function claimOf(options: ClaimOptions = {}): ClaimFixture {
  const bits = (seed: number, length: number): Int8Array =>
    Int8Array.from({ length }, (_, i) => ((i * 2_654_435_761 + seed * 40_503) >> 7) & 255);
  const shared = [tensor("i8", [2, COLUMNS], bits(1, 2 * COLUMNS))];
  const values = [2, 3].map((seed) => {
    const shard = [tensor("i8", [ROWS, COLUMNS], bits(seed, ROWS * COLUMNS))];
    return interpret(PROGRAM, { constants: CONSTANTS, shared, shard });
  });
  return makeClaim(PROGRAM, values, { from: FROM, shards: 9, ...options });
}

const flip =
  (shard: number, node: number, at: number, length?: number) =>
  (s: number, n: number, bytes: Uint8Array): Uint8Array => {
    if (s !== shard || n !== node) return bytes;
    const altered = new Uint8Array(length ?? bytes.length);
    altered.set(bytes);
    altered[at]! ^= 0x55;
    return altered;
  };

describe("attacks on TensorVM", () => {
  let fixture: VmFixture;
  const right = claimOf();
  /** Element 0 of node y in shard 0 is a lie. */
  const wrong = claimOf({ alter: flip(0, NODE.y, 0) });
  const spot = { shard: FROM, node: NODE.y, element: 0 };
  before(async () => {
    fixture = await deployVm();
  });

  const errorOf = (verdict: Verdict): string => (verdict.wrong ? "wrong" : verdict.error);
  const judge = async (facts: Facts, proof: Proof | EncodedProof): Promise<string> =>
    errorOf(await fixture.judge(facts, proof));
  const judgeStep = async (change: (p: StepProof) => Partial<StepProof>): Promise<string> => {
    const { proof } = stepProof(wrong, spot);
    return judge(wrong.facts, { kind: "step", proof: { ...proof, ...change(proof) } });
  };

  it("the proof that they start from shows the claimed and the true value", async () => {
    const truth = BigInt(right.tensors[0]![NODE.y]!.data[0]!);
    const verdict = await fixture.judge(wrong.facts, stepProof(wrong, spot));
    expect(verdict).to.deep.equal({ wrong: true, node: NODE.y, position: 0n, claimed: truth ^ 0x55n, actual: truth });
    expect(await judge(right.facts, stepProof(right, spot))).to.equal("NotWrong");
  });

  describe("depths and counts", () => {
    it("a path with a hash too few or too many proves nothing", async () => {
      const shorter = (p: StepProof) => ({ claimed: { ...p.claimed, path: p.claimed.path.slice(0, -1) } });
      const longer = (p: StepProof) => ({ claimed: { ...p.claimed, path: [...p.claimed.path, zeroHash(0)] } });
      expect(await judgeStep(shorter)).to.equal("BadProof(Path)");
      expect(await judgeStep(longer)).to.equal("BadProof(Path)");
      const operand = (cut: number) => (p: StepProof) => ({
        operands: p.operands.map((o) => ({ ...o, path: cut < 0 ? o.path.slice(0, cut) : [...o.path, zeroHash(0)] })),
      });
      expect(await judgeStep(operand(-1))).to.equal("BadProof(Path)");
      expect(await judgeStep(operand(1))).to.equal("BadProof(Path)");
      expect(await judgeStep((p) => ({ descriptorPath: p.descriptorPath.slice(1) }))).to.equal("BadProof(Path)");
      expect(await judgeStep((p) => ({ descriptorPath: [...p.descriptorPath, zeroHash(0)] }))).to.equal(
        "BadProof(Path)",
      );
    });

    it("a header that lies about nodes, slots or version is not the program's", async () => {
      for (const lie of [
        { nodeCount: 4 },
        { nodeCount: 9 },
        { sharedSlots: 2 },
        { shardSlots: 2 },
        { outputNode: 0 },
        { version: 2 },
      ]) {
        expect(await judgeStep((p) => ({ header: { ...p.header, ...lie } }))).to.equal("BadProof(Header)");
      }
    });

    it("facts of other shards than those claimed lead to another root", async () => {
      const proof = stepProof(wrong, spot);
      expect(await judge({ ...wrong.facts, shards: 500 }, proof)).to.equal("BadProof(Path)");
      expect(await judge({ ...wrong.facts, to: FROM + 1 }, proof)).to.equal("BadProof(Path)");
      expect(await judge({ ...wrong.facts, from: FROM - 1, to: FROM + 1 }, proof)).to.equal("BadProof(Root)");
      expect(await judge({ ...wrong.facts, inputsRoot: zeroHash(0) }, proof)).to.equal("BadProof(Root)");
    });

    it("a shard outside the claim, a node beyond the program and an element beyond the tensor do not exist", async () => {
      for (const shard of [FROM - 1, FROM + 2]) expect(await judgeStep(() => ({ shard }))).to.equal("BadProof(Shard)");
      expect(await judgeStep(() => ({ node: PROGRAM.nodes.length }))).to.equal("BadProof(Node)");
      // In the padding of the chunk that is opened.
      expect(await judgeStep(() => ({ element: 6 }))).to.equal("BadProof(Position)");
      expect(await judgeStep(() => ({ element: 2 ** 40 }))).to.equal("BadProof(Position)");
    });

    it("an input or a constant has no step, no padding and no missing leaf of its own", async () => {
      for (const node of [NODE.x, NODE.w, NODE.w + 1]) {
        const facts = stepProof(wrong, spot).proof;
        const place = { shard: FROM, node };
        const { claimedPath } = buildFixedRootProof(wrong.source, place);
        const padding = buildPaddingProof(wrong.source, { ...place, position: node === NODE.x ? 2100 : 1023 });
        const { descriptor, descriptorPath } = padding;
        const step = {
          ...facts,
          ...place,
          descriptor,
          descriptorPath,
          element: 0,
          claimed: padding.claimed,
          operands: [],
        };
        expect(await judge(wrong.facts, { kind: "step", proof: step })).to.match(/BadProof\((Node|Root|Path)\)/);
        expect(await judge(wrong.facts, { kind: "padding", proof: padding })).to.equal("BadProof(Node)");
        const missing = { tree: "chunks", place, level: 0, index: 3, hash: zeroHash(1), path: claimedPath } as const;
        const proof = buildMissingLeafProof(PROGRAM, missing);
        expect(await judge(wrong.facts, { kind: "missingLeaf", proof })).to.equal("BadProof(Node)");
      }
    });
  });

  describe("operand ranges", () => {
    it("a range off by one chunk, longer, shorter or of another operand is refused", async () => {
      // A row of 700 bytes: element (2, 0) reads bytes 1,400 to 2,100, the chunks 1 and 2 of three.
      const at = { shard: FROM, node: NODE.y, element: 4 };
      const claim = claimOf({ alter: flip(0, NODE.y, 16) });
      const { proof } = stepProof(claim, at);
      const bytes = new Uint8Array(3072);
      bytes.set(toBytes(claim.tensors[0]![NODE.x]!));
      const [a, b, table] = proof.operands;
      const withFirst = async (chunks: Uint8Array): Promise<string> =>
        judge(claim.facts, { kind: "step", proof: { ...proof, operands: [{ ...a!, chunks }, b!, table!] } });
      expect(await withFirst(bytes.slice(1024, 3072))).to.equal("wrong");
      expect(await withFirst(bytes.slice(0, 2048))).to.equal("BadProof(Root)");
      expect(await withFirst(bytes)).to.equal("BadProof(Chunks)");
      expect(await withFirst(bytes.slice(1024, 2048))).to.equal("BadProof(Chunks)");
      expect(await withFirst(new Uint8Array(0))).to.equal("BadProof(Chunks)");
      const swapped = { ...proof, operands: [b!, a!, table!] };
      expect(await judge(claim.facts, { kind: "step", proof: swapped })).to.match(/BadProof\((Chunks|Path|Root)\)/);
    });

    it("openings beyond those that the operator reads, or fewer, are refused", async () => {
      expect(await judgeStep((p) => ({ operands: [...p.operands, p.claimed] }))).to.equal("BadProof(Operands)");
      expect(await judgeStep((p) => ({ operands: p.operands.slice(0, -1) }))).to.equal("BadProof(Operands)");
      expect(await judgeStep(() => ({ operands: [] }))).to.equal("BadProof(Operands)");
    });

    it("values of another shard, node or job do not pass for the operand", async () => {
      const other = stepProof(wrong, { ...spot, shard: FROM + 1 }).proof.operands;
      expect(await judgeStep(() => ({ operands: other }))).to.equal("BadProof(Root)");
      expect(await judge(right.facts, stepProof(wrong, spot))).to.equal("BadProof(Root)");
    });
  });

  describe("one encoding", () => {
    const encoded = (): EncodedProof => encodeProof(stepProof(wrong, spot));
    const judgeBytes = async (change: (bytes: Uint8Array) => Uint8Array): Promise<string> => {
      const { kind, proof } = encoded();
      return judge(wrong.facts, { kind, proof: change(proof) });
    };
    const word = (bytes: Uint8Array, index: number): DataView => new DataView(bytes.buffer, index * 32 + 24, 8);

    it("nothing may stand behind a proof, between its parts or be shared by them", async () => {
      const { proof } = encoded();
      for (const tail of [1, 32, 1024]) {
        expect(await judgeBytes((bytes) => new Uint8Array([...bytes, ...new Uint8Array(tail)]))).to.equal(
          "BadProof(Encoding)",
        );
      }
      expect(await judgeBytes((bytes) => bytes.slice(0, -32))).to.equal("BadProof(Encoding)");
      // Offsets stand at words 7, 8, 12 and 13: descriptor, its path, the claimed opening, the operands.
      for (const at of [0, 7, 8, 12, 13]) {
        const moved = await judgeBytes((bytes) => {
          word(bytes, at).setBigUint64(0, word(bytes, at).getBigUint64(0) + 32n);
          return bytes;
        });
        expect(moved, `offset at word ${at}`).to.equal("BadProof(Encoding)");
      }
      expect(proof.length % 32).to.equal(0);
    });

    it("a proof of one kind is no proof of another, and there is no fifth kind", async () => {
      for (const kind of [1, 2, 3]) {
        expect(await judge(wrong.facts, { kind, proof: encoded().proof })).to.equal("BadProof(Encoding)");
      }
      expect(await judge(wrong.facts, { kind: 4, proof: encoded().proof })).to.equal("BadProof(Kind)");
      expect(await judge(wrong.facts, { kind: 0, proof: new Uint8Array(0) })).to.equal("BadProof(Encoding)");
    });

    it("a descriptor with an unused byte set is not under the program's root", async () => {
      const descriptor = stepProof(wrong, spot).proof.descriptor.slice();
      descriptor[5] = 1;
      expect(await judgeStep(() => ({ descriptor }))).to.equal("BadProof(Descriptor)");
      expect(await judgeStep((p) => ({ descriptor: p.descriptor.slice(0, 384) }))).to.equal("BadProof(Descriptor)");
    });
  });

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

  describe("a starved precompile", () => {
    it("no gas limit turns a right claim into a wrong one, or an empty leaf into a hash", async () => {
      const { vm, ethers } = fixture;
      const to = await vm.getAddress();
      const cases = [
        { facts: right.facts, proof: encodeProof(stepProof(right, spot)) },
        {
          facts: right.facts,
          proof: encodeProof({
            kind: "fixedRoot",
            proof: buildFixedRootProof(right.source, { shard: FROM, node: NODE.x }),
          }),
        },
      ];
      for (const { facts, proof } of cases) {
        const data = vm.interface.encodeFunctionData("judge", [facts, proof.kind, proof.proof]);
        let decided = 0;
        for (let gasLimit = 60_000; gasLimit < 700_000; gasLimit = Math.ceil(gasLimit * 1.013)) {
          const revert = await ethers.provider.call({ to, data, gasLimit }).then(
            (result) => `returned ${result}`,
            (error: unknown) => (error as Error).message,
          );
          expect(revert, `${gasLimit} gas`).to.match(/revert|out of gas|intrinsic|insufficient|requires/i);
          if (revert.includes("NotWrong")) decided++;
        }
        expect(decided, "limits at which the proof was judged").to.be.greaterThan(5);
      }
    });
  });
});

const toInteger = (hash: Uint8Array): bigint => hash.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
