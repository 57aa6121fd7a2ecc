import { expect } from "chai";
import fc from "fast-check";

import { InvalidInputError } from "@orion/protocol/common";

import { chooseUnits, MAX_SHARDS_PER_CLAIM, smallestUnit, type CollateralBounds } from "../../../cli/job/units.ts";

const RUNS = 500 * Number(process.env.FUZZ_RUNS ?? "1");
const CREDIT = 10n ** 12n;
const ORION = 10n ** 18n;
const BOUNDS: CollateralBounds = { lowest: 5n * ORION, highest: 500n * ORION, perClaim: ORION };

/** What the market requires, written down a second time from its own rules. */
function isAccepted(
  job: { shards: number; workPerShard: bigint },
  { lowest, highest, perClaim }: CollateralBounds,
  { shardsPerClaim, collateralPerShard }: { shardsPerClaim: number; collateralPerShard: bigint },
): boolean {
  const low = (job.workPerShard * lowest + CREDIT - 1n) / CREDIT;
  const cap = (job.workPerShard * highest) / CREDIT;
  const high = cap > perClaim ? cap : perClaim;
  const rest = job.shards % shardsPerClaim;
  const smallest = collateralPerShard * BigInt(rest === 0 ? shardsPerClaim : rest);
  const inBounds = collateralPerShard >= low && collateralPerShard <= high;
  return inBounds && smallest >= perClaim && shardsPerClaim >= 1 && shardsPerClaim <= 1024;
}

describe("the cut of a job into units", () => {
  it("always gives terms that the market accepts", () => {
    const jobs = fc.record({
      shards: fc.integer({ min: 1, max: 100_000 }),
      workPerShard: fc.bigInt({ min: 1n, max: 10n ** 15n }),
      creditPrice: fc.bigInt({ min: 1n, max: 10n ** 20n }),
    });
    const property = fc.property(jobs, (job) => {
      const units = chooseUnits(job, BOUNDS, {});
      expect(isAccepted(job, BOUNDS, units)).to.equal(true);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it("fits a given collateral, or says that it can't", () => {
    const given = fc.record({
      shards: fc.integer({ min: 1, max: 5_000 }),
      collateralPerShard: fc.bigInt({ min: ORION / 1_000n, max: ORION }),
    });
    const property = fc.property(given, ({ shards, collateralPerShard }) => {
      const job = { shards, workPerShard: 1_000_000n, creditPrice: ORION };
      try {
        expect(isAccepted(job, BOUNDS, chooseUnits(job, BOUNDS, { collateralPerShard }))).to.equal(true);
      } catch (error) {
        expect(error).to.be.instanceOf(InvalidInputError);
        const sizes = Array.from({ length: Math.min(shards, MAX_SHARDS_PER_CLAIM) }, (_, i) => i + 1);
        const fits = (shardsPerClaim: number): boolean =>
          isAccepted(job, BOUNDS, { shardsPerClaim, collateralPerShard });
        expect(sizes.filter(fits)).to.deep.equal([]);
      }
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it("prefers units of one size", () => {
    const job = { shards: 1_000, workPerShard: CREDIT, creditPrice: ORION };
    const { shardsPerClaim } = chooseUnits(job, BOUNDS, {});
    expect(1_000 % shardsPerClaim).to.equal(0);
    expect(smallestUnit(1_000, shardsPerClaim)).to.equal(shardsPerClaim);
  });

  it("takes twenty times the price of the work as collateral where the bounds allow it", () => {
    const job = { shards: 16, workPerShard: CREDIT, creditPrice: 2n * ORION };
    expect(chooseUnits(job, BOUNDS, {}).collateralPerShard).to.equal(40n * ORION);
  });

  it("refuses a collateral outside the bounds and a last unit that locks too little", () => {
    const job = { shards: 10, workPerShard: 1_000_000n, creditPrice: ORION };
    expect(() => chooseUnits(job, BOUNDS, { collateralPerShard: 2n * ORION })).to.throw(InvalidInputError, "outside");
    const uneven = { shardsPerClaim: 4, collateralPerShard: ORION / 4n };
    expect(() => chooseUnits(job, BOUNDS, uneven)).to.throw(InvalidInputError, "smallest unit (2 shards)");
  });
});
