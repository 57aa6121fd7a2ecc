import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";

import { ROOT, sealCommitment } from "@orion/protocol/disputes";
import { buildStepProof, encodeProof, type EncodedProof } from "@orion/protocol/tensor";

import type { ClaimFixture } from "../../../support/claim-fixture.ts";
import {
  alterByte,
  deployDisputes,
  NODE,
  SALT,
  smallClaim,
  type DisputeFixture,
  type RecordedClaim,
} from "../../../support/dispute-fixture.ts";
import { nodeSha256 } from "../../../support/node-sha256.ts";

const ELEMENT = 70_000;

describe("DisputeManager proof", () => {
  let f: DisputeFixture;
  let wrong: ClaimFixture;
  let claim: RecordedClaim;
  let proof: EncodedProof;

  before(async () => {
    f = await deployDisputes();
    wrong = smallClaim(alterByte(1, NODE.roots, ELEMENT));
    const place = { shard: 5, node: NODE.roots, element: ELEMENT };
    proof = encodeProof({ kind: "step", proof: buildStepProof(wrong.source, place, nodeSha256) });
  });

  beforeEach(async () => {
    await f.reset();
    claim = await f.record(wrong);
  });

  const finder = async (): Promise<string> => (await f.disputes.outcome(f.market, claim.key)).prover;

  describe("seal", () => {
    it("remembers the block in which a commitment was first seen", async () => {
      const commitment = sealCommitment(claim.claimId, f.challenger.address, proof.proof, SALT);
      expect(await f.disputes.sealedAt(commitment)).to.equal(0);
      await expect(f.seal(claim, f.challenger, proof))
        .to.emit(f.disputes, "Sealed")
        .withArgs(commitment, f.challenger.address);
      const first = await f.ethers.provider.getBlockNumber();
      await f.disputes.connect(f.stranger).seal(commitment);
      expect(await f.disputes.sealedAt(commitment)).to.equal(first);
    });
  });

  describe("proveFraud", () => {
    it("ends the claim and says where it is wrong", async () => {
      const shown = wrong.source.claimed(1, NODE.roots)[ELEMENT]!;
      await f.seal(claim, f.challenger, proof);
      await expect(f.prove(claim, f.challenger, proof))
        .to.emit(f.disputes, "FraudProved")
        .withArgs(
          f.market.address,
          claim.key,
          f.challenger.address,
          f.challenger.address,
          proof.kind,
          NODE.roots,
          ELEMENT,
          shown,
          shown ^ 1,
        );
      expect((await f.disputes.outcome(f.market, claim.key)).fallen).to.equal(true);
      expect(await finder()).to.equal(f.challenger.address);
    });

    it("pays nobody without a seal", async () => {
      await f.prove(claim, f.challenger, proof);
      expect((await f.disputes.outcome(f.market, claim.key)).fallen).to.equal(true);
      expect(await finder()).to.equal(ZeroAddress);
    });

    it("pays nobody for a seal of the same block", async () => {
      await f.ethers.provider.send("evm_setAutomine", [false]);
      await f.seal(claim, f.challenger, proof);
      const sent = await f.prove(claim, f.challenger, proof);
      await f.helpers.mine(1);
      await f.ethers.provider.send("evm_setAutomine", [true]);
      const commitment = sealCommitment(claim.claimId, f.challenger.address, proof.proof, SALT);
      expect(await f.disputes.sealedAt(commitment)).to.equal((await sent.wait())?.blockNumber);
      expect((await f.disputes.outcome(f.market, claim.key)).fallen).to.equal(true);
      expect(await finder()).to.equal(ZeroAddress);
    });

    it("pays nobody who copies the proof, even after copying the seal", async () => {
      const commitment = sealCommitment(claim.claimId, f.challenger.address, proof.proof, SALT);
      await f.seal(claim, f.challenger, proof);
      await f.disputes.connect(f.stranger).seal(commitment);
      await f.helpers.mine(2);
      await f.prove(claim, f.stranger, proof);
      expect(await finder()).to.equal(ZeroAddress);
    });

    it("pays nobody for a seal with another salt, of another proof or for another claim", async () => {
      const other = await f.record(wrong);
      await f.seal(other, f.challenger, proof);
      await f.seal(claim, f.challenger, { ...proof, proof: proof.proof.slice(1) });
      await f.disputes
        .connect(f.challenger)
        .seal(sealCommitment(claim.claimId, f.challenger.address, proof.proof, ZeroHash));
      await f.helpers.mine(2);
      await f.prove(claim, f.challenger, proof);
      expect(await finder()).to.equal(ZeroAddress);
    });

    it("lets a cheat that proves itself first keep none of the finder's share", async () => {
      await f.seal(claim, f.challenger, proof);
      await f.prove(claim, f.worker, proof);
      expect(await finder()).to.equal(ZeroAddress);
      await expect(f.prove(claim, f.challenger, proof)).to.be.revertedWithCustomError(f.disputes, "ClaimOver");
    });

    it("takes one proof only, also of two in one block", async () => {
      await f.seal(claim, f.challenger, proof);
      await f.seal(claim, f.friend, proof);
      await f.ethers.provider.send("evm_setAutomine", [false]);
      const gasLimit = 2_000_000;
      const call = [f.market, claim.key, claim.facts, proof.kind, proof.proof, SALT] as const;
      const first = await f.disputes.connect(f.challenger).proveFraud(...call, { gasLimit, gasPrice: 10n ** 10n });
      const second = await f.disputes.connect(f.friend).proveFraud(...call, { gasLimit, gasPrice: 5n * 10n ** 9n });
      await f.helpers.mine(1);
      await f.ethers.provider.send("evm_setAutomine", [true]);
      expect((await f.ethers.provider.getTransactionReceipt(first.hash))?.status).to.equal(1);
      expect((await f.ethers.provider.getTransactionReceipt(second.hash))?.status).to.equal(0);
      expect(await finder()).to.equal(f.challenger.address);
    });

    it("works long after the window, until the claim is closed", async () => {
      await f.time.increase(365 * 86_400);
      await f.prove(claim, f.challenger, proof);
      const other = await f.record(wrong);
      await f.disputes.connect(f.market).closeClaim(other.key, f.worker);
      await expect(f.prove(other, f.challenger, proof))
        .to.be.revertedWithCustomError(f.disputes, "UnknownClaim")
        .withArgs(f.market.address, other.key);
    });

    it("works while demands are open", async () => {
      await f.demand(claim, ROOT);
      await f.prove(claim, f.challenger, proof);
      expect((await f.disputes.outcome(f.market, claim.key)).fallen).to.equal(true);
    });

    it("shows nothing about a right claim, or about this one under other facts", async () => {
      const right = await f.record(smallClaim());
      const place = { shard: 5, node: NODE.roots, element: ELEMENT };
      const empty = encodeProof({ kind: "step", proof: buildStepProof(smallClaim().source, place, nodeSha256) });
      await expect(f.prove(right, f.challenger, empty)).to.be.revertedWithCustomError(f.vm, "NotWrong");
      await expect(f.prove(right, f.challenger, proof)).to.be.revertedWithCustomError(f.vm, "BadProof");
      const facts = { ...right, facts: claim.facts };
      await expect(f.prove(facts, f.challenger, proof)).to.be.revertedWithCustomError(f.disputes, "WrongFacts");
      const elsewhere = f.disputes
        .connect(f.challenger)
        .proveFraud(f.stranger, claim.key, claim.facts, proof.kind, proof.proof, SALT);
      await expect(elsewhere).to.be.revertedWithCustomError(f.disputes, "UnknownClaim");
    });
  });
});
