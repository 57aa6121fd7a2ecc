import { expect } from "chai";
import { ZeroHash } from "ethers";

import { CU, ORION, deployMarketFixture, type MarketFixture } from "../../../support/market-fixture.ts";
import { FALL, SKIP, marketSteps, type MarketSteps } from "../../../support/market-steps.ts";

const SETTLED = 3n;

describe("JobMarket: settle and accept", () => {
  let f: MarketFixture;
  let steps: MarketSteps;

  before(async () => {
    f = await deployMarketFixture();
    steps = marketSteps(f);
  });
  afterEach(() => f.reset());

  /** The arguments of a first worker's `UnitSettled`, which works for itself. */
  const settled = (
    jobId: string,
    key: string,
    pay: bigint,
    fee: bigint,
    feeTo: string,
    accepted: boolean,
  ): unknown[] => {
    const worker = f.workers[0].address;
    return [jobId, key, worker, 0, pay, 0n, fee, feeTo, worker, accepted];
  };
  const accountOf = async (index: 0 | 1 | 2): Promise<{ free: bigint; locked: bigint }> => {
    const { free, locked } = await f.registry.account(f.workers[index], f.market);
    return { free, locked };
  };

  describe("settle", () => {
    it("pays worker and keeper, frees the lock and closes the unit", async () => {
      const [worker] = f.workers;
      const job = await steps.post({ shards: 10, shardsPerClaim: 4 });
      await steps.publish(job);
      await steps.work(job, worker, [0]);
      const free = (await accountOf(0)).free;
      await steps.passWindow();
      const settling = steps.settle(job);
      const [pay, fee] = [4n * job.terms.pricePerShard, 4n * job.terms.keeperFee];
      await expect(settling)
        .to.emit(f.market, "UnitSettled")
        .withArgs(...settled(job.id, await steps.key(job, worker), pay, fee, f.keeper.address, false));
      await expect(settling).to.changeTokenBalances(
        f.ethers,
        f.credits,
        [worker, f.keeper, f.market],
        [pay, fee, -pay - fee],
      );
      expect(await accountOf(0)).to.include({ free: free + 2n * ORION, locked: 0n });
      expect((await f.market.unit(job.id, 0)).state).to.equal(SETTLED);
      const slot = await f.market.job(job.id);
      expect([slot.unsettled, slot.unclaimed, slot.remainingEscrow]).to.deep.equal([
        6n,
        6n,
        6n * (job.terms.pricePerShard + job.terms.keeperFee),
      ]);
    });

    it("pays the fee to the worker when the keeper never published", async () => {
      const [worker] = f.workers;
      const job = await steps.post();
      await steps.work(job, worker);
      await steps.passWindow();
      const { pricePerShard: pay, keeperFee: fee } = job.terms;
      const settling = steps.settle(job);
      await expect(settling)
        .to.emit(f.market, "UnitSettled")
        .withArgs(...settled(job.id, await steps.key(job, worker), pay, fee, worker.address, false));
      await expect(settling).to.changeTokenBalances(f.ethers, f.credits, [worker, f.keeper], [pay + fee, 0n]);
    });

    it("closes the claim with the judge, whether settled or accepted; a skipped unit stays open to proofs", async () => {
      const job = await steps.post({ shards: 3, shardsPerClaim: 1 });
      await steps.work(job, f.workers[0], [0, 1, 2]);
      const factsOf = async (unit: number): Promise<string> =>
        await f.disputes.factsHash(f.market, await steps.key(job, f.workers[0], unit));
      await f.market.connect(f.poster).accept(job.terms, [0]);
      await steps.settle(job, [1]);
      expect(await factsOf(0)).to.equal(ZeroHash);
      expect(await factsOf(1)).to.not.equal(ZeroHash);
      await steps.passWindow();
      await steps.judge(job, f.workers[0], { open: 1 }, 2);
      await steps.settle(job, [1, 2]);
      expect(await factsOf(1)).to.equal(ZeroHash);
      expect(await factsOf(2)).to.not.equal(ZeroHash);
    });

    it("is possible one second after the window, not in its last second", async () => {
      const job = await steps.post();
      await steps.claim(job, f.workers[0]);
      const committed = BigInt((await (await steps.commit(job, f.workers[0])).getBlock())?.timestamp ?? 0);
      const windowEnd = committed + BigInt(f.parameters.fast.challengeWindow);
      await f.time.setNextBlockTimestamp(windowEnd);
      await expect(steps.settle(job)).to.emit(f.market, "ItemSkipped").withArgs(job.id, 0, SKIP.windowOpen);
      await f.time.setNextBlockTimestamp(windowEnd + 1n);
      await expect(steps.settle(job)).to.emit(f.market, "UnitSettled");
    });

    it("uses the clocks of the job's own profile", async () => {
      const job = await steps.post({ options: 1 });
      await steps.work(job, f.workers[0]);
      await f.time.increase(f.parameters.standard.challengeWindow - 10);
      await expect(steps.settle(job)).to.emit(f.market, "ItemSkipped");
      await f.time.increase(20);
      await expect(steps.settle(job)).to.emit(f.market, "UnitSettled");
    });

    it("skips and reports each unit that is not ready, and settles the others of the batch", async () => {
      const job = await steps.post({ shards: 8, shardsPerClaim: 1 });
      await steps.work(job, f.workers[0], [0, 1, 2, 3]);
      await steps.judge(job, f.workers[0], { open: 1 }, 2);
      await steps.judge(job, f.workers[0], { holdUntil: (await f.time.latest()) + 1_000 }, 3);
      await steps.passWindow();
      await steps.settle(job, [0]);
      await steps.claim(job, f.workers[1], [4, 5]);
      await steps.commit(job, f.workers[1], 5);
      const settling = steps.settle(job, [0, 1, 2, 3, 4, 5, 6, 99, 1]);
      const expected: [number, number][] = [
        [0, SKIP.alreadySettled],
        [2, SKIP.demandsOpen],
        [3, SKIP.onHold],
        [4, SKIP.notCommitted],
        [5, SKIP.windowOpen],
        [6, SKIP.notClaimed],
        [99, SKIP.notClaimed],
        [1, SKIP.alreadySettled],
      ];
      for (const [unit, reason] of expected) {
        await expect(settling).to.emit(f.market, "ItemSkipped").withArgs(job.id, unit, reason);
      }
      await expect(settling).to.changeTokenBalance(
        f.ethers,
        f.credits,
        f.workers[0],
        job.terms.pricePerShard + job.terms.keeperFee,
      );
    });

    it("ends a hold one second after it", async () => {
      const job = await steps.post();
      await steps.work(job, f.workers[0]);
      const holdUntil = (await f.time.latest()) + 1_000;
      await steps.judge(job, f.workers[0], { holdUntil });
      await f.time.setNextBlockTimestamp(holdUntil);
      await expect(steps.settle(job)).to.emit(f.market, "ItemSkipped").withArgs(job.id, 0, SKIP.onHold);
      await f.time.setNextBlockTimestamp(holdUntil + 1);
      await expect(steps.settle(job)).to.emit(f.market, "UnitSettled");
    });

    it("refuses an unknown job", async () => {
      await expect(f.market.settle(f.terms(), [0])).to.be.revertedWithCustomError(f.market, "UnknownJob");
    });

    it("goes on while the market is paused and after the worker withdrew its authorisation", async () => {
      const job = await steps.post();
      await steps.work(job, f.workers[0]);
      await f.market.setPaused(true);
      await f.registry.connect(f.workers[0]).authorise(f.market, false);
      await steps.passWindow();
      await expect(steps.settle(job)).to.emit(f.market, "UnitSettled");
    });
  });

  describe("accept", () => {
    it("settles inside the window, marked as accepted", async () => {
      const [worker] = f.workers;
      const job = await steps.post();
      await steps.publish(job);
      await steps.work(job, worker);
      const { pricePerShard: pay, keeperFee: fee } = job.terms;
      const accepting = f.market.connect(f.poster).accept(job.terms, [0]);
      await expect(accepting)
        .to.emit(f.market, "UnitSettled")
        .withArgs(...settled(job.id, await steps.key(job, worker), pay, fee, f.keeper.address, true));
      await expect(accepting).to.changeTokenBalances(f.ethers, f.credits, [worker, f.keeper], [pay, fee]);
      expect((await accountOf(0)).locked).to.equal(0n);
    });

    it("is the poster's alone", async () => {
      const job = await steps.post();
      await steps.work(job, f.workers[0]);
      await expect(f.market.connect(f.workers[0]).accept(job.terms, [0]))
        .to.be.revertedWithCustomError(f.market, "NotPoster")
        .withArgs(f.workers[0].address, f.poster.address);
    });

    it("refuses an unknown job", async () => {
      await expect(f.market.connect(f.poster).accept(f.terms(), [0])).to.be.revertedWithCustomError(
        f.market,
        "UnknownJob",
      );
    });

    const refuses = async (
      prepare: (job: Awaited<ReturnType<MarketSteps["post"]>>) => Promise<unknown>,
    ): Promise<void> => {
      const job = await steps.post();
      await prepare(job);
      await expect(f.market.connect(f.poster).accept(job.terms, [0]))
        .to.be.revertedWithCustomError(f.market, "NotAcceptable")
        .withArgs(job.id, 0);
    };
    const judged = (judgement: Parameters<MarketSteps["judge"]>[2]) =>
      refuses(async (job) => {
        await steps.work(job, f.workers[0]);
        await steps.judge(job, f.workers[0], judgement);
      });
    it("refuses a free unit", () => refuses(() => Promise.resolve()));
    it("refuses a unit that is only claimed", () => refuses((job) => steps.claim(job, f.workers[0])));
    it("refuses a settled unit, so that nobody is paid twice", () =>
      refuses(async (job) => {
        await steps.work(job, f.workers[0]);
        await f.market.connect(f.poster).accept(job.terms, [0]);
      }));
    it("refuses a fallen claim", () => judged({ fallen: FALL.proof }));
    it("refuses while a demand is open", () => judged({ open: 1 }));
    it("refuses while a descent may go on (hold)", () => judged({ holdUntil: 2 ** 32 - 1 }));
    it("refuses a unit named twice", async () => {
      const job = await steps.post();
      await steps.work(job, f.workers[0]);
      await expect(f.market.connect(f.poster).accept(job.terms, [0, 0])).to.be.revertedWithCustomError(
        f.market,
        "NotAcceptable",
      );
    });
  });

  describe("due", () => {
    it("names settle for what is ready or fallen, expire for what is late, nothing for the rest", async () => {
      const job = await steps.post({ shards: 6, shardsPerClaim: 1 });
      await steps.work(job, f.workers[0], [0, 1]);
      await steps.claim(job, f.workers[0], [2]);
      await steps.passClaimPeriod();
      await steps.work(job, f.workers[1], [3, 4]);
      await steps.judge(job, f.workers[1], { fallen: FALL.proof }, 4);
      await steps.settle(job, [1]);
      expect([...(await f.market.due(job.terms, [0, 1, 2, 3, 4, 5, 6]))]).to.deep.equal([1n, 0n, 2n, 0n, 1n, 0n, 0n]);
    });
  });

  it("never lets a batch name the units of another job", async () => {
    const first = await steps.post();
    const second = await steps.post({ pricePerShard: CU });
    await steps.work(first, f.workers[0]);
    await steps.passWindow();
    await expect(steps.settle(second)).to.emit(f.market, "ItemSkipped").withArgs(second.id, 0, SKIP.notClaimed);
  });
});
