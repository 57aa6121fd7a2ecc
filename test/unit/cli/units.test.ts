import { expect } from "chai";
import fc from "fast-check";

import { CREDIT, InvalidInputError } from "@orion/protocol/common";

import { chooseUnits, smallestUnit, type CollateralBounds } from "../../../cli/job/units.ts";

const RUNS = 500 * Number(process.env.FUZZ_RUNS ?? "1");
const ORION = 10n ** 18n;
const BOUNDS: CollateralBounds = { lowest: 5n * ORION, highest: 500n * ORION, perClaim: ORION };

/** What the market requires, written down a second time from its own rules. */
function isAccepted(
  job: { workPerShard: bigint },
  { lowest, highest, perClaim }: CollateralBounds,
  { shardsPerClaim, collateralPerClaim }: { shardsPerClaim: number; collateralPerClaim: bigint },
): boolean {
  const work = job.workPerShard * BigInt(shardsPerClaim);
  const least = (work * lowest + CREDIT - 1n) / CREDIT;
  const most = (work * highest) / CREDIT;
  const inBounds =
    collateralPerClaim >= (least > perClaim ? least : perClaim) &&
    collateralPerClaim <= (most > perClaim ? most : perClaim);
  return inBounds && shardsPerClaim >= 1 && shardsPerClaim <= 1024;
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
      collateralPerClaim: fc.bigInt({ min: ORION / 1_000n, max: 2n * ORION }),
    });
    const property = fc.property(given, ({ shards, collateralPerClaim }) => {
      const job = { shards, workPerShard: 1_000_000n, creditPrice: ORION };
      try {
        expect(isAccepted(job, BOUNDS, chooseUnits(job, BOUNDS, { collateralPerClaim }))).to.equal(true);
      } catch (error) {
        expect(error).to.be.instanceOf(InvalidInputError);
        // So little work is locked with the market's own least, neither more nor less.
        expect(collateralPerClaim).to.not.equal(BOUNDS.perClaim);
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
    expect(chooseUnits(job, BOUNDS, {}).collateralPerClaim).to.equal(40n * ORION);
    expect(chooseUnits(job, BOUNDS, { shardsPerClaim: 3 }).collateralPerClaim).to.equal(120n * ORION);
  });

  it("refuses a collateral outside the bounds", () => {
    const job = { shards: 10, workPerShard: 1_000_000n, creditPrice: ORION };
    for (const collateralPerClaim of [2n * ORION, ORION / 2n]) {
      expect(() => chooseUnits(job, BOUNDS, { collateralPerClaim })).to.throw(InvalidInputError, "outside");
    }
  });
});
