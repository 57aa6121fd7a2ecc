import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { ZeroHash, id, parseEther } from "ethers";

import { DAY, ORION, deployMarketFixture, type MarketFixture } from "../../../support/market-fixture.ts";
import { FALL, OUTPUTS, SKIP, marketSteps, type Job, type MarketSteps } from "../../../support/market-steps.ts";

const LOCK = 2n * ORION;
const [TENTH, HALF, BURNED] = [LOCK / 10n, LOCK / 2n, (LOCK * 3n) / 10n];
const WRONG = id("outputs of the fallen claim");
const RIGHT = id("outputs of the settled claim");

describe("Reserves: what silence leaves undecided", () => {
  let f: MarketFixture;
  let steps: MarketSteps;
  let first: HardhatEthersSigner;
  let second: HardhatEthersSigner;
  let finder: HardhatEthersSigner;
  let job: Job;

  before(async () => {
    f = await deployMarketFixture();
    steps = marketSteps(f);
    [first, second] = f.workers;
    finder = f.stranger;
  });
  beforeEach(async () => {
    job = await steps.post();
  });
  afterEach(() => f.reset());

  /** Claims the unit and commits to an outputs root; returns the facts of the claim. */
  const work = async (worker: HardhatEthersSigner, outputsRoot: string, attempt: number) => {
    await steps.claim(job, worker);
    const key = await steps.key(job, worker, 0, attempt);
    const committing = await f.market.connect(worker).commit(job.terms, 0, key, outputsRoot, OUTPUTS);
    const windowEnd = ((await committing.getBlock())?.timestamp ?? 0) + f.parameters.fast.challengeWindow;
    const { programRoot, inputsRoot, challengers } = job.terms;
    const facts = {
      ...{ outputsRoot, programRoot, inputsRoot, challengers, shards: 1, from: 0, to: 1 },
      ...{ worker: worker.address, windowEnd, profile: 0 },
    };
    return { key, facts };
  };
  /** A claim of the first worker that fell by silence, forfeit. */
  const fallen = async (attempt = 0, outputsRoot = WRONG) => {
    const claim = await work(first, outputsRoot, attempt);
    await steps.judge(job, first, { fallen: FALL.silence, prover: finder.address }, 0, attempt);
    return { ...claim, forfeiting: await steps.settle(job) };
  };
  const settled = async (outputsRoot: string, attempt = 1) => {
    const claim = await work(second, outputsRoot, attempt);
    await steps.passWindow();
    await steps.settle(job);
    return claim;
  };

  it("a time-out pays the finder a tenth, burns 30%, and keeps half and the poster's tenth", async () => {
    const { key, forfeiting } = await fallen();
    await expect(forfeiting)
      .to.emit(f.market, "UnitForfeited")
      .withArgs(job.id, key, first.address, 0, finder.address, BURNED, 0n, TENTH, HALF + TENTH);
    await expect(forfeiting).to.changeTokenBalances(
      f.ethers,
      f.orion,
      [finder, f.poster, f.reserves, f.registry],
      [TENTH, 0n, HALF + TENTH, -LOCK],
    );
    const fellAt = BigInt(await f.time.latest());
    expect(await f.reserves.reserveOf(key)).to.deep.equal([
      ...[job.id, 0n, fellAt, first.address, first.address, finder.address, f.poster.address, HALF, TENTH],
    ]);
    expect(await f.reserves.undecided(job.id, 0)).to.equal(1n);
  });

  it("a wei that does not divide burns", async () => {
    job = await steps.post({ collateralPerClaim: LOCK + 19n });
    const { key, forfeiting } = await fallen();
    const [half, tenth] = [(LOCK + 19n) / 2n, (LOCK + 19n) / 10n];
    await expect(forfeiting).to.changeTokenBalances(f.ethers, f.orion, [finder, f.reserves], [tenth, half + tenth]);
    expect((await f.reserves.reserveOf(key)).amount).to.equal(half);
  });

  describe("the verdict", () => {
    it("of another root pays finder and poster a quarter each, and the poster its tenth", async () => {
      const lost = await fallen();
      const next = await settled(RIGHT);
      const resolving = f.reserves.resolve(lost.key, lost.facts, next.facts);
      await expect(resolving)
        .to.emit(f.reserves, "Resolved")
        .withArgs(lost.key, false, HALF / 2n, HALF / 2n + TENTH, 0n, 0n);
      await expect(resolving).to.changeTokenBalances(
        f.ethers,
        f.orion,
        [finder, f.poster, first, f.reserves],
        [HALF / 2n, HALF / 2n + TENTH, 0n, -HALF - TENTH],
      );
      await expect(f.reserves.resolve(lost.key, lost.facts, next.facts)).to.be.revertedWithCustomError(
        f.reserves,
        "NoReserve",
      );
    });

    it("of the same root gives the reserve back to the worker, whom nobody proved wrong", async () => {
      const lost = await fallen();
      const next = await settled(WRONG);
      await expect(f.reserves.resolve(lost.key, lost.facts, next.facts)).to.changeTokenBalances(
        f.ethers,
        f.orion,
        [finder, f.poster, first],
        [0n, TENTH, HALF],
      );
    });

    it("decides two falls in a row, each for itself", async () => {
      const lost = [await fallen(0, WRONG), await fallen(1, RIGHT)];
      expect(await f.reserves.undecided(job.id, 0)).to.equal(2n);
      const next = await settled(RIGHT, 2);
      expect(await f.reserves.undecided(job.id, 0)).to.equal(0n);
      for (const [{ key, facts }, provider] of [
        [lost[0]!, 0n],
        [lost[1]!, HALF],
      ] as const) {
        await expect(f.reserves.resolve(key, facts, next.facts)).to.changeTokenBalance(
          f.ethers,
          f.orion,
          first,
          provider,
        );
      }
      expect(await f.orion.balanceOf(f.reserves)).to.equal(0n);
    });

    it("is read from the facts of both claims and from nothing else", async () => {
      const lost = await fallen();
      await expect(f.reserves.resolve(lost.key, lost.facts, lost.facts)).to.be.revertedWithCustomError(
        f.reserves,
        "NoVerdict",
      );
      const next = await settled(RIGHT);
      const forged = { ...next.facts, outputsRoot: WRONG };
      await expect(f.reserves.resolve(lost.key, lost.facts, forged)).to.be.revertedWithCustomError(
        f.reserves,
        "WrongFacts",
      );
      const other = { ...lost.facts, outputsRoot: RIGHT };
      await expect(f.reserves.resolve(lost.key, other, next.facts)).to.be.revertedWithCustomError(
        f.disputes,
        "WrongFacts",
      );
    });

    it("is no accept's to give: a unit with an undecided reserve settles after its whole window only", async () => {
      await fallen();
      await work(second, RIGHT, 1);
      await expect(f.market.connect(f.poster).accept(job.terms, [0]))
        .to.be.revertedWithCustomError(f.market, "ReserveUndecided")
        .withArgs(job.id, 0);
      await expect(steps.settle(job)).to.emit(f.market, "ItemSkipped").withArgs(job.id, 0, SKIP.windowOpen);
      await steps.passWindow();
      await expect(steps.settle(job)).to.emit(f.reserves, "VerdictStored");
    });

    it("is given by no claim that expires or falls, so a friend's claim denies nothing", async () => {
      const lost = await fallen();
      await steps.claim(job, second);
      await steps.passClaimPeriod();
      await steps.expire(job);
      await work(second, RIGHT, 2);
      await steps.judge(job, second, { fallen: FALL.proof }, 0, 2);
      await steps.settle(job);
      expect(await f.reserves.verdictOf(job.id, 0)).to.equal(ZeroHash);
      const next = await settled(RIGHT, 3);
      await expect(f.reserves.resolve(lost.key, lost.facts, next.facts)).to.changeTokenBalance(
        f.ethers,
        f.orion,
        finder,
        HALF / 2n,
      );
    });

    it("is asked for by no unit that never fell by silence", async () => {
      await steps.claim(job, first);
      await steps.passClaimPeriod();
      await steps.expire(job);
      const claim = await work(second, RIGHT, 1);
      await f.market.connect(f.poster).accept(job.terms, [0]);
      expect(await f.disputes.factsHash(f.market, claim.key)).to.equal(ZeroHash);
      expect(await f.reserves.verdictOf(job.id, 0)).to.equal(ZeroHash);
    });
  });

  describe("without a verdict", () => {
    it("a cancelled job gives everything back to the worker, the poster's tenth too", async () => {
      const { key } = await fallen();
      await expect(f.reserves.release(key)).to.be.revertedWithCustomError(f.reserves, "NotCancelled");
      await steps.cancel(job);
      await expect(f.reserves.release(key)).to.changeTokenBalances(
        f.ethers,
        f.orion,
        [first, f.poster, finder],
        [HALF + TENTH, 0n, 0n],
      );
    });

    it("a cancelled job whose unit is under way waits for it", async () => {
      const lost = await fallen();
      const next = await work(second, RIGHT, 1);
      await steps.cancel(job);
      await expect(f.reserves.release(lost.key)).to.be.revertedWithCustomError(f.reserves, "ClaimUnderWay");
      await steps.passWindow();
      await steps.settle(job);
      await expect(f.reserves.release(lost.key)).to.be.revertedWithCustomError(f.reserves, "Decided");
      await expect(f.reserves.resolve(lost.key, lost.facts, next.facts)).to.emit(f.reserves, "Resolved");
    });

    it("it burns after 90 days, the poster's tenth aside, but not while a claim of the unit is committed", async () => {
      const { key } = await fallen();
      const { fellAt } = await f.reserves.reserveOf(key);
      await f.time.setNextBlockTimestamp(fellAt + BigInt(90 * DAY));
      await expect(f.reserves.burn(key)).to.be.revertedWithCustomError(f.reserves, "NotYet");
      await work(second, RIGHT, 1);
      await expect(f.reserves.burn(key)).to.be.revertedWithCustomError(f.reserves, "ClaimUnderWay");
      await steps.judge(job, second, { fallen: FALL.proof }, 0, 1);
      await steps.settle(job);
      const supply = await f.orion.totalSupply();
      const burning = f.reserves.burn(key);
      await expect(burning).to.changeTokenBalances(f.ethers, f.orion, [f.poster, first], [TENTH, 0n]);
      expect(supply - (await f.orion.totalSupply())).to.equal(HALF);
    });

    it("of a cancelled job it does not burn: it is the worker's whenever anyone asks", async () => {
      const { key } = await fallen();
      await steps.cancel(job);
      await f.time.increase(91 * DAY);
      await expect(f.reserves.burn(key)).to.changeTokenBalance(f.ethers, f.orion, first, HALF + TENTH);
    });
  });

  it("only the market reserves and decides", async () => {
    const asStranger = f.reserves.connect(f.stranger);
    const calls = [
      () => asStranger.reserve(id("key"), job.id, 0, first, f.poster, LOCK),
      () => asStranger.decide(job.id, 0, id("facts")),
    ];
    for (const call of calls) {
      await expect(call()).to.be.revertedWithCustomError(f.reserves, "NotTheMarket").withArgs(f.stranger.address);
    }
    for (const call of [f.reserves.release, f.reserves.burn]) {
      await expect(call(id("key"))).to.be.revertedWithCustomError(f.reserves, "NoReserve");
    }
  });

  it("is wired to its market for ever", async () => {
    expect(await f.reserves.MARKET()).to.equal(f.market.target);
    expect(await f.reserves.DISPUTES()).to.equal(f.disputes.target);
    expect(await f.reserves.REGISTRY()).to.equal(f.registry.target);
    expect(await f.reserves.ORION()).to.equal(f.orion.target);
  });

  it("of a claim under an operator key belongs to its provider", async () => {
    const key = (await f.ethers.getSigners())[10]!;
    await f.registry.connect(key).joinProvider(first);
    await f.registry.connect(first).authoriseKey(key, parseEther("100"));
    const lost = await work(key, WRONG, 0);
    await steps.judge(job, key, { fallen: FALL.silence, prover: finder.address });
    await steps.settle(job);
    const next = await settled(WRONG);
    await expect(f.reserves.resolve(lost.key, lost.facts, next.facts)).to.changeTokenBalances(
      f.ethers,
      f.orion,
      [first, key],
      [HALF, 0n],
    );
  });

  it("admits the fallen worker, and its provider, to demands of the later claims of that unit and no other", async () => {
    const lost = await fallen();
    const next = await work(second, RIGHT, 1);
    const may = (key: string, attempt: number, worker: string, account: string): Promise<boolean> =>
      f.reserves.mayDemand(key, attempt, worker, lost.key, account);
    expect(await may(next.key, 1, second.address, first.address)).to.equal(true);
    expect(await may(next.key, 1, second.address, f.stranger.address)).to.equal(false);
    expect(await may(next.key, 2, second.address, first.address)).to.equal(false);
    expect(await may(id("another claim"), 1, second.address, first.address)).to.equal(false);
    expect(await f.reserves.mayDemand(next.key, 1, second, id("no reserve"), first)).to.equal(false);
    await steps.passWindow();
    await steps.settle(job);
    expect(await may(next.key, 1, second.address, first.address)).to.equal(false);
  });
});
