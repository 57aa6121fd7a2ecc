import { expect } from "chai";

import {
  MAX_UINT128,
  deployCreditsFixture,
  withBothParameters,
  type CreditsFixture,
} from "../../../../support/credits-fixture.ts";
import { mostProfitableSale } from "../../../../support/credits-maths.ts";
import { CU, DAY, ORION } from "../../../../support/market-fixture.ts";

const PRICE = 4n * ORION;
const BUDGET = 1_600n * ORION;

withBothParameters(({ creditsFirst, network }) => {
  describe("Attack: minting again and again with what the minted credits bring", () => {
    let f: CreditsFixture;
    let restore: () => Promise<void>;

    before(async () => {
      f = await deployCreditsFixture({ creditsFirst, network });
      await f.provide(10_000n * CU, PRICE);
      await f.week();
      await f.orion.connect(f.attacker).transfer(f.owner, (await f.orion.balanceOf(f.attacker)) - BUDGET);
    });
    beforeEach(async () => {
      restore = await f.mark();
    });
    afterEach(() => restore());

    /** Locks all ORION that the attacker has, as far as the hour's quota goes, and sells what it mints; the next hour begins. */
    const round = async (): Promise<{ locked: bigint; got: bigint; burned: bigint; each: bigint }> => {
      const each = await f.credits.collateralPerCredit();
      const had = await f.orion.balanceOf(f.attacker);
      // A little less than all: there is a fee of 2% at most, and the means move by the second.
      const [affordable, room] = [(had * CU * 98n) / (each * 100n), await f.credits.mintable()];
      const debt = affordable < room ? affordable : room;
      const supply = await f.orion.totalSupply();
      const id = await f.mint(f.attacker, debt, 30 * DAY);
      const rest = await f.orion.balanceOf(f.attacker);
      const burned = supply - (await f.orion.totalSupply());
      await f.sell(f.attacker, debt);
      const got = (await f.orion.balanceOf(f.attacker)) - rest;
      expect(had - rest).to.equal((await f.lockOf(id)) + burned);
      await f.hours(1);
      return { locked: had - rest, got, burned, each };
    };
    const expectBacked = async (): Promise<void> => {
      let [debts, locks] = [0n, 0n];
      for (let id = 1n; id <= (await f.credits.positions()); id += 1n) {
        const { debt, lock } = await f.credits.position(id);
        expect(lock * CU).to.be.at.least(debt * f.parameters.creditsFloor);
        [debts, locks] = [debts + debt, locks + lock];
      }
      expect(await f.credits.totalSupply()).to.equal(debts);
      expect(await f.orion.balanceOf(f.credits)).to.equal(locks);
    };

    it("brings less than half of each lock, at collateral that its own sales hardly lower, and burns a fee each time", async () => {
      const first = await f.credits.collateralPerCredit();
      let [locked, got] = [0n, 0n];
      for (let n = 0; n < 12; n += 1) {
        const one = await round();
        expect(one.each).to.be.at.least((first * 98n) / 100n);
        expect(2n * one.got).to.be.below(one.locked);
        expect(one.burned * 10_000n).to.be.at.least((one.locked - one.burned) * 25n);
        [locked, got] = [locked + one.locked, got + one.got];
        await expectBacked();
      }
      // Twice the budget at most is ever locked (1 + 1/2 + 1/4 …), and half of that comes out.
      expect(locked).to.be.below(2n * BUDGET);
      expect(2n * got).to.be.below(locked);
      expect(await f.orion.balanceOf(f.attacker)).to.equal(BUDGET - locked + got);
    });

    it("is undone at a loss of the exchange's fees and of those of its mints", async () => {
      const positions = [];
      for (let n = 0; n < 6; n += 1) {
        await round();
        positions.push(await f.credits.positions());
      }
      // What the exchange's fees will ask for, and some.
      const extra = 300n * ORION;
      await f.orion.transfer(f.attacker, extra);
      // Backwards: the last position is bought back first, with the proceeds that were not locked again.
      for (const id of positions.reverse()) {
        const { debt } = await f.credits.position(id);
        await f.dex.connect(f.attacker).swapExactOut({
          ...{ tokenIn: f.orion, hops: [{ tokenOut: f.credits, fee: 30n }], amountOut: debt, maxIn: MAX_UINT128 },
          ...{ to: f.attacker, deadline: MAX_UINT128 },
        });
        await f.credits.connect(f.attacker).redeem(id, debt);
      }
      const end = await f.orion.balanceOf(f.attacker);
      expect(end)
        .to.be.below(BUDGET + extra)
        .and.above(BUDGET);
      await expectBacked();
    });

    it("over weeks, an hour's quota at a time, locks more than it gets, and no credit below the floor", async () => {
      let [locked, got] = [0n, 0n];
      const first = await f.credits.collateralPerCredit();
      for (let week = 0; week < 3; week += 1) {
        for (let hour = 0; hour < 12; hour += 1) {
          // Fresh money each hour.
          await f.orion.transfer(f.attacker, BUDGET);
          const one = await round();
          expect(one.each).to.be.at.least(f.parameters.creditsFloor);
          expect(one.got).to.be.below(one.locked);
          [locked, got] = [locked + one.locked, got + one.got];
        }
        await expectBacked();
        await f.week();
      }
      // Its sales pulled the mean down, and with it what it had to lock; it always got much less.
      expect(await f.credits.collateralPerCredit()).to.be.below((first * 3n) / 4n);
      expect(got).to.be.below((locked * 6n) / 10n);
    });

    it("after a leap of the price sells a fiftieth of the pool's credits an hour, not all that would pay", async () => {
      // A buyer in haste lifts the price tenfold.
      await f.buy(f.holder, 86_500n * ORION);
      const leapt = await f.reserves();
      expect((leapt.orion * CU) / leapt.credits).to.be.above(9n * PRICE);
      const each = await f.credits.collateralPerCredit();
      await f.orion.transfer(f.attacker, 1_000_000n * ORION);
      // Without a quota it would mint this much at the mean's price and sell it into the leap.
      expect(mostProfitableSale(leapt, each)).to.be.above(3_000n * CU);
      const room = await f.credits.mintable();
      expect(room).to.equal(200n * CU);
      const before = await f.orion.balanceOf(f.attacker);
      await f.mint(f.attacker, room);
      await f.sell(f.attacker, room);
      const gain = (await f.orion.balanceOf(f.attacker)) - before;
      await expect(f.mint(f.attacker, 1n)).to.be.revertedWithCustomError(f.credits, "QuotaExceeded");
      // At most the leap itself on a fiftieth of what the pool held.
      expect(gain).to.be.below(200n * 10n * PRICE);
      await f.hours(2);
      // The mean of the hour has followed: one more credit costs more than it brings.
      const later = await f.orion.balanceOf(f.attacker);
      await f.mint(f.attacker, 10n * CU);
      await f.sell(f.attacker, 10n * CU);
      expect(await f.orion.balanceOf(f.attacker)).to.be.below(later);
      await expectBacked();
    });
  });
});
