import { expect } from "chai";
import { id, ZeroHash } from "ethers";

import { nodePlace, ROOT, type Place } from "@orion/protocol/disputes";

import type { ClaimFixture } from "../../../support/claim-fixture.ts";
import {
  deployDisputes,
  NODE,
  smallClaim,
  type DisputeFixture,
  type RecordedClaim,
} from "../../../support/dispute-fixture.ts";

describe("DisputeManager end of a claim", () => {
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

  const subjects = (): string[] => [claim.subject(ROOT), claim.subject(roots)];
  const give = (list: string[]) => f.disputes.connect(f.stranger).returnPrepayments(f.market, claim.key, list);
  const balances = async (): Promise<bigint[]> =>
    await Promise.all([f.worker, f.challenger, f.friend].map((account) => f.disputes.balanceOf(account)));

  /** Two demands by two payers; the second is dearer. */
  async function demandTwice(): Promise<bigint> {
    await f.demand(claim, ROOT);
    const second = (f.price * 9n) / 8n;
    await f.demand(claim, roots, { from: f.friend, value: second });
    return second;
  }

  async function closed(): Promise<bigint> {
    const second = await demandTwice();
    for (const place of [ROOT, roots]) await f.respond(claim, place);
    await f.time.increase(f.profile.descendPeriod + 1);
    await f.disputes.connect(f.market).closeClaim(claim.key, f.worker);
    return second;
  }

  async function fallen(): Promise<bigint> {
    const second = await demandTwice();
    await f.respond(claim, ROOT);
    await f.time.increase(f.profile.answerPeriod + 1);
    await f.disputes.timeout(f.market, claim.key, claim.subject(roots));
    return second;
  }

  describe("closeClaim", () => {
    it("forgets the facts, and nobody can challenge any more", async () => {
      await closed();
      expect(await f.disputes.factsHash(f.market, claim.key)).to.equal(ZeroHash);
      const outcome = await f.disputes.outcome(f.market, claim.key);
      expect([outcome.closed, outcome.fallen, outcome.prover]).to.deep.equal([true, false, f.worker.address]);
    });

    it("writes no outcome for a claim that nobody challenged", async () => {
      await f.disputes.connect(f.market).closeClaim(claim.key, f.worker);
      expect((await f.disputes.outcome(f.market, claim.key)).closed).to.equal(false);
      expect(await f.disputes.factsHash(f.market, claim.key)).to.equal(ZeroHash);
    });

    it("is the own market's alone", async () => {
      await f.disputes.connect(f.stranger).closeClaim(claim.key, f.stranger);
      await f.disputes.requireFacts(f.market, claim.key, claim.facts);
    });
  });

  describe("returnPrepayments", () => {
    it("gives a closed claim's to the worker, each at the price that was paid", async () => {
      const second = await closed();
      await expect(give(subjects()))
        .to.emit(f.disputes, "PrepaymentReturned")
        .withArgs(f.market.address, claim.key, claim.subject(ROOT), f.worker.address, f.price)
        .and.to.emit(f.disputes, "PrepaymentReturned")
        .withArgs(f.market.address, claim.key, claim.subject(roots), f.worker.address, second);
      expect(await balances()).to.deep.equal([f.price + second, 0n, 0n]);
      expect(await f.ethers.provider.getBalance(f.disputes)).to.equal(f.price + second);
    });

    it("gives a fallen claim's back to those who paid, answered or not", async () => {
      const second = await fallen();
      await give(subjects());
      expect(await balances()).to.deep.equal([0n, f.price, second]);
    });

    it("pays once, and skips what was never demanded", async () => {
      await closed();
      const list = [...subjects(), ...subjects(), id("unknown")];
      await give(list);
      await expect(give(list)).not.to.emit(f.disputes, "PrepaymentReturned");
      const [worker] = await balances();
      expect(worker).to.equal(await f.ethers.provider.getBalance(f.disputes));
    });

    it("waits for the end of the claim", async () => {
      await demandTwice();
      await expect(give(subjects()))
        .to.be.revertedWithCustomError(f.disputes, "ClaimNotOver")
        .withArgs(f.market.address, claim.key);
    });
  });

  describe("withdraw", () => {
    it("sends the whole balance where its owner wants it, once", async () => {
      const second = await fallen();
      await give(subjects());
      const to = f.stranger.address;
      await expect(f.disputes.connect(f.friend).withdraw(to)).to.changeEtherBalances(
        f.ethers,
        [f.disputes, f.stranger],
        [-second, second],
      );
      expect(await f.disputes.balanceOf(f.friend)).to.equal(0);
      await expect(f.disputes.connect(f.friend).withdraw(to))
        .to.be.revertedWithCustomError(f.disputes, "NothingToWithdraw")
        .withArgs(f.friend.address);
    });

    it("announces what it paid", async () => {
      await f.demand(claim, ROOT, { value: f.price + 3n });
      await expect(f.disputes.connect(f.challenger).withdraw(f.stranger))
        .to.emit(f.disputes, "Withdrawn")
        .withArgs(f.challenger.address, f.stranger.address, 3);
    });

    it("fails alone where the receiver refuses: the balance stays, and nobody else waits", async () => {
      await fallen();
      await give(subjects());
      const refusing = await f.disputes.getAddress();
      await expect(f.disputes.connect(f.challenger).withdraw(refusing))
        .to.be.revertedWithCustomError(f.disputes, "PaymentRefused")
        .withArgs(refusing);
      expect(await f.disputes.balanceOf(f.challenger)).to.equal(f.price);
      await f.disputes.connect(f.friend).withdraw(f.friend);
      await f.disputes.connect(f.challenger).withdraw(f.challenger);
      expect(await f.ethers.provider.getBalance(f.disputes)).to.equal(0);
    });
  });
});
