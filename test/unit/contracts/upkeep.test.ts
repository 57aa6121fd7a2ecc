import { expect } from "chai";
import { AbiCoder } from "ethers";

import { termsType, type Terms } from "@orion/protocol/chain";

import { deployMarketFixture, type MarketFixture } from "../../support/market-fixture.ts";
import { FALL, marketSteps, type Job, type MarketSteps } from "../../support/market-steps.ts";

describe("MarketUpkeep", () => {
  let f: MarketFixture;
  let steps: MarketSteps;
  const coder = AbiCoder.defaultAbiCoder();

  before(async () => {
    f = await deployMarketFixture();
    steps = marketSteps(f);
  });
  afterEach(() => f.reset());

  const checkData = (terms: Terms, first: number, last: number, limit: number): string =>
    coder.encode([termsType(), "uint32", "uint32", "uint32"], [terms, first, last, limit]);
  const performData = (terms: Terms, settle: number[], expire: number[]): string =>
    coder.encode([termsType(), "uint32[]", "uint32[]"], [terms, settle, expire]);
  const check = async (job: Job, first: number, last: number, limit: number): Promise<[boolean, bigint[][]]> => {
    const [needed, data] = await f.upkeep.checkUpkeep(checkData(job.terms, first, last, limit));
    const [, settle, expire] = coder.decode([termsType(), "uint32[]", "uint32[]"], data) as unknown as [
      0,
      bigint[],
      bigint[],
    ];
    return [needed, [[...settle], [...expire]]];
  };

  /** Units 0, 1 to settle; 2, 3 to expire; 4 committed a moment ago; 5 free. */
  const busyJob = async (): Promise<Job> => {
    const job = await steps.post({ shards: 6, shardsPerClaim: 1 });
    await steps.work(job, f.workers[0], [0, 1]);
    await steps.claim(job, f.workers[0], [2, 3]);
    await steps.passClaimPeriod();
    await steps.work(job, f.workers[1], [4]);
    return job;
  };

  it("finds what is due in the range, settlements first, at most `limit`", async () => {
    const job = await busyJob();
    expect(await check(job, 0, 5, 10)).to.deep.equal([
      true,
      [
        [0n, 1n],
        [2n, 3n],
      ],
    ]);
    expect(await check(job, 0, 5, 3)).to.deep.equal([true, [[0n, 1n], [2n]]]);
    expect(await check(job, 0, 5, 1)).to.deep.equal([true, [[0n], []]]);
    expect(await check(job, 1, 2, 10)).to.deep.equal([true, [[1n], [2n]]]);
    expect(await check(job, 4, 5, 10)).to.deep.equal([false, [[], []]]);
    expect(await check(job, 0, 5, 0)).to.deep.equal([false, [[], []]]);
  });

  it("refuses a range that ends before it begins", async () => {
    const { terms } = await steps.post();
    await expect(f.upkeep.checkUpkeep(checkData(terms, 2, 1, 1)))
      .to.be.revertedWithCustomError(f.upkeep, "EmptyRange")
      .withArgs(2, 1);
  });

  it("performs what it found, for anyone, and nothing is left to do", async () => {
    const job = await busyJob();
    const [, data] = await f.upkeep.checkUpkeep(checkData(job.terms, 0, 5, 10));
    const performing = f.upkeep.connect(f.stranger).performUpkeep(data);
    await expect(performing).to.emit(f.market, "UnitSettled");
    await expect(performing).to.emit(f.market, "UnitExpired");
    expect(await check(job, 0, 3, 10)).to.deep.equal([false, [[], []]]);
    expect((await f.market.job(job.id)).unsettled).to.equal(4n);
  });

  it("trusts no performData: units that are not due are skipped, late or repeated calls change nothing", async () => {
    const job = await busyJob();
    const before = await f.market.job(job.id);
    await expect(
      f.upkeep.connect(f.stranger).performUpkeep(performData(job.terms, [2, 4, 5, 99], [0, 4, 5, 99])),
    ).to.emit(f.market, "ItemSkipped");
    expect(await f.market.job(job.id)).to.deep.equal(before);
    await f.upkeep.performUpkeep(performData(job.terms, [0, 1, 0], [2, 3, 2]));
    const after = await f.market.job(job.id);
    await f.upkeep.performUpkeep(performData(job.terms, [0, 1], [2, 3]));
    expect(await f.market.job(job.id)).to.deep.equal(after);
  });

  it("with nothing to do is a call without effect", async () => {
    const { terms } = await steps.post();
    await expect(f.upkeep.performUpkeep(performData(terms, [], []))).to.not.emit(f.market, "ItemSkipped");
  });

  it("also carries out what a fallen claim demands", async () => {
    const job = await steps.post();
    await steps.work(job, f.workers[0]);
    await steps.judge(job, f.workers[0], { fallen: FALL.proof });
    expect(await check(job, 0, 0, 1)).to.deep.equal([true, [[0n], []]]);
    await expect(f.upkeep.performUpkeep(performData(job.terms, [0], []))).to.emit(f.market, "UnitForfeited");
  });
});
