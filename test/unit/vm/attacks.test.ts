import { expect } from "chai";

import {
  buildFixedRootProof,
  buildMissingLeafProof,
  buildPaddingProof,
  encodeProof,
  toBytes,
  zeroHash,
  type EncodedProof,
  type Proof,
  type StepProof,
} from "@orion/protocol/tensor";

import type { ClaimFixture, Facts } from "../../support/claim-fixture.ts";
import { aimed, stepProof } from "../../support/right-claim.ts";
import { deployVm, type Aimed, type Verdict, type VmFixture } from "../../support/vm-fixture.ts";
import { claimOf, flip, FROM, NODE, PROGRAM } from "./support/attacked-claim.ts";

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
  /** About the first shard of a claim unless said otherwise. */
  const judge = async (
    claim: ClaimFixture,
    proof: Proof | EncodedProof,
    change: Partial<Omit<Aimed, "proof">> & { readonly facts?: Partial<Facts> } = {},
  ): Promise<string> => {
    const { facts, ...about } = change;
    return errorOf(await fixture.judge({ ...claim.facts, ...facts }, { ...aimed(claim, FROM, proof), ...about }));
  };
  const judgeStep = async (change: (p: StepProof) => Partial<StepProof>): Promise<string> => {
    const { proof } = stepProof(wrong, spot);
    return judge(wrong, { kind: "step", proof: { ...proof, ...change(proof) } });
  };

  it("the proof that they start from shows the claimed and the true value", async () => {
    const truth = BigInt(right.tensors[0]![NODE.y]!.data[0]!);
    const verdict = await fixture.judge(wrong.facts, aimed(wrong, FROM, stepProof(wrong, spot)));
    expect(verdict).to.deep.equal({ wrong: true, node: NODE.y, position: 0n, claimed: truth ^ 0x55n, actual: truth });
    expect(await judge(right, stepProof(right, spot))).to.equal("NotWrong");
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
        { outputCount: 0 },
        { outputCount: 2 },
        { outputCount: 17 },
        { outputs: [0n, 0n] as [bigint, bigint] },
        { outputs: [5n << 224n, 1n] as [bigint, bigint] },
        { version: 2 },
      ]) {
        expect(await judgeStep((p) => ({ header: { ...p.header, ...lie } }))).to.equal("BadProof(Header)");
      }
    });

    it("facts of another job, another trace or another shard lead to another root", async () => {
      const proof = stepProof(wrong, spot);
      expect(await judge(wrong, proof, { facts: { shards: 500 } })).to.equal("BadProof(Path)");
      expect(await judge(wrong, proof, { facts: { inputsRoot: zeroHash(0) } })).to.equal("BadProof(Root)");
      expect(await judge(wrong, proof, { shardRoot: wrong.trace(FROM + 1).root })).to.equal("BadProof(Root)");
      expect(await judge(wrong, proof, { shardRoot: wrong.facts.outputsRoot })).to.equal("BadProof(Root)");
      // The trace holds, but these are not the inputs of that shard.
      expect(await judge(wrong, proof, { shard: FROM + 1 })).to.equal("BadProof(Root)");
    });

    it("how many shards a claim has does not matter to a trace", async () => {
      const proof = stepProof(wrong, spot);
      expect(await judge(wrong, proof, { facts: { to: FROM + 1 } })).to.equal("wrong");
      expect(await judge(wrong, proof, { facts: { from: 0, to: 9, outputsRoot: zeroHash(0) } })).to.equal("wrong");
    });

    it("a shard outside the claim, a node beyond the program and an element beyond the tensor do not exist", async () => {
      for (const shard of [0, FROM - 1, FROM + 2]) {
        expect(await judge(wrong, stepProof(wrong, spot), { shard })).to.equal("BadProof(Shard)");
      }
      expect(await judgeStep(() => ({ node: PROGRAM.nodes.length }))).to.equal("BadProof(Node)");
      // In the padding of the chunk that is opened.
      expect(await judgeStep(() => ({ element: 6 }))).to.equal("BadProof(Position)");
      expect(await judgeStep(() => ({ element: 2 ** 40 }))).to.equal("BadProof(Position)");
    });

    it("an input or a constant has no step, no padding and no missing leaf of its own", async () => {
      for (const node of [NODE.x, NODE.w, NODE.w + 1]) {
        const facts = stepProof(wrong, spot).proof;
        const source = wrong.source(FROM);
        const { claimedPath } = buildFixedRootProof(source, node);
        const padding = buildPaddingProof(source, { node, position: node === NODE.x ? 2100 : 1023 });
        const { descriptor, descriptorPath } = padding;
        const step = {
          ...facts,
          node,
          descriptor,
          descriptorPath,
          element: 0,
          claimed: padding.claimed,
          operands: [],
        };
        expect(await judge(wrong, { kind: "step", proof: step })).to.match(/BadProof\((Node|Root|Path)\)/);
        expect(await judge(wrong, { kind: "padding", proof: padding })).to.equal("BadProof(Node)");
        const missing = { tree: "chunks", node, level: 0, index: 3, hash: zeroHash(1), path: claimedPath } as const;
        const proof = buildMissingLeafProof(PROGRAM, missing);
        expect(await judge(wrong, { kind: "missingLeaf", proof })).to.equal("BadProof(Node)");
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
        judge(claim, { kind: "step", proof: { ...proof, operands: [{ ...a!, chunks }, b!, table!] } });
      expect(await withFirst(bytes.slice(1024, 3072))).to.equal("wrong");
      expect(await withFirst(bytes.slice(0, 2048))).to.equal("BadProof(Root)");
      expect(await withFirst(bytes)).to.equal("BadProof(Chunks)");
      expect(await withFirst(bytes.slice(1024, 2048))).to.equal("BadProof(Chunks)");
      expect(await withFirst(new Uint8Array(0))).to.equal("BadProof(Chunks)");
      const swapped = { ...proof, operands: [b!, a!, table!] };
      expect(await judge(claim, { kind: "step", proof: swapped })).to.match(/BadProof\((Chunks|Path|Root)\)/);
    });

    it("the claimed element comes with its own chunk alone, however well its neighbour is proved", async () => {
      const claim = claimOf({ alter: flip(0, NODE.z, 5) });
      const { proof } = stepProof(claim, { shard: FROM, node: NODE.z, element: 5 });
      expect(await judge(claim, { kind: "step", proof })).to.equal("wrong");
      const { inTensor, inShard } = claim.trace(FROM).proveChunks(NODE.z, 0, 1);
      const chunks = claim.source(FROM).claimed(NODE.z).slice(0, 2048);
      const claimed = { chunks, path: [...inTensor, ...inShard] };
      expect(await judge(claim, { kind: "step", proof: { ...proof, claimed } })).to.equal("BadProof(Chunks)");
    });

    it("openings beyond those that the operator reads, or fewer, are refused", async () => {
      expect(await judgeStep((p) => ({ operands: [...p.operands, p.claimed] }))).to.equal("BadProof(Operands)");
      expect(await judgeStep((p) => ({ operands: p.operands.slice(0, -1) }))).to.equal("BadProof(Operands)");
      expect(await judgeStep(() => ({ operands: [] }))).to.equal("BadProof(Operands)");
    });

    it("values of another shard, node or job do not pass for the operand", async () => {
      const other = stepProof(wrong, { ...spot, shard: FROM + 1 }).proof.operands;
      expect(await judgeStep(() => ({ operands: other }))).to.equal("BadProof(Root)");
      expect(await judge(right, stepProof(wrong, spot))).to.equal("BadProof(Root)");
    });
  });

  describe("one encoding", () => {
    const encoded = (): EncodedProof => encodeProof(stepProof(wrong, spot));
    const judgeBytes = async (change: (bytes: Uint8Array) => Uint8Array): Promise<string> => {
      const { kind, proof } = encoded();
      return judge(wrong, { kind, proof: change(proof) });
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
      // Offsets stand at words 9, 10, 13 and 14: descriptor, its path, the claimed opening, the operands.
      for (const at of [0, 9, 10, 13, 14]) {
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
        expect(await judge(wrong, { kind, proof: encoded().proof })).to.equal("BadProof(Encoding)");
      }
      expect(await judge(wrong, { kind: 4, proof: encoded().proof })).to.equal("BadProof(Kind)");
      expect(await judge(wrong, { kind: 0, proof: new Uint8Array(0) })).to.equal("BadProof(Encoding)");
    });

    it("a descriptor with an unused byte set is not under the program's root", async () => {
      const descriptor = stepProof(wrong, spot).proof.descriptor.slice();
      descriptor[5] = 1;
      expect(await judgeStep(() => ({ descriptor }))).to.equal("BadProof(Descriptor)");
      expect(await judgeStep((p) => ({ descriptor: p.descriptor.slice(0, 384) }))).to.equal("BadProof(Descriptor)");
    });
  });

  describe("starved of gas, the precompile of SHA-256 included", () => {
    const limits = Array.from({ length: 700 }, (_, i) => 500 + 173 * i);
    const verdictsOf = async (claim: ClaimFixture, proof: Proof): Promise<Verdict[]> => {
      const about = { facts: claim.facts, ...aimed(claim, FROM, encodeProof(proof)) };
      return fixture.judgeAll(limits.map((gas) => ({ ...about, gas })));
    };
    /** A call that ran out of gas gives no data; one whose hash call did says so where enough is left. */
    const STARVED = ["revert without data", "ShaUnavailable"];

    it("a right claim stays right", async () => {
      const fixedRoot = buildFixedRootProof(right.source(FROM), NODE.x);
      for (const proof of [stepProof(right, spot), { kind: "fixedRoot", proof: fixedRoot } as const]) {
        const errors = (await verdictsOf(right, proof)).map(errorOf);
        expect([...new Set(errors)])
          .to.include("NotWrong")
          .and.to.include("revert without data");
        expect(errors.filter((error) => error !== "NotWrong" && !STARVED.includes(error))).to.deep.equal([]);
      }
    });

    it("a wrong claim is judged as with all the gas in the world, or not at all", async () => {
      const full = await fixture.judge(wrong.facts, aimed(wrong, FROM, stepProof(wrong, spot)));
      const verdicts = await verdictsOf(wrong, stepProof(wrong, spot));
      const judged = verdicts.filter((verdict) => verdict.wrong);
      expect(judged.length).to.be.greaterThan(20);
      for (const verdict of judged) expect(verdict).to.deep.equal(full);
      const errors = verdicts.filter((verdict) => !verdict.wrong).map(errorOf);
      expect(errors.filter((error) => !STARVED.includes(error))).to.deep.equal([]);
    });
  });
});
