import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { ORION, deployMarketFixture, type MarketFixture } from "../../../support/market-fixture.ts";
import { FALL, SKIP, marketSteps, type MarketSteps } from "../../../support/market-steps.ts";

describe("JobMarket: expire and forfeit", () => {
  let f: MarketFixture;
  let steps: MarketSteps;

  before(async () => {
    f = await deployMarketFixture();
    steps = marketSteps(f);
  });
  afterEach(() => f.reset());

  const accountOf = async (index: 0 | 1 | 2): Promise<{ free: bigint; locked: bigint }> => {
    const { free, locked } = await f.registry.account(f.workers[index], f.market);
    return { free, locked };
  };

  describe("expire", () => {
    it("takes 15% of the lock, half of it burned, and frees the unit", async () => {
      const [worker] = f.workers;
      const job = await steps.post({ shards: 10, shardsPerClaim: 4 });
      await steps.claim(job, worker, [1]);
      const { free } = await accountOf(0);
      await steps.passClaimPeriod();
      const supply = await f.orion.totalSupply();
      const expiring = steps.expire(job, [1]);
      const [lock, burned, compensation] = [2n * ORION, (15n * ORION) / 100n, (15n * ORION) / 100n];
      await expect(expiring)
        .to.emit(f.market, "UnitExpired")
        .withArgs(job.id, await steps.key(job, worker, 1), worker.address, 1, burned, compensation);
      await expect(expiring).to.changeTokenBalances(
        f.ethers,
        f.orion,
        [f.poster, f.registry],
        [compensation, -burned - compensation],
      );
      expect(await f.orion.totalSupply()).to.equal(supply - burned);
      expect(await accountOf(0)).to.include({ free: free + lock - burned - compensation, locked: 0n });
      expect(await f.market.unit(job.id, 1)).to.deep.equal([[ZeroAddress, 1n, 0n, 0n], 0n]);
      expect((await f.market.job(job.id)).unclaimed).to.equal(10n);
    });

    it("rounds against the worker: penalty and burn up", async () => {
      const job = await steps.post({ collateralPerClaim: 2n * ORION + 1n });
      await steps.claim(job, f.workers[0]);
      await steps.passClaimPeriod();
      const lock = 2n * ORION + 1n;
      const penalty = (lock * 1_500n + 9_999n) / 10_000n;
      const burned = (penalty * 5_000n + 9_999n) / 10_000n;
      expect(burned * 2n).to.be.greaterThan(penalty);
      await expect(steps.expire(job))
        .to.emit(f.market, "UnitExpired")
        .withArgs(job.id, await steps.key(job, f.workers[0]), f.workers[0].address, 0, burned, penalty - burned);
    });

    it("is possible one second after the deadline, not at it", async () => {
      const job = await steps.post();
      await steps.claim(job, f.workers[0]);
      const { deadline } = (await f.market.unit(job.id, 0)).slot;
      await f.time.setNextBlockTimestamp(deadline);
      await expect(steps.expire(job)).to.emit(f.market, "ItemSkipped").withArgs(job.id, 0, SKIP.deadlineNotReached);
      await f.time.setNextBlockTimestamp(deadline + 1n);
      await expect(steps.expire(job)).to.emit(f.market, "UnitExpired");
    });

    it("skips free, committed, settled, missing and repeated units", async () => {
      const job = await steps.post({ shards: 4, shardsPerClaim: 1 });
      await steps.work(job, f.workers[0], [0, 1]);
      await steps.claim(job, f.workers[0], [2]);
      await f.market.connect(f.poster).accept(job.terms, [1]);
      await steps.passClaimPeriod();
      const expiring = steps.expire(job, [0, 1, 2, 2, 3, 99]);
      const expected: [number, number][] = [
        [0, SKIP.alreadyCommitted],
        [1, SKIP.alreadySettled],
        [2, SKIP.notClaimed],
        [3, SKIP.notClaimed],
        [99, SKIP.notClaimed],
      ];
      for (const [unit, reason] of expected) {
        await expect(expiring).to.emit(f.market, "ItemSkipped").withArgs(job.id, unit, reason);
      }
      await expect(expiring).to.emit(f.market, "UnitExpired");
      expect((await f.market.unit(job.id, 2)).slot.attempt).to.equal(1n);
    });

    it("of a claim never touches the locks of another claim of the same worker", async () => {
      const job = await steps.post({ shards: 2, shardsPerClaim: 1 });
      await steps.claim(job, f.workers[0], [0, 1]);
      await steps.commit(job, f.workers[0], 1);
      await steps.passClaimPeriod();
      await steps.expire(job, [0]);
      expect((await accountOf(0)).locked).to.equal(2n * ORION);
    });

    it("goes on while the market is paused", async () => {
      const job = await steps.post();
      await steps.claim(job, f.workers[0]);
      await f.market.setPaused(true);
      await steps.passClaimPeriod();
      await expect(steps.expire(job)).to.emit(f.market, "UnitExpired");
    });

    it("refuses an unknown job", async () => {
      await expect(f.market.expire(f.terms(), [0])).to.be.revertedWithCustomError(f.market, "UnknownJob");
    });

    it("does not end a claim of a worker that withdrew its authorisation: its lock stays and is slashed", async () => {
      const job = await steps.post();
      await steps.claim(job, f.workers[0]);
      await f.registry.connect(f.workers[0]).authorise(f.market, false);
      await f.registry.connect(f.workers[0]).withdraw(f.market, (await accountOf(0)).free, f.workers[0]);
      await steps.passClaimPeriod();
      await expect(steps.expire(job)).to.changeTokenBalance(f.ethers, f.orion, f.poster, (15n * ORION) / 100n);
    });
  });

  describe("forfeit of a fallen claim", () => {
    it("divides the whole lock: 35% to the finder, 35% to the poster, 30% burned", async () => {
      const [worker] = f.workers;
      const job = await steps.post();
      await steps.work(job, worker);
      await steps.judge(job, worker, { fallen: FALL.proof, prover: f.stranger.address });
      const { free } = await accountOf(0);
      const supply = await f.orion.totalSupply();
      const settling = steps.settle(job);
      const [reward, compensation, burned] = [(7n * ORION) / 10n, (7n * ORION) / 10n, (6n * ORION) / 10n];
      await expect(settling)
        .to.emit(f.market, "UnitForfeited")
        .withArgs(
          job.id,
          await steps.key(job, worker),
          worker.address,
          0,
          f.stranger.address,
          burned,
          compensation,
          reward,
          0n,
        );
      await expect(settling).to.changeTokenBalances(
        f.ethers,
        f.orion,
        [f.stranger, f.poster, f.registry],
        [reward, compensation, -2n * ORION],
      );
      expect(await f.orion.totalSupply()).to.equal(supply - burned);
      expect(await accountOf(0)).to.include({ free, locked: 0n });
    });

    it("burns the finder's share when there is no finder", async () => {
      const job = await steps.post();
      await steps.work(job, f.workers[0]);
      await steps.judge(job, f.workers[0], { fallen: FALL.proof });
      const supply = await f.orion.totalSupply();
      await expect(steps.settle(job)).to.changeTokenBalance(f.ethers, f.orion, f.poster, (7n * ORION) / 10n);
      expect(await f.orion.totalSupply()).to.equal(supply - (13n * ORION) / 10n);
    });

    it("gives every wei to someone or burns it", async () => {
      const lock = 2n * ORION + 7n;
      const job = await steps.post({ collateralPerClaim: lock });
      await steps.work(job, f.workers[0]);
      await steps.judge(job, f.workers[0], { fallen: FALL.proof, prover: f.stranger.address });
      const part = (lock * 3_500n) / 10_000n;
      await expect(steps.settle(job)).to.changeTokenBalances(
        f.ethers,
        f.orion,
        [f.stranger, f.poster, f.registry],
        [part, part, -lock],
      );
    });

    it("happens inside the window, whatever is open or held, and pays no credits", async () => {
      const job = await steps.post();
      await steps.work(job, f.workers[0]);
      await steps.judge(job, f.workers[0], { fallen: FALL.proof, open: 3, holdUntil: 2 ** 32 - 1 });
      const settling = steps.settle(job);
      await expect(settling).to.emit(f.market, "UnitForfeited");
      await expect(settling).to.changeTokenBalance(f.ethers, f.credits, f.workers[0], 0n);
    });

    it("happens once, and the next attempt is judged by its own outcome", async () => {
      const job = await steps.post();
      await steps.work(job, f.workers[0]);
      await steps.judge(job, f.workers[0], { fallen: FALL.proof, prover: f.stranger.address });
      await expect(steps.settle(job, [0, 0]))
        .to.emit(f.market, "ItemSkipped")
        .withArgs(job.id, 0, SKIP.notClaimed);
      await steps.claim(job, f.workers[0]);
      await steps.commit(job, f.workers[0], 0, 1);
      await steps.passWindow();
      await expect(steps.settle(job)).to.changeTokenBalance(
        f.ethers,
        f.credits,
        f.workers[0],
        job.terms.pricePerShard + job.terms.keeperFee,
      );
    });

    it("never profits the cheat that proves itself, not even as poster's friend: it loses at least the burn", async () => {
      const [cheat] = f.workers;
      const job = await steps.post();
      await steps.work(job, cheat);
      await steps.judge(job, cheat, { fallen: FALL.proof, prover: cheat.address });
      const before = (await f.orion.balanceOf(cheat)) + (await f.orion.balanceOf(f.poster)) + 2n * ORION;
      await steps.settle(job);
      const after = (await f.orion.balanceOf(cheat)) + (await f.orion.balanceOf(f.poster));
      expect(before - after).to.equal((6n * ORION) / 10n);
    });

    it("refunds the poster when the job was cancelled meanwhile", async () => {
      const job = await steps.post({ shards: 2, shardsPerClaim: 1 });
      await steps.work(job, f.workers[0], [0]);
      await steps.cancel(job);
      await steps.judge(job, f.workers[0], { fallen: FALL.proof });
      const refund = job.terms.pricePerShard + job.terms.keeperFee;
      const settling = steps.settle(job);
      await expect(settling).to.emit(f.market, "UnitRefunded").withArgs(job.id, 0, refund, 0n);
      await expect(settling).to.changeTokenBalance(f.ethers, f.credits, f.poster, refund);
      expect((await f.market.job(job.id)).remainingEscrow).to.equal(0n);
    });
  });
});
