import { expect } from "chai";
import { ZeroHash, id } from "ethers";

import { CU, deployMarketFixture, type MarketFixture } from "../../../support/market-fixture.ts";
import { MANIFEST, marketSteps, type MarketSteps } from "../../../support/market-steps.ts";

const [EXISTS, PUBLISHED, CANCELLED, TIPPED] = [1n, 2n, 4n, 8n];

describe("JobMarket: manifests, tips, cancellation, results", () => {
  let f: MarketFixture;
  let steps: MarketSteps;

  before(async () => {
    f = await deployMarketFixture();
    steps = marketSteps(f);
  });
  afterEach(() => f.reset());

  describe("publishManifest", () => {
    it("by the named keeper in time earns the fee and stamps the job", async () => {
      const job = await steps.post();
      const publishing = await steps.publish(job);
      await expect(publishing)
        .to.emit(f.market, "ManifestPublished")
        .withArgs(job.id, f.keeper.address, MANIFEST, true);
      const slot = await f.market.job(job.id);
      expect(slot.flags).to.equal(EXISTS | PUBLISHED);
      expect(slot.stampedAt).to.equal(BigInt((await publishing.getBlock())?.timestamp ?? 0));
    });

    it("earns in the last second of the period, not after it", async () => {
      const [first, second] = [await steps.post(), await steps.post()];
      const end = (await f.market.job(second.id)).stampedAt + BigInt(f.parameters.fast.manifestPeriod);
      await f.time.setNextBlockTimestamp(
        (await f.market.job(first.id)).stampedAt + BigInt(f.parameters.fast.manifestPeriod),
      );
      await expect(steps.publish(first))
        .to.emit(f.market, "ManifestPublished")
        .withArgs(first.id, f.keeper.address, MANIFEST, true);
      await f.time.setNextBlockTimestamp(end + 1n);
      await expect(steps.publish(second))
        .to.emit(f.market, "ManifestPublished")
        .withArgs(second.id, f.keeper.address, MANIFEST, false);
      expect((await f.market.job(second.id)).flags).to.equal(EXISTS);
    });

    it("by anyone else is an event and no more: the keeper's fee cannot be stolen by publishing first", async () => {
      const job = await steps.post();
      await expect(f.market.connect(f.stranger).publishManifest(job.terms, id("copy")))
        .to.emit(f.market, "ManifestPublished")
        .withArgs(job.id, f.stranger.address, id("copy"), false);
      expect((await f.market.job(job.id)).flags).to.equal(EXISTS);
      await steps.publish(job);
      await steps.work(job, f.workers[0]);
      await steps.passWindow();
      await expect(steps.settle(job)).to.changeTokenBalances(
        f.ethers,
        f.credits,
        [f.keeper, f.stranger],
        [job.terms.keeperFee, 0n],
      );
    });

    it("nor by republishing: a second manifest, the keeper's included, changes nothing", async () => {
      const job = await steps.post();
      await steps.publish(job);
      const before = await f.market.job(job.id);
      await expect(f.market.connect(f.stranger).publishManifest(job.terms, id("copy"))).to.emit(
        f.market,
        "ManifestPublished",
      );
      await expect(f.market.connect(f.keeper).publishManifest(job.terms, id("again")))
        .to.emit(f.market, "ManifestPublished")
        .withArgs(job.id, f.keeper.address, id("again"), false);
      expect(await f.market.job(job.id)).to.deep.equal(before);
    });

    it("earns nothing once the job is cancelled", async () => {
      const job = await steps.post();
      await steps.cancel(job);
      await expect(steps.publish(job))
        .to.emit(f.market, "ManifestPublished")
        .withArgs(job.id, f.keeper.address, MANIFEST, false);
    });

    it("refuses an unknown job and an empty manifest", async () => {
      const job = await steps.post();
      await expect(f.market.publishManifest(f.terms(), MANIFEST)).to.be.revertedWithCustomError(f.market, "UnknownJob");
      await expect(f.market.connect(f.keeper).publishManifest(job.terms, ZeroHash)).to.be.revertedWithCustomError(
        f.market,
        "ZeroRoot",
      );
    });
  });

  describe("addTip", () => {
    it("takes the amount, from anyone, and announces it", async () => {
      const job = await steps.post();
      const tipping = steps.tip(job, CU);
      await expect(tipping).to.emit(f.market, "TipAdded").withArgs(job.id, f.poster.address, CU);
      await expect(tipping).to.changeTokenBalances(f.ethers, f.credits, [f.poster, f.market], [-CU, CU]);
      expect(await f.market.tipPot(job.id)).to.equal(CU);
      expect((await f.market.job(job.id)).flags).to.equal(EXISTS | TIPPED);
      expect((await f.market.job(job.id)).remainingEscrow).to.equal(job.terms.pricePerShard + job.terms.keeperFee);
    });

    it("is shared by the shards that are not settled yet, and the shares sum exactly", async () => {
      const job = await steps.post({ shards: 7, shardsPerClaim: 3 });
      await steps.work(job, f.workers[0], [0, 1, 2]);
      await steps.passWindow();
      const paid: bigint[] = [];
      const settleUnit = async (unit: number): Promise<void> => {
        await steps.settle(job, [unit]);
        const [event] = await f.market.queryFilter(f.market.filters.UnitSettled(job.id), "latest");
        paid.push(event?.args.tip ?? 0n);
      };
      await steps.tip(job, 101n);
      await settleUnit(1);
      await steps.tip(job, 1n);
      await settleUnit(2);
      await settleUnit(0);
      // 101·3/7 = 43; (58 + 1)·1/4 = 14; the rest.
      expect(paid).to.deep.equal([43n, 14n, 45n]);
      expect(await f.market.tipPot(job.id)).to.equal(0n);
      expect(await f.credits.balanceOf(f.market)).to.equal(0n);
    });

    it("of one base unit goes to the last shard alone", async () => {
      const job = await steps.post({ shards: 2, shardsPerClaim: 1 });
      await steps.tip(job, 1n);
      await steps.work(job, f.workers[0], [0, 1]);
      await steps.passWindow();
      await steps.settle(job, [0]);
      expect(await f.market.tipPot(job.id)).to.equal(1n);
      await steps.settle(job, [1]);
      expect(await f.market.tipPot(job.id)).to.equal(0n);
    });

    it("never grows a pot beyond 96 bits", async () => {
      const job = await steps.post();
      const tooMuch = 2n ** 96n - 1n;
      await steps.tip(job, 1n);
      await expect(steps.tip(job, tooMuch))
        .to.be.revertedWithCustomError(f.market, "EscrowTooLarge")
        .withArgs(2n ** 96n);
    });

    it("refuses nothing, unknown, cancelled and finished jobs", async () => {
      const job = await steps.post();
      await expect(steps.tip(job, 0n)).to.be.revertedWithCustomError(f.market, "ZeroAmount");
      await expect(f.market.addTip(f.terms(), 1n)).to.be.revertedWithCustomError(f.market, "UnknownJob");
      await steps.work(job, f.workers[0]);
      await steps.passWindow();
      await steps.settle(job);
      await expect(steps.tip(job, 1n)).to.be.revertedWithCustomError(f.market, "JobIsFinished").withArgs(job.id);
      const cancelled = await steps.post({ shards: 2, shardsPerClaim: 1 });
      await steps.claim(cancelled, f.workers[0], [0]);
      await steps.cancel(cancelled);
      await expect(steps.tip(cancelled, 1n))
        .to.be.revertedWithCustomError(f.market, "JobIsCancelled")
        .withArgs(cancelled.id);
    });
  });

  describe("cancel", () => {
    it("refunds all free shards and their share of the tips", async () => {
      const job = await steps.post({ shards: 10, shardsPerClaim: 4 });
      await steps.tip(job, 100n);
      await steps.claim(job, f.workers[0], [0]);
      const refund = 6n * (job.terms.pricePerShard + job.terms.keeperFee);
      const cancelling = steps.cancel(job);
      await expect(cancelling).to.emit(f.market, "JobCancelled").withArgs(job.id, refund, 60n, 0n);
      await expect(cancelling).to.changeTokenBalances(f.ethers, f.credits, [f.poster, f.keeper], [refund + 60n, 0n]);
      const slot = await f.market.job(job.id);
      expect([slot.unclaimed, slot.unsettled, slot.flags]).to.deep.equal([0n, 4n, EXISTS | CANCELLED | TIPPED]);
      expect(slot.remainingEscrow).to.equal(4n * (job.terms.pricePerShard + job.terms.keeperFee));
    });

    it("leaves the keeper a tenth of its fee once it has published", async () => {
      const job = await steps.post({ shards: 10, shardsPerClaim: 4, keeperFee: 33n });
      await steps.publish(job);
      const refund = 10n * (job.terms.pricePerShard + 33n) - 33n;
      const cancelling = steps.cancel(job);
      await expect(cancelling).to.emit(f.market, "JobCancelled").withArgs(job.id, refund, 0n, 33n);
      await expect(cancelling).to.changeTokenBalances(
        f.ethers,
        f.credits,
        [f.poster, f.keeper, f.market],
        [refund, 33n, -refund - 33n],
      );
    });

    it("racing a claim refunds only what is still free; the claimed unit is computed and paid", async () => {
      const job = await steps.post({ shards: 2, shardsPerClaim: 1 });
      await steps.claim(job, f.workers[0], [1]);
      await steps.cancel(job);
      await expect(steps.claim(job, f.workers[1], [0])).to.be.revertedWithCustomError(f.market, "JobIsCancelled");
      await steps.commit(job, f.workers[0], 1);
      await steps.passWindow();
      await expect(steps.settle(job, [1])).to.changeTokenBalance(
        f.ethers,
        f.credits,
        f.workers[0],
        job.terms.pricePerShard + job.terms.keeperFee,
      );
      expect(await f.credits.balanceOf(f.market)).to.equal(0n);
    });

    it("refunds a unit that returns later, with its tips", async () => {
      const job = await steps.post({ shards: 2, shardsPerClaim: 1 });
      await steps.tip(job, 9n);
      await steps.claim(job, f.workers[0], [1]);
      await steps.cancel(job);
      await steps.passClaimPeriod();
      const refund = job.terms.pricePerShard + job.terms.keeperFee;
      const expiring = steps.expire(job, [1]);
      await expect(expiring).to.emit(f.market, "UnitRefunded").withArgs(job.id, 1, refund, 5n);
      await expect(expiring).to.changeTokenBalance(f.ethers, f.credits, f.poster, refund + 5n);
      expect(await f.credits.balanceOf(f.market)).to.equal(0n);
      expect(await f.market.tipPot(job.id)).to.equal(0n);
    });

    it("goes on while the market is paused", async () => {
      const job = await steps.post();
      await f.market.setPaused(true);
      await expect(steps.cancel(job)).to.emit(f.market, "JobCancelled");
    });

    it("is the poster's alone, once, of a known job", async () => {
      const job = await steps.post();
      await expect(f.market.connect(f.stranger).cancel(job.terms))
        .to.be.revertedWithCustomError(f.market, "NotPoster")
        .withArgs(f.stranger.address, f.poster.address);
      await steps.cancel(job);
      await expect(steps.cancel(job)).to.be.revertedWithCustomError(f.market, "JobIsCancelled").withArgs(job.id);
      await expect(f.market.connect(f.poster).cancel(f.terms())).to.be.revertedWithCustomError(f.market, "UnknownJob");
    });

    it("of a job whose every unit is settled refunds nothing", async () => {
      const job = await steps.post();
      await steps.work(job, f.workers[0]);
      await steps.passWindow();
      await steps.settle(job);
      await expect(steps.cancel(job)).to.emit(f.market, "JobCancelled").withArgs(job.id, 0n, 0n, 0n);
    });
  });

  describe("publishResult", () => {
    it("announces a result of a known job, by anyone", async () => {
      const job = await steps.post();
      await expect(f.market.connect(f.stranger).publishResult(job.id, id("root"), id("result")))
        .to.emit(f.market, "ResultPublished")
        .withArgs(job.id, f.stranger.address, id("root"), id("result"));
      await expect(f.market.publishResult(id("nothing"), id("root"), id("result")))
        .to.be.revertedWithCustomError(f.market, "UnknownJob")
        .withArgs(id("nothing"));
    });
  });
});
