import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { escrowOf } from "@orion/protocol/chain";

import { MAX_UINT128 } from "../../../support/credits-fixture.ts";
import { mintFee } from "../../../support/credits-maths.ts";
import { CU, DAY, FAST, ORION, deployMarketFixture, type MarketFixture } from "../../../support/market-fixture.ts";
import { marketSteps, type MarketSteps } from "../../../support/market-steps.ts";
import { MINTED, fundMints, postMinted } from "../../../support/minted-jobs.ts";

/** ORION per CU that the local parameters set. */
const FLOOR = 2n * ORION;
const TERM = 10 * DAY;

describe("ComputeCredits: credits minted for a job", () => {
  let f: MarketFixture;
  let steps: MarketSteps;

  before(async () => {
    f = await deployMarketFixture();
    steps = marketSteps(f);
  });
  beforeEach(() => fundMints(f));
  afterEach(() => f.reset());

  it("go into the escrow in the transaction that posts it, against a position of the poster", async () => {
    const terms = f.terms({ options: MINTED, shards: 3 });
    const escrow = escrowOf(terms);
    const lock = (escrow * FLOOR) / CU;
    const { quota } = await f.credits.dailyJobQuota();
    const fee = mintFee(lock, BigInt(TERM), { quota, before: 0n, amount: escrow });
    expect(await f.credits.quoteMintForJob(escrow, TERM)).to.deep.equal([lock, fee]);
    const minting = await f.credits.connect(f.poster).mintForJob(terms, TERM, lock + fee);
    const id = await f.credits.positions();
    const jobId = await f.market.jobIdOf(terms);
    await expect(minting).to.changeTokenBalances(
      f.ethers,
      f.credits,
      [f.market, f.credits, f.poster],
      [escrow, 0n, 0n],
    );
    await expect(minting).to.changeTokenBalances(f.ethers, f.orion, [f.poster, f.credits], [-lock - fee, lock]);
    await expect(minting)
      .to.emit(f.credits, "JobCreditsMinted")
      .withArgs(jobId, id, f.poster.address, escrow)
      .and.to.emit(f.market, "JobPosted");
    expect(await f.credits.jobCredits(jobId)).to.deep.equal([f.poster.address, escrow, id]);
    expect((await f.credits.position(id)).owner).to.equal(f.poster.address);
    expect((await f.market.job(jobId)).remainingEscrow).to.equal(escrow);
  });

  it("take nothing from the hour's quota but from five of them a day", async () => {
    const { quota: hourly, minted } = await f.credits.hourlyQuota();
    const two = { pricePerShard: 2n * hourly, keeper: ZeroAddress, keeperFee: 0n };
    await postMinted(f, two);
    expect((await f.credits.hourlyQuota()).minted).to.equal(minted);
    expect(await f.credits.dailyJobQuota()).to.deep.equal([5n * hourly, 2n * hourly]);
    await expect(postMinted(f, { ...two, pricePerShard: 3n * hourly + 1n }))
      .to.be.revertedWithCustomError(f.credits, "QuotaExceeded")
      .withArgs(5n * hourly + 1n, 5n * hourly);
    // The days of the clock, in UTC.
    await f.time.increaseTo((Math.floor((await f.time.latest()) / DAY) + 1) * DAY);
    expect((await f.credits.dailyJobQuota()).minted).to.equal(0n);
  });

  it("obey what every mint and every post obeys", async () => {
    const terms = f.terms({ options: MINTED });
    const credits = f.credits.connect(f.poster);
    const refused = async (
      error: string,
      from: { interface: MarketFixture["market"]["interface"] | typeof f.credits.interface },
      change = {},
      term = TERM,
      maxCost = MAX_UINT128,
    ): Promise<void> => {
      const minting = credits.mintForJob({ ...terms, ...change }, term, maxCost);
      await expect(minting, error).to.be.revertedWithCustomError(from, error);
    };
    await refused("TermOutOfBounds", f.credits, {}, 30 * DAY + 1);
    await refused("CostAboveLimit", f.credits, {}, TERM, 1n);
    await refused("CapExceeded", f.credits, { pricePerShard: f.parameters.creditsBootstrapCap });
    await refused("EscrowTooLarge", f.market, { shards: 2, rows: 2n, pricePerShard: 2n ** 96n - 1n });
    await refused("NotPoster", f.market, { poster: f.stranger.address });
    await refused("BadOptions", f.market, { options: FAST });
    await refused("BelowPar", f.market, { pricePerShard: 1n });
    await f.credits.setPaused(true);
    await refused("MintingPaused", f.credits);
    await f.credits.setPaused(false);
    await f.market.setPaused(true);
    await refused("MarketPaused", f.market);
    await f.market.setPaused(false);
    await credits.mintForJob(terms, TERM, MAX_UINT128);
    await refused("JobExists", f.market);
  });

  it("name their market once, by the deployer or the owner, and mint nothing before", async () => {
    await expect(f.credits.setMarket(f.market)).not.to.emit(f.credits, "MarketSet");
    await expect(f.credits.setMarket(f.dex)).to.be.revertedWithCustomError(f.credits, "MarketIsSet").withArgs(f.market);
    const p = f.parameters;
    const caps = [p.creditsFloor, p.creditsCap, p.creditsBootstrapCap, p.creditsMinDepth] as const;
    const fresh = await f.ethers.deployContract("ComputeCredits", [f.orion, f.dex, f.poster, f.owner, ...caps]);
    await expect(fresh.connect(f.poster).mintForJob(f.terms({ options: MINTED }), TERM, MAX_UINT128))
      .to.be.revertedWithCustomError(fresh, "NotMarket")
      .withArgs(ZeroAddress);
    await expect(fresh.connect(f.stranger).setMarket(f.market))
      .to.be.revertedWithCustomError(fresh, "NotDeployer")
      .withArgs(f.stranger.address);
    await expect(fresh.connect(f.poster).setMarket(f.market)).to.emit(fresh, "MarketSet").withArgs(f.market);
    await expect(fresh.setMarket(f.market)).not.to.emit(fresh, "MarketSet");
  });

  it("refunded burn against their position, whose owner gets that part of the lock: none of them gets free", async () => {
    const job = await postMinted(f, { shards: 4, shardsPerClaim: 1 });
    const each = job.terms.pricePerShard + job.terms.keeperFee;
    await steps.claim(job, f.workers[0], [0]);
    const cancelling = steps.cancel(job);
    await expect(cancelling)
      .to.emit(f.credits, "RefundCredited")
      .withArgs(job.id, job.position, 3n * each)
      .and.to.emit(f.market, "JobCancelled")
      .withArgs(job.id, 3n * each, 0n, 0n);
    const lock = (each * FLOOR) / CU;
    await expect(cancelling)
      .to.emit(f.credits, "PositionRedeemed")
      .withArgs(job.position, 3n * each, 3n * lock, each, lock);
    await expect(cancelling).to.changeTokenBalances(
      f.ethers,
      f.credits,
      [f.market, f.poster, f.credits],
      [-3n * each, 0n, 0n],
    );
    await expect(cancelling).to.changeTokenBalance(f.ethers, f.orion, f.poster, 3n * lock);
    // The unit under way comes back later.
    await steps.passClaimPeriod();
    await expect(steps.expire(job)).to.changeTokenBalances(f.ethers, f.credits, [f.market, f.poster], [-each, 0n]);
    expect((await f.credits.position(job.position)).debt).to.equal(0n);
    expect(await f.credits.owed(job.id, f.poster)).to.deep.equal([0n, 0n]);
  });

  it("refunded beyond what the position still owes are paid to the poster a day after, by anyone", async () => {
    const job = await postMinted(f, { shards: 4, shardsPerClaim: 1 }, 1);
    const each = job.terms.pricePerShard + job.terms.keeperFee;
    await steps.claim(job, f.workers[0], [0]);
    // Somebody delivers half of the debt after the term.
    await f.credits.connect(f.poster).transfer(f.stranger, 2n * each);
    await f.credits.connect(f.stranger).deliver(job.position, 2n * each);
    const cancelling = steps.cancel(job);
    await expect(cancelling).to.changeTokenBalances(
      f.ethers,
      f.credits,
      [f.market, f.credits, f.poster],
      [-3n * each, each, 0n],
    );
    const { amount, dueAt } = await f.credits.owed(job.id, f.poster);
    expect([amount, dueAt]).to.deep.equal([each, BigInt(await f.time.latest()) + BigInt(DAY)]);
    await expect(cancelling).to.emit(f.credits, "OwedLater").withArgs(job.id, f.poster.address, each, dueAt);
    await expect(f.credits.payOwed(job.id, f.poster))
      .to.be.revertedWithCustomError(f.credits, "NotDue")
      .withArgs(job.id, f.poster.address, dueAt);
    // Of a position that is gone nothing burns at all; what comes later moves the day.
    await steps.passClaimPeriod();
    await expect(steps.expire(job)).to.emit(f.credits, "RefundCredited").withArgs(job.id, job.position, 0n);
    const later = (await f.credits.owed(job.id, f.poster)).dueAt;
    await f.time.setNextBlockTimestamp(later);
    const paying = f.credits.connect(f.stranger).payOwed(job.id, f.poster);
    await expect(paying).to.changeTokenBalances(f.ethers, f.credits, [f.credits, f.poster], [-2n * each, 2n * each]);
    await expect(paying)
      .to.emit(f.credits, "OwedPaid")
      .withArgs(job.id, f.poster.address, 2n * each);
    await expect(f.credits.payOwed(job.id, f.poster)).to.be.revertedWithCustomError(f.credits, "NothingOwed");
    expect(await f.credits.totalLocked()).to.equal(await f.orion.balanceOf(f.credits));
  });

  it("refunded after the position was redeemed, or given away, revert nothing", async () => {
    const job = await postMinted(f, { shards: 2, shardsPerClaim: 1 });
    const each = job.terms.pricePerShard + job.terms.keeperFee;
    await f.credits.connect(f.poster).redeem(job.position, each);
    await f.credits.connect(f.poster).transferPosition(job.position, f.stranger);
    await steps.claim(job, f.workers[0], [0]);
    // The new owner of the position has its lock, who posted the job the rest.
    await expect(steps.cancel(job)).to.changeTokenBalances(
      f.ethers,
      f.orion,
      [f.stranger, f.poster],
      [(each * FLOOR) / CU, 0n],
    );
    await steps.passClaimPeriod();
    await steps.expire(job);
    expect((await f.credits.owed(job.id, f.poster)).amount).to.equal(each);
  });

  it("are refunded by the market alone", async () => {
    const job = await postMinted(f);
    await expect(f.credits.connect(f.poster).creditRefund(job.id, 1n, f.keeper, 0n))
      .to.be.revertedWithCustomError(f.credits, "NotMarket")
      .withArgs(f.poster.address);
  });
});
