import { expect } from "chai";
import { ZeroAddress } from "ethers";

import type { ChosenWindows } from "../../../../protocol/chain/generated/mocks/ChosenWindows.js";
import { FAST, deployMarketFixture, type MarketFixture } from "../../../support/market-fixture.ts";
import { FALL, SKIP, marketSteps, type Job, type MarketSteps } from "../../../support/market-steps.ts";

const ATTESTED = FAST | (3 << 8);

describe("Attestations shorten a window", () => {
  let f: MarketFixture;
  let steps: MarketSteps;
  let windows: ChosenWindows;

  before(async () => {
    f = await deployMarketFixture();
    steps = marketSteps(f);
  });
  beforeEach(async () => {
    windows = await f.ethers.deployContract("ChosenWindows");
  });
  afterEach(() => f.reset());

  /** A committed claim whose attestations end its window so many seconds after the commit. */
  const attested = async (seconds: number, options = ATTESTED): Promise<{ job: Job; committed: number }> => {
    const job = await steps.post({ options });
    await steps.work(job, f.workers[0]);
    const committed = await f.time.latest();
    await windows.choose(await steps.key(job, f.workers[0]), seconds === 0 ? 0 : committed + seconds);
    return { job, committed };
  };
  /** Settlement is possible one second after `end` and not at it. */
  const settlesAfter = async (job: Job, end: number): Promise<void> => {
    await f.time.setNextBlockTimestamp(end);
    await expect(steps.settle(job)).to.emit(f.market, "ItemSkipped").withArgs(job.id, 0, SKIP.windowOpen);
    await f.time.setNextBlockTimestamp(end + 1);
    await expect(steps.settle(job)).to.emit(f.market, "UnitSettled");
  };

  it("for nobody until the owner has named the contract, once and for ever", async () => {
    const { job, committed } = await attested(5);
    expect(await f.market.attestations()).to.equal(ZeroAddress);
    await settlesAfter(job, committed + f.parameters.fast.challengeWindow);
    await expect(f.market.connect(f.stranger).setAttestations(windows)).to.be.revertedWithCustomError(
      f.market,
      "OwnableUnauthorizedAccount",
    );
    await expect(f.market.setAttestations(windows)).to.emit(f.market, "AttestationsSet").withArgs(windows.target);
    await expect(f.market.setAttestations(f.stranger))
      .to.be.revertedWithCustomError(f.market, "AttestationsAlreadySet")
      .withArgs(windows.target);
  });

  describe("once it is named", () => {
    beforeEach(() => f.market.setAttestations(windows));

    it("to what they say", async () => {
      const { job, committed } = await attested(7);
      await settlesAfter(job, committed + 7);
    });

    it("never below the profile's least window", async () => {
      const { job, committed } = await attested(1);
      await settlesAfter(job, committed + f.parameters.fast.leastWindow);
    });

    it("never beyond the profile's window", async () => {
      const { job, committed } = await attested(10_000);
      await settlesAfter(job, committed + f.parameters.fast.challengeWindow);
    });

    it("not while they say nothing", async () => {
      const { job, committed } = await attested(0);
      await settlesAfter(job, committed + f.parameters.fast.challengeWindow);
    });

    it("not of jobs that buy none", async () => {
      const { job, committed } = await attested(5, FAST);
      await settlesAfter(job, committed + f.parameters.fast.challengeWindow);
    });

    it("not while a fallen claim of the unit waits for the verdict", async () => {
      const { job } = await attested(5);
      await steps.judge(job, f.workers[0], { fallen: FALL.silence, prover: f.stranger.address });
      await steps.settle(job);
      await steps.claim(job, f.workers[1]);
      await steps.commit(job, f.workers[1], 0, 1);
      const committed = await f.time.latest();
      await windows.choose(await steps.key(job, f.workers[1], 0, 1), committed + 5);
      await settlesAfter(job, committed + f.parameters.fast.challengeWindow);
      expect(await f.reserves.undecided(job.id, 0)).to.equal(0n);
    });

    it("and `due` says so", async () => {
      const { job, committed } = await attested(6);
      await f.time.increaseTo(committed + 6);
      expect([...(await f.market.due(job.terms, [0]))]).to.deep.equal([0n]);
      await f.time.increaseTo(committed + 7);
      expect([...(await f.market.due(job.terms, [0]))]).to.deep.equal([1n]);
    });
  });
});
