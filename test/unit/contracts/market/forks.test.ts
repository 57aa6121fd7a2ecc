import { expect } from "chai";
import { ZeroHash } from "ethers";

import { deployMarketFixture, type MarketFixture } from "../../../support/market-fixture.ts";
import { OUTPUTS_ROOT, OUTPUTS, marketSteps, type Job, type MarketSteps } from "../../../support/market-steps.ts";

/** A reorganisation as contracts see it: the same signed calls arrive on a history in which something else has happened. */
describe("Moves that were signed on another fork", () => {
  let f: MarketFixture;
  let steps: MarketSteps;
  let job: Job;

  before(async () => {
    f = await deployMarketFixture();
    steps = marketSteps(f);
  });
  beforeEach(async () => {
    job = await steps.post({ shards: 4, shardsPerClaim: 4 });
  });
  afterEach(() => f.reset());

  /** What the worker signed where it held attempt 0 of the unit. */
  const signedCommit = async (): Promise<() => Promise<unknown>> => {
    const key = await steps.key(job, f.workers[0], 0, 0);
    return () => f.market.connect(f.workers[0]).commit(job.terms, 0, key, OUTPUTS_ROOT, OUTPUTS);
  };

  it("a commit reverts where the same worker holds the unit in another attempt", async () => {
    const commit = await signedCommit();
    await steps.claim(job, f.workers[1]);
    await steps.passClaimPeriod();
    await steps.expire(job);
    await steps.claim(job, f.workers[0]);
    await expect(commit())
      .to.be.revertedWithCustomError(f.market, "WrongKey")
      .withArgs(await steps.key(job, f.workers[0], 0, 1), await steps.key(job, f.workers[0], 0, 0));
  });

  it("a commit reverts where another worker was faster", async () => {
    const commit = await signedCommit();
    await steps.claim(job, f.workers[1]);
    await expect(commit()).to.be.revertedWithCustomError(f.market, "NotAssignee");
  });

  it("a commit reverts where the job was never posted", async () => {
    const commit = await signedCommit();
    const elsewhere = { ...job.terms, salt: ZeroHash };
    await expect(commit()).to.be.revertedWithCustomError(f.market, "NotAssignee");
    const unposted = f.market.connect(f.workers[0]).claim(elsewhere, [0]);
    await expect(unposted).to.be.revertedWithCustomError(f.market, "UnknownJob");
  });

  it("a time-out, an answer and a seal of a claim mean nothing to the claim that stands there instead", async () => {
    const lost = await steps.key(job, f.workers[0], 0, 0);
    await steps.work(job, f.workers[1]);
    const subject = await f.disputes.subjectOf(1, OUTPUTS_ROOT);
    await expect(f.disputes.timeout(f.market, lost, subject)).to.be.revertedWithCustomError(f.disputes, "NoOpenDemand");
    await expect(f.disputes.respond(f.market, lost, 1, OUTPUTS_ROOT, "0x")).to.be.revertedWithCustomError(
      f.disputes,
      "NoOpenDemand",
    );
    const kept = await steps.key(job, f.workers[1], 0, 0);
    expect(await f.disputes.claimIdOf(f.market, lost)).to.not.equal(await f.disputes.claimIdOf(f.market, kept));
    expect((await f.disputes.outcome(f.market, kept)).fallen).to.equal(0);
  });
});
