import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { expect } from "chai";
import { ZeroAddress, ZeroHash, hexlify, id } from "ethers";

import {
  buildMissingLeafProof,
  buildStepProof,
  encodeProof,
  MerkleTree,
  pathIn,
  type Proof,
} from "@orion/protocol/tensor";

import {
  alterByte,
  deployDisputes,
  FROM,
  NODE,
  SALT,
  smallClaim,
  type DisputeFixture,
  type RecordedClaim,
} from "../../../support/dispute-fixture.ts";
import { nodeSha256 } from "../../../support/node-sha256.ts";

const SHARD = 1;
const BYTE = 6 * 1024 + 17;

describe("DisputeManager proofs", () => {
  let f: DisputeFixture;
  let claim: RecordedClaim;
  let wrong: ReturnType<typeof smallClaim>;
  let right: ReturnType<typeof smallClaim>;
  let proof: Proof;

  before(async () => {
    f = await deployDisputes();
    wrong = smallClaim(alterByte(SHARD, NODE.roots, BYTE));
    right = smallClaim();
    const place = { node: NODE.roots, element: BYTE };
    proof = { kind: "step", proof: buildStepProof(wrong.source(FROM + SHARD), place, nodeSha256) };
  });
  beforeEach(async () => {
    await f.reset();
    claim = await f.record(wrong);
  });

  const refused = (sending: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> => {
    const refusal = expect(sending).to.be.revertedWithCustomError(f.disputes, error);
    return args.length === 0 ? refusal : refusal.withArgs(...args);
  };
  const traced = async (of = claim, shard = SHARD): Promise<void> => {
    await f.demandTrace(of, shard);
    await f.respondTrace(of, shard);
  };
  const finder = async (of = claim): Promise<string> => (await f.disputes.outcome(f.market, of.key)).prover;

  it("end a claim against the root that its worker has answered, and against nothing before", async () => {
    await refused(
      f.prove(claim, SHARD, f.challenger, proof),
      "NotTraced",
      FROM + SHARD,
      hexlify(wrong.trace(FROM + SHARD).root),
    );
    await traced();
    await expect(f.prove(claim, SHARD, f.challenger, proof))
      .to.emit(f.disputes, "FraudProved")
      .withArgs(
        ...[f.market.address, claim.key, f.challenger.address, ZeroAddress, 0, FROM + SHARD, NODE.roots],
        ...[BYTE, anyValue, anyValue],
      );
    const { fallen } = await f.disputes.outcome(f.market, claim.key);
    expect(fallen).to.equal(1n);
    await refused(f.prove(claim, SHARD, f.challenger, proof), "ClaimOver");
  });

  it("against a root that was answered for another shard, or in another claim, are refused", async () => {
    await traced(claim, 0);
    await refused(f.prove(claim, SHARD, f.challenger, proof), "NotTraced");
    const other = await f.record(wrong);
    await traced(other);
    await refused(f.prove(claim, SHARD, f.challenger, proof), "NotTraced");
    const { kind, proof: bytes } = encodeProof(proof);
    const call = [f.market, claim.key, claim.facts] as const;
    const root = hexlify(wrong.trace(FROM).root);
    await refused(f.disputes.proveFraud(...call, FROM + 99, root, kind, bytes, SALT), "NoSuchShard", FROM + 99);
    await refused(f.disputes.proveFraud(...call, FROM, root, kind, bytes, SALT), "BadProof");
  });

  it("name no root only for a missing leaf of the tree over the shards", async () => {
    await traced();
    const { kind, proof: bytes } = encodeProof(proof);
    const call = [f.market, claim.key, claim.facts] as const;
    await refused(f.disputes.proveFraud(...call, 0, ZeroHash, kind, bytes, SALT), "NotTraced", 0, ZeroHash);
    const nodes = missingNode();
    const { kind: missing, proof: inNodes } = encodeProof(nodes);
    await refused(f.disputes.proveFraud(...call, 0, ZeroHash, missing, inNodes, SALT), "BadProof");
  });

  const missingNode = (): Proof => {
    const trace = wrong.trace(FROM + SHARD);
    const position = { tree: "nodes", level: 0, index: 5 } as const;
    const path = trace.path(position);
    const subtree = { tree: "nodes", node: 0, level: 0, index: 5, hash: trace.hash(position), path } as const;
    return { kind: "missingLeaf", proof: buildMissingLeafProof(wrong.program, subtree, nodeSha256) };
  };

  it("a missing leaf under the outputs root ends the claim without any trace", async () => {
    // Three shards: the fourth leaf must be empty.
    const leaves = [0, 1, 2].map((shard) => right.outputs.hash(0, shard));
    const padded = MerkleTree.fromLeaves([...leaves, nodeSha256.digest(new Uint8Array([1]))], nodeSha256);
    const lie = await f.record(right, { outputsRoot: padded.root });
    const subtree = {
      ...({ tree: "shards", node: 0, level: 0, index: 3 } as const),
      hash: padded.hash(0, 3),
      path: pathIn(padded, { level: 0, index: 3 }),
    };
    const missing: Proof = { kind: "missingLeaf", proof: buildMissingLeafProof(right.program, subtree, nodeSha256) };
    await expect(f.prove(lie, 0, f.challenger, missing)).to.emit(f.disputes, "FraudProved");
    const honest = await f.record(right);
    const none = { ...subtree, hash: right.outputs.hash(0, 3), path: pathIn(right.outputs, { level: 0, index: 3 }) };
    const empty: Proof = { kind: "missingLeaf", proof: buildMissingLeafProof(right.program, none, nodeSha256) };
    await expect(f.prove(honest, 0, f.challenger, empty)).to.be.revertedWithCustomError(f.vm, "NotWrong");
  });

  it("of a right step end nothing", async () => {
    const honest = await f.record(right);
    await traced(honest);
    const place = { node: NODE.roots, element: BYTE };
    const step: Proof = { kind: "step", proof: buildStepProof(right.source(FROM + SHARD), place, nodeSha256) };
    await expect(f.prove(honest, SHARD, f.challenger, step)).to.be.revertedWithCustomError(f.vm, "NotWrong");
  });

  describe("seals", () => {
    it("give the finder's share to who announced the proof in time, counted in seconds", async () => {
      await traced();
      await f.seal(claim, SHARD, f.challenger, proof);
      const sealed = await f.now();
      await f.at(sealed + f.profile.sealAge);
      await f.prove(claim, SHARD, f.challenger, proof);
      expect(await finder()).to.equal(f.challenger.address);
    });

    it("too young, another's or of another claim give it to nobody", async () => {
      await traced();
      await f.seal(claim, SHARD, f.challenger, proof);
      const sealed = await f.now();
      const young = await f.helpers.takeSnapshot();
      await f.at(sealed + f.profile.sealAge - 1);
      await f.prove(claim, SHARD, f.challenger, proof);
      expect(await finder()).to.equal(ZeroAddress);
      await young.restore();
      await f.at(sealed + 100);
      await f.prove(claim, SHARD, f.stranger, proof);
      expect(await finder()).to.equal(ZeroAddress);
    });

    it("keep their first time, and bind shard and root", async () => {
      await traced();
      await f.seal(claim, SHARD, f.challenger, proof);
      const first = await f.now();
      await f.time.increase(10);
      await f.seal(claim, SHARD, f.challenger, proof);
      const sealed = await f.disputes.queryFilter(f.disputes.filters.Sealed());
      const commitment = sealed[0]?.args.commitment ?? ZeroHash;
      expect(sealed[1]?.args.commitment).to.equal(commitment);
      expect(await f.disputes.sealedAt(commitment)).to.equal(BigInt(first));
      expect(await f.disputes.sealedAt(id("another"))).to.equal(0n);
    });
  });

  it("free the places in the queue that the claim's open demands held", async () => {
    await traced();
    await f.demandTrace(claim, 0);
    await f.demandTrace(claim, 2);
    expect((await f.disputes.queueOf(f.market, f.worker))[1]).to.equal(2n);
    await f.prove(claim, SHARD, f.challenger, proof);
    expect(await f.disputes.queueOf(f.market, f.worker)).to.deep.equal([BigInt(await f.now()), 0n]);
  });
});
