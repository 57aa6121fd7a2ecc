import { expect } from "chai";
import { concat, ZeroAddress, ZeroHash } from "ethers";

import { chunkPlace, nodePlace, ROOT, type Place } from "@orion/protocol/disputes";

import type { ClaimFixture } from "../../../support/claim-fixture.ts";
import {
  deployDisputes,
  NODE,
  smallClaim,
  type DisputeFixture,
  type RecordedClaim,
} from "../../../support/dispute-fixture.ts";
import { ProofFault } from "../../../support/proof-fault.ts";

describe("DisputeManager answer or silence", () => {
  let f: DisputeFixture;
  let fixture: ClaimFixture;
  let claim: RecordedClaim;
  let roots: Place;

  before(async () => {
    f = await deployDisputes();
    fixture = smallClaim();
  });

  beforeEach(async () => {
    await f.reset();
    claim = await f.record(fixture);
    roots = nodePlace(claim.shape, 1, NODE.roots);
  });

  const refused = (sending: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> =>
    expect(sending)
      .to.be.revertedWithCustomError(f.disputes, error)
      .withArgs(...args);
  const respondWith = (place: Place, data: string, hash = claim.hash(place)) =>
    f.disputes.connect(f.worker).respond(f.market, claim.key, place, hash, data);
  const notOpen = (sending: Promise<unknown>, place: Place): Promise<void> =>
    refused(sending, "NoOpenDemand", claim.claimId, claim.subject(place));

  describe("respond", () => {
    it("takes the children or the chunk at every kind of place, and publishes them", async () => {
      const chunk = chunkPlace(claim.shape, 1, NODE.roots, 17);
      const sums = nodePlace(claim.shape, 2, NODE.sums);
      for (const place of [ROOT, 4 + 1, roots, Math.floor(chunk / 2), chunk, sums]) {
        await f.demand(claim, place);
        await expect(f.respond(claim, place))
          .to.emit(f.disputes, "Answered")
          .withArgs(f.market.address, claim.key, f.worker.address, place, claim.hash(place), claim.answer(place));
        expect((await f.disputes.outcome(f.market, claim.key)).open).to.equal(0);
      }
    });

    it("remembers the answer and its time, and holds settlement for the next step", async () => {
      await f.demand(claim, roots);
      await f.respond(claim, roots);
      const now = await f.now();
      expect(await f.disputes.isAnswered(claim.hash(roots), 7)).to.equal(true);
      expect((await f.disputes.demandOf(f.market, claim.key, claim.subject(roots))).time).to.equal(now);
      const { holdUntil } = await f.disputes.outcome(f.market, claim.key);
      expect(holdUntil).to.equal(now + f.profile.descendPeriod);
    });

    it("takes the right answer from anybody", async () => {
      await f.demand(claim, roots);
      await f.respond(claim, roots, f.stranger);
    });

    it("refuses answers that do not hash to what was demanded", async () => {
      const chunk = chunkPlace(claim.shape, 1, NODE.roots, 17);
      await f.demand(claim, roots);
      await f.demand(claim, chunk, { value: 2n * f.price });
      const swapped = `0x${claim.answer(roots).slice(66)}${claim.answer(roots).slice(2, 66)}`;
      await expect(respondWith(roots, swapped)).to.be.revertedWithCustomError(f.disputes, "WrongAnswer");
      const others = claim.answer(nodePlace(claim.shape, 2, NODE.roots));
      await expect(respondWith(roots, others)).to.be.revertedWithCustomError(f.disputes, "WrongAnswer");
      const neighbour = claim.answer(chunk + 1);
      await expect(respondWith(chunk, neighbour)).to.be.revertedWithCustomError(f.disputes, "WrongAnswer");
    });

    it("refuses answers that are too short or too long", async () => {
      const chunk = chunkPlace(claim.shape, 1, NODE.roots, 17);
      await f.demand(claim, roots);
      await f.demand(claim, chunk, { value: 2n * f.price });
      const right = claim.answer(roots);
      await refused(respondWith(roots, right.slice(0, -64)), "WrongLength", 127 * 32, 128 * 32);
      await refused(respondWith(roots, right.slice(0, -2)), "WrongLength", 128 * 32 - 1, 128 * 32);
      await refused(respondWith(roots, concat([right, ZeroHash])), "WrongLength", 129 * 32, 128 * 32);
      await refused(respondWith(roots, "0x"), "WrongLength", 0, 128 * 32);
      for (const wrong of [claim.answer(chunk).slice(0, -2), `${claim.answer(chunk)}00`, "0x"]) {
        await refused(respondWith(chunk, wrong), "BadProof", ProofFault.Chunks);
      }
    });

    it("refuses the same content split at another level", async () => {
      await f.demand(claim, roots);
      const [left, right] = [claim.hash(2 * roots), claim.hash(2 * roots + 1)];
      await refused(respondWith(roots, concat([left, right])), "WrongLength", 64, 128 * 32);
    });

    it("is in time at the deadline and too late a second after", async () => {
      await f.demand(claim, roots);
      const deadline = (await f.now()) + f.profile.answerPeriod;
      await f.time.setNextBlockTimestamp(deadline);
      await f.respond(claim, roots);
      await f.demand(claim, ROOT);
      const next = (await f.now()) + f.profile.answerPeriod;
      await f.time.setNextBlockTimestamp(next + 1);
      await refused(f.respond(claim, ROOT), "TooLate", next);
    });

    it("refuses what nobody demanded, what was demanded elsewhere, and a second answer", async () => {
      await notOpen(f.respond(claim, roots), roots);
      const other = await f.record(fixture);
      await f.demand(other, roots);
      await notOpen(f.respond(claim, roots), roots);
      await f.demand(claim, roots);
      await f.respond(claim, roots);
      await notOpen(f.respond(claim, roots), roots);
      expect((await f.disputes.outcome(f.market, other.key)).open).to.equal(1);
    });

    it("refuses a right hash at a wrong place", async () => {
      await f.demand(claim, roots);
      const subject = await f.disputes.subjectOf(roots + 2, claim.hash(roots));
      const sending = respondWith(roots + 2, claim.answer(roots), claim.hash(roots));
      await refused(sending, "NoOpenDemand", claim.claimId, subject);
    });

    it("refuses an answer to a claim that has fallen", async () => {
      await f.demand(claim, roots);
      await f.time.increase(f.profile.answerPeriod);
      await f.demand(claim, ROOT, { value: 2n * f.price });
      await f.time.increase(1);
      await f.disputes.timeout(f.market, claim.key, claim.subject(roots));
      await notOpen(f.respond(claim, ROOT), ROOT);
    });

    it("decides nothing when it is starved of gas", async () => {
      await f.demand(claim, roots);
      const call = [f.market, claim.key, roots, claim.hash(roots), claim.answer(roots)] as const;
      const judge = f.disputes.connect(f.worker);
      const enough = await judge.respond.estimateGas(...call);
      let starved = 0;
      for (let gasLimit = (enough * 7n) / 10n; ; gasLimit += enough / 50n) {
        const receipt = await judge
          .respond(...call, { gasLimit })
          .then((sent) => sent.wait())
          .catch(() => undefined);
        const { open } = await f.disputes.outcome(f.market, claim.key);
        expect(open).to.equal(receipt?.status === 1 ? 0n : 1n);
        if (receipt?.status === 1) break;
        starved += 1;
      }
      expect(starved).to.be.at.least(5);
    });
  });

  describe("timeout", () => {
    it("waits until the deadline has passed", async () => {
      await f.demand(claim, roots);
      const deadline = (await f.now()) + f.profile.answerPeriod;
      await f.time.setNextBlockTimestamp(deadline);
      await refused(f.disputes.timeout(f.market, claim.key, claim.subject(roots)), "NotYet", deadline);
      await f.time.setNextBlockTimestamp(deadline + 1);
      await f.disputes.timeout(f.market, claim.key, claim.subject(roots));
    });

    it("ends the claim; the finder is who paid, whoever calls", async () => {
      await f.demand(claim, roots);
      await f.time.increase(f.profile.answerPeriod + 1);
      const subject = claim.subject(roots);
      await expect(f.disputes.connect(f.stranger).timeout(f.market, claim.key, subject))
        .to.emit(f.disputes, "TimedOut")
        .withArgs(f.market.address, claim.key, subject, f.challenger.address, f.stranger.address);
      const outcome = await f.disputes.outcome(f.market, claim.key);
      expect([outcome.fallen, outcome.prover, outcome.open]).to.deep.equal([true, f.challenger.address, 0n]);
    });

    it("does nothing to what was answered, never demanded or has fallen", async () => {
      const timeout = (place: Place): Promise<unknown> => f.disputes.timeout(f.market, claim.key, claim.subject(place));
      await f.demand(claim, roots);
      await f.demand(claim, ROOT, { value: 2n * f.price });
      await f.demand(claim, 4 + 2, { value: 2n * f.price, from: f.friend });
      await f.respond(claim, roots);
      await f.time.increase(f.profile.answerPeriod + 1);
      await notOpen(timeout(roots), roots);
      await notOpen(timeout(4), 4);
      await timeout(ROOT);
      await notOpen(timeout(ROOT), ROOT);
      await notOpen(timeout(4 + 2), 4 + 2);
      expect((await f.disputes.outcome(f.market, claim.key)).prover).to.equal(f.challenger.address);
    });

    it("does not touch another claim of the same content", async () => {
      const other = await f.record(fixture);
      await f.demand(claim, roots);
      await f.demand(other, roots);
      await f.respond(other, roots);
      await f.time.increase(f.profile.answerPeriod + 1);
      await f.disputes.timeout(f.market, claim.key, claim.subject(roots));
      expect((await f.disputes.outcome(f.market, other.key)).fallen).to.equal(false);
    });
  });

  it("leaves claims of other markets alone", async () => {
    await f.demand(claim, roots);
    const subject = claim.subject(roots);
    const foreign = await f.disputes.claimIdOf(f.stranger, claim.key);
    await f.time.increase(f.profile.answerPeriod + 1);
    await refused(f.disputes.timeout(f.stranger, claim.key, subject), "NoOpenDemand", foreign, subject);
    expect(await f.disputes.outcome(f.stranger, claim.key)).to.deep.equal([ZeroAddress, 0n, false, false, 0n]);
  });
});
