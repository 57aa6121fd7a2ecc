import { expect } from "chai";

import { escrowOf } from "@orion/protocol/chain";

import { CU, DAY, deployMarketFixture, type MarketFixture } from "../../../support/market-fixture.ts";
import { FALL, SKIP, marketSteps, type MarketSteps } from "../../../support/market-steps.ts";
import { MINTED, fundMints, postMinted, type MintedJob } from "../../../support/minted-jobs.ts";

describe("JobMarket: jobs whose escrow is minted for them", () => {
  let f: MarketFixture;
  let steps: MarketSteps;

  before(async () => {
    f = await deployMarketFixture();
    steps = marketSteps(f);
  });
  beforeEach(() => fundMints(f));
  afterEach(() => f.reset());

  /** Last second in which nothing of the job settles. */
  const waitOf = async ({ id }: MintedJob): Promise<bigint> => (await f.market.job(id)).postedAt + BigInt(DAY);

  it("are posted by the credits alone: nobody calls its own credits minted", async () => {
    const terms = f.terms({ options: MINTED });
    for (const posting of [f.market.connect(f.poster).postJob(terms), f.market.connect(f.stranger).postJobFor(terms)]) {
      await expect(posting).to.be.revertedWithCustomError(f.market, "BadOptions").withArgs(MINTED);
    }
  });

  it("settle no earlier than a day after the post, however short their window", async () => {
    const job = await postMinted(f);
    await steps.work(job, f.workers[0]);
    await f.time.setNextBlockTimestamp(await waitOf(job));
    await expect(steps.settle(job)).to.emit(f.market, "ItemSkipped").withArgs(job.id, 0, SKIP.windowOpen);
    expect(await f.market.due(job.terms, [0])).to.deep.equal([0n]);
    await f.time.increase(1);
    expect(await f.market.due(job.terms, [0])).to.deep.equal([1n]);
    await expect(steps.settle(job)).to.changeTokenBalances(
      f.ethers,
      f.credits,
      [f.market, f.workers[0]],
      [-escrowOf(job.terms), escrowOf(job.terms)],
    );
    expect((await f.credits.position(job.position)).debt).to.equal(escrowOf(job.terms));
  });

  it("wait for their window too, where that ends later", async () => {
    const job = await postMinted(f);
    await f.time.increase(DAY);
    await steps.work(job, f.workers[0]);
    await expect(steps.settle(job)).to.emit(f.market, "ItemSkipped").withArgs(job.id, 0, SKIP.windowOpen);
    await steps.passWindow();
    await expect(steps.settle(job)).to.emit(f.market, "UnitSettled");
  });

  it("are accepted no earlier either", async () => {
    const job = await postMinted(f);
    await steps.work(job, f.workers[0]);
    const wait = await waitOf(job);
    await f.time.setNextBlockTimestamp(wait);
    await expect(f.market.connect(f.poster).accept(job.terms, [0]))
      .to.be.revertedWithCustomError(f.market, "MintedWait")
      .withArgs(job.id, wait);
    await f.time.setNextBlockTimestamp(wait + 1n);
    await expect(f.market.connect(f.poster).accept(job.terms, [0])).to.emit(f.market, "UnitSettled");
  });

  it("lose a fallen claim at once: only credits wait", async () => {
    const job = await postMinted(f);
    await steps.work(job, f.workers[0]);
    await steps.judge(job, f.workers[0], { fallen: FALL.proof, prover: f.stranger.address });
    expect(await f.market.due(job.terms, [0])).to.deep.equal([1n]);
    await expect(steps.settle(job)).to.emit(f.market, "UnitForfeited");
  });

  it("pay tips, which are ordinary credits, back at once", async () => {
    const job = await postMinted(f);
    await steps.tip(job, CU);
    await expect(steps.cancel(job)).to.changeTokenBalances(
      f.ethers,
      f.credits,
      [f.market, f.poster],
      [-escrowOf(job.terms) - CU, CU],
    );
  });

  describe("the leap: to mint below the price of the pool and have the credits free at once", () => {
    it("does not come from a cancelled job", async () => {
      const before = await f.credits.balanceOf(f.poster);
      const job = await postMinted(f, { shards: 10, shardsPerClaim: 1 });
      await steps.cancel(job);
      expect(await f.credits.balanceOf(f.poster)).to.equal(before);
      const { debt, lock } = await f.credits.position(job.position);
      expect([debt, lock]).to.deep.equal([0n, 0n]);
      await expect(f.credits.payOwed(job.id, f.poster)).to.be.revertedWithCustomError(f.credits, "NothingOwed");
    });

    it("does not come through a keeper of one's own: its part of a cancelled job waits for a day", async () => {
      const job = await postMinted(f, { shards: 10, shardsPerClaim: 1, keeperFee: 100n * CU });
      await steps.publish(job);
      const fee = 100n * CU;
      const cancelling = steps.cancel(job);
      await expect(cancelling).to.changeTokenBalances(
        f.ethers,
        f.credits,
        [f.market, f.poster, f.keeper, f.credits],
        [-escrowOf(job.terms), 0n, 0n, fee],
      );
      await expect(cancelling)
        .to.emit(f.market, "JobCancelled")
        .withArgs(job.id, escrowOf(job.terms) - fee, 0n, fee);
      // The position still owes what the keeper has.
      expect((await f.credits.position(job.position)).debt).to.equal(fee);
      const { dueAt } = await f.credits.owed(job.id, f.keeper);
      expect(dueAt).to.equal(BigInt(await f.time.latest()) + BigInt(DAY));
      await f.time.setNextBlockTimestamp(dueAt);
      await expect(f.credits.payOwed(job.id, f.keeper)).to.changeTokenBalance(f.ethers, f.credits, f.keeper, fee);
    });

    it("does not come from bought credits that close the position first: they come back a day later", async () => {
      const job = await postMinted(f);
      const escrow = escrowOf(job.terms);
      await f.credits.connect(f.poster).redeem(job.position, escrow);
      const before = await f.credits.balanceOf(f.poster);
      await steps.cancel(job);
      expect(await f.credits.balanceOf(f.poster)).to.equal(before);
      await f.time.increase(DAY);
      await f.credits.payOwed(job.id, f.poster);
      expect(await f.credits.balanceOf(f.poster)).to.equal(before + escrow);
    });
  });
});
