import { expect } from "chai";
import { encodeBytes32String } from "ethers";

import { DAY, ORION, deployMarketFixture, type MarketFixture } from "../../../support/market-fixture.ts";
import { marketSteps, type MarketSteps } from "../../../support/market-steps.ts";

describe("JobMarket: what governance may do", () => {
  let f: MarketFixture;
  let steps: MarketSteps;

  before(async () => {
    f = await deployMarketFixture();
    steps = marketSteps(f);
  });
  afterEach(() => f.reset());

  const PARAMETERS = [
    { name: "lowestCollateral", setter: "setLowestCollateral", index: 0 },
    { name: "highestCollateral", setter: "setHighestCollateral", index: 1 },
    { name: "claimCollateral", setter: "setClaimCollateral", index: 2 },
  ] as const;

  for (const { name, setter, index } of PARAMETERS) {
    describe(setter, () => {
      let value: bigint;

      beforeEach(async () => {
        value = (await f.market.collateralBounds())[index];
        await f.time.increase(7 * DAY);
      });

      it("moves by a quarter at most, up or down", async () => {
        const next = (value * 5n) / 4n;
        await expect(f.market[setter](next + 1n))
          .to.be.revertedWithCustomError(f.market, "ChangeTooLarge")
          .withArgs(value, next + 1n);
        const least = value - value / 4n;
        await expect(f.market[setter](least - 1n)).to.be.revertedWithCustomError(f.market, "ChangeTooLarge");
        await expect(f.market[setter](next))
          .to.emit(f.market, "ParameterChanged")
          .withArgs(encodeBytes32String(name), next);
        expect((await f.market.collateralBounds())[index]).to.equal(next);
      });

      it("moves once in seven days, to the second", async () => {
        const changed = (await (await f.market[setter](value + 1n)).getBlock())?.timestamp ?? 0;
        await f.time.setNextBlockTimestamp(changed + 7 * DAY - 1);
        await expect(f.market[setter](value + 2n))
          .to.be.revertedWithCustomError(f.market, "ChangeTooSoon")
          .withArgs(changed + 7 * DAY);
        await f.time.setNextBlockTimestamp(changed + 7 * DAY);
        await expect(f.market[setter](value + 2n)).to.emit(f.market, "ParameterChanged");
      });

      it("is the owner's alone and never zero", async () => {
        await expect(f.market.connect(f.stranger)[setter](value))
          .to.be.revertedWithCustomError(f.market, "OwnableUnauthorizedAccount")
          .withArgs(f.stranger.address);
        // The order of the bounds is checked first where it forbids zero too.
        const error = setter === "setHighestCollateral" ? "BoundsCrossed" : "ZeroParameter";
        await expect(f.market[setter](0n)).to.be.revertedWithCustomError(f.market, error);
      });
    });
  }

  it("never lets the lowest collateral cross the highest", async () => {
    const deploy = (lowest: bigint, highest: bigint): Promise<unknown> =>
      f.ethers.deployContract("JobMarket", [f.credits, f.registry, f.disputes, f.owner, lowest, highest, 1n]);
    await expect(deploy(2n, 1n)).to.be.revertedWithCustomError(f.market, "BoundsCrossed").withArgs(2n, 1n);
    const narrow = (await deploy(100n, 110n)) as MarketFixture["market"];
    await f.time.increase(7 * DAY);
    await expect(narrow.setLowestCollateral(111n))
      .to.be.revertedWithCustomError(f.market, "BoundsCrossed")
      .withArgs(111n, 110n);
    await expect(narrow.setHighestCollateral(99n))
      .to.be.revertedWithCustomError(f.market, "BoundsCrossed")
      .withArgs(100n, 99n);
    await expect(narrow.setLowestCollateral(110n)).to.emit(narrow, "ParameterChanged");
  });

  it("refuses parameters of zero at deployment", async () => {
    const deploying = f.ethers.deployContract("JobMarket", [f.credits, f.registry, f.disputes, f.owner, 1n, 2n, 0n]);
    await expect(deploying).to.be.revertedWithCustomError(f.market, "ZeroParameter");
  });

  it("announces the first values, so that an index needs no call", async () => {
    const events = await f.market.queryFilter(f.market.filters.ParameterChanged(), 0, "latest");
    const { lowestCollateral, highestCollateral, claimCollateral } = f.parameters;
    expect(events.slice(0, 3).map(({ args }) => args.value)).to.deep.equal([
      lowestCollateral,
      highestCollateral,
      claimCollateral,
    ]);
  });

  it("changes nothing of a job that is already posted", async () => {
    const job = await steps.post();
    await f.time.increase(7 * DAY);
    const { lowest } = await f.market.collateralBounds();
    await f.market.setLowestCollateral((lowest * 5n) / 4n);
    await expect(steps.claim(job, f.workers[0]))
      .to.emit(f.registry, "Locked")
      .withArgs(f.workers[0].address, f.market.target, 2n * ORION);
  });

  it("pauses and resumes, the owner alone", async () => {
    await expect(f.market.connect(f.stranger).setPaused(true)).to.be.revertedWithCustomError(
      f.market,
      "OwnableUnauthorizedAccount",
    );
    await expect(f.market.setPaused(true)).to.emit(f.market, "PausedSet").withArgs(true);
    expect(await f.market.paused()).to.equal(true);
    await expect(f.market.setPaused(false)).to.emit(f.market, "PausedSet").withArgs(false);
    expect(await f.market.paused()).to.equal(false);
  });

  it("pausing blocks no exit and runs no clock out: publish, tip, commit, settle, accept, expire, cancel, withdraw go on", async () => {
    const job = await steps.post({ shards: 4, shardsPerClaim: 1 });
    await steps.claim(job, f.workers[0], [0, 1, 2]);
    await f.market.setPaused(true);
    await expect(steps.publish(job)).to.emit(f.market, "ManifestPublished");
    await expect(steps.tip(job, 1n)).to.emit(f.market, "TipAdded");
    await steps.commit(job, f.workers[0], 0);
    await steps.commit(job, f.workers[0], 1);
    await expect(f.market.connect(f.poster).accept(job.terms, [0])).to.emit(f.market, "UnitSettled");
    await steps.passClaimPeriod();
    await expect(steps.settle(job, [1])).to.emit(f.market, "UnitSettled");
    await expect(steps.expire(job, [2])).to.emit(f.market, "UnitExpired");
    await expect(steps.cancel(job)).to.emit(f.market, "JobCancelled");
    const { free, locked } = await f.registry.account(f.workers[0], f.market);
    expect(locked).to.equal(0n);
    await expect(f.registry.connect(f.workers[0]).withdraw(f.market, free, f.workers[0])).to.emit(
      f.registry,
      "Withdrawn",
    );
  });

  it("hands ownership over in two steps", async () => {
    await f.market.transferOwnership(f.stranger);
    expect(await f.market.owner()).to.equal(f.owner.address);
    await f.market.connect(f.stranger).acceptOwnership();
    expect(await f.market.owner()).to.equal(f.stranger.address);
  });
});
