import { expect } from "chai";

import { gasOf, gasOfJob, measureGas, sum } from "../../../bench/gas/measure.ts";
import { complaints, readSnapshot } from "../../../bench/gas/snapshot.ts";
import { gasTable } from "../../../bench/gas/table.ts";
import { PEERS, TARGETS } from "../../../bench/gas/targets.ts";
import { deployMarketFixture, type MarketFixture } from "../../support/market-fixture.ts";
import { marketSteps, type Job, type MarketSteps } from "../../support/market-steps.ts";

/** Bytes of numbers in calldata that are no longer zero cost 12 gas more each. */
const CALLDATA_NOISE = 250;

describe("Gas", function () {
  this.timeout(120_000);

  it("is within its targets and within 1% of the committed snapshot", async () => {
    const gas = await measureGas();
    console.log(gasTable(gas).replace(/^/gm, "      "));
    expect(complaints(gas, await readSnapshot())).to.deep.equal([]);
  });

  it("of every target and every peer's figure stands beside one that is measured", async () => {
    const names = Object.keys(await readSnapshot());
    expect(names).to.include.members(Object.keys(TARGETS));
    expect(names).to.include.members(PEERS.map(({ beside }) => beside));
  });

  it("that moved, broke a target, vanished or appeared is complained of", () => {
    const good = { ...TARGETS, tip: 10_000 };
    expect(complaints(good, good)).to.deep.equal([]);
    expect(complaints({ ...good, tip: 10_100 }, good)).to.deep.equal([]);
    expect(complaints({ ...good, tip: 10_101 }, good)).to.deep.equal(["tip: 10000 → 10101"]);
    expect(complaints({ ...good, tip: 9_899 }, good)).to.deep.equal(["tip: 10000 → 9899"]);
    expect(complaints({ ...good, post: 130_001 }, { ...good, post: 130_001 })).to.have.length(1);
    expect(complaints({ ...good, cancel: 1 }, good)).to.deep.equal(["cancel: not in the snapshot"]);
    expect(complaints(good, { ...good, cancel: 1 })).to.deep.equal(["cancel: no longer measured"]);
  });

  describe("of no transaction grows", () => {
    let f: MarketFixture;
    let steps: MarketSteps;

    before(async () => {
      f = await deployMarketFixture();
      steps = marketSteps(f);
      // Recipients and the market hold something, so that no figure contains a first payment or a balance back to zero.
      await gasOfJob({ f, steps });
      await steps.post();
    });

    const unitSteps = async (job: Job, unit: number): Promise<Record<string, number>> => {
      const [worker] = f.workers;
      const publish = await gasOf(steps.publish(job));
      const claim = await gasOf(steps.claim(job, worker, [unit]));
      const commit = await gasOf(steps.commit(job, worker, unit));
      await steps.passWindow();
      const settle = await gasOf(steps.settle(job, [unit]));
      return { publish, claim, commit, settle, cancel: await gasOf(steps.cancel(job)) };
    };
    const expectEqual = (now: Record<string, number>, before: Record<string, number>): void => {
      for (const [name, gas] of Object.entries(now)) expect(gas, name).to.be.closeTo(before[name] ?? 0, CALLDATA_NOISE);
    };

    it("with the number of shards and units of the job", async () => {
      const cheap = { workPerShard: 1n, pricePerShard: 1n, keeperFee: 10n, collateralPerClaim: 10n ** 18n };
      const small = f.terms({ ...cheap, shards: 2 });
      const huge = f.terms({ ...cheap, shards: 4_000_000_000, rows: 4_000_000_000n });
      const post = async (terms: typeof small): Promise<[Job, number]> => {
        const gas = await gasOf(f.market.connect(f.poster).postJob(terms));
        return [{ terms, id: await f.market.jobIdOf(terms) }, gas];
      };
      const [smallJob, smallPost] = await post(small);
      const [hugeJob, hugePost] = await post(huge);
      expect(hugePost).to.be.closeTo(smallPost, CALLDATA_NOISE);
      expectEqual(await unitSteps(hugeJob, 3_999_999_998), await unitSteps(smallJob, 0));
    });

    it("with the number of jobs, units and claims already there", async () => {
      const shape = { shards: 2 };
      const before = await unitSteps(await steps.post(shape), 0);
      const crowd = Array.from({ length: 40 }, (_, index) => index);
      const large = await steps.post({ shards: 40, shardsPerClaim: 1 });
      await steps.work(large, f.workers[0], crowd);
      for (let index = 0; index < 20; index += 1) await steps.post(shape);
      expectEqual(await unitSteps(await steps.post(shape), 0), before);
      expect(await gasOf(f.market.connect(f.poster).postJob(f.terms(shape)))).to.be.lessThan(TARGETS.post ?? 0);
    });

    it("with the number of units already settled in the same job", async () => {
      const [worker] = f.workers;
      const job = await steps.post({ shards: 30, shardsPerClaim: 1 });
      await steps.work(
        job,
        worker,
        Array.from({ length: 30 }, (_, index) => index),
      );
      await steps.passWindow();
      const settles: number[] = [];
      for (let unit = 0; unit < 29; unit += 1) settles.push(await gasOf(steps.settle(job, [unit])));
      expect(Math.max(...settles.slice(1))).to.be.closeTo(Math.min(...settles.slice(1)), CALLDATA_NOISE);
      expect(settles[28]).to.be.at.most((settles[1] ?? 0) + CALLDATA_NOISE);
    });

    it("and a batch costs less per unit than its units one by one", async () => {
      const one = sum(await gasOfJob({ f, steps }));
      const ten = sum(await gasOfJob({ f, steps }, { shards: 10 })) / 10;
      expect(ten).to.be.lessThan(one / 2);
    });
  });
});
