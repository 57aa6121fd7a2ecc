import { expect } from "chai";

import type { ClaimFixture } from "../../support/claim-fixture.ts";
import { Schedule } from "../../support/demands/schedule.ts";
import { deployDisputes, smallClaim, type DisputeFixture } from "../../support/dispute-fixture.ts";

const SEEDS = 4 * Math.max(1, Number(process.env.FUZZ_RUNS) || 1);

describe("an honest worker against random schedules of demands", () => {
  let f: DisputeFixture;
  let fixtures: ClaimFixture[];

  before(async () => {
    f = await deployDisputes();
    fixtures = [smallClaim(), smallClaim({ outputs: 2 })];
  });

  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`answers all in time with a quarter of each turn, settles within its bound and earns every prepayment: seed ${String(seed)}`, async () => {
      const { demands } = await Schedule.play(f, fixtures, seed);
      expect(demands).to.be.greaterThan(0);
    });
  }
});
