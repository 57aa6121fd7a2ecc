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
const BUDGET = 10_000n * ORION;

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

    /** Locks all ORION that the attacker has and sells what it mints. */
    const round = async (): Promise<{ locked: bigint; got: bigint; each: bigint }> => {
      const each = await f.credits.collateralPerCredit();
      const had = await f.orion.balanceOf(f.attacker);
      // A little less than all: the means move by the second.
      const debt = (had * CU * 999n) / (each * 1_000n);
      await f.credits.connect(f.attacker).mint(debt, 30 * DAY, MAX_UINT128, f.attacker);
      const rest = await f.orion.balanceOf(f.attacker);
      await f.sell(f.attacker, debt);
      return { locked: had - rest, got: (await f.orion.balanceOf(f.attacker)) - rest, each };
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

    it("brings less than half of each lock, at collateral that its own sales do not lower", async () => {
      const first = await f.credits.collateralPerCredit();
      let [locked, got] = [0n, 0n];
      for (let n = 0; n < 12; n += 1) {
        const one = await round();
        expect(one.each).to.be.at.least((first * 9_999n) / 10_000n);
        expect(2n * one.got).to.be.below(one.locked);
        [locked, got] = [locked + one.locked, got + one.got];
        await expectBacked();
      }
      // Twice the budget at most is ever locked (1 + 1/2 + 1/4 …), and half of that comes out.
      expect(locked).to.be.below(2n * BUDGET);
      expect(2n * got).to.be.below(locked);
      expect(await f.orion.balanceOf(f.attacker)).to.equal(BUDGET - locked + got);
    });

    it("is undone at a loss of the exchange's fees", async () => {
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

    it("over weeks, while its sales pull the mean down, still locks more than it gets, and no credit below the floor", async () => {
      let [locked, got] = [0n, 0n];
      for (let week = 0; week < 6; week += 1) {
        // Fresh money each week.
        await f.orion.transfer(f.attacker, BUDGET);
        const one = await round();
        expect(one.each).to.be.at.least(f.parameters.creditsFloor);
        expect(one.got).to.be.below(one.locked);
        [locked, got] = [locked + one.locked, got + one.got];
        await expectBacked();
        await f.week();
      }
      // The mean fell, so that the collateral of the last week was near the floor.
      expect(await f.credits.collateralPerCredit()).to.be.below(2n * f.parameters.creditsFloor);
      expect(got).to.be.below((locked * 6n) / 10n);
    });

    it("after a leap of the price sells it down to the collateral and no further", async () => {
      // A buyer in haste lifts the price tenfold.
      await f.buy(f.holder, 86_500n * ORION);
      const leapt = await f.reserves();
      expect((leapt.orion * CU) / leapt.credits).to.be.above(9n * PRICE);
      const each = await f.credits.collateralPerCredit();
      const debt = mostProfitableSale(leapt, each);
      await f.orion.transfer(f.attacker, 1_000_000n * ORION);
      const id = await f.mint(f.attacker, debt);
      await f.sell(f.attacker, debt);
      const now = await f.reserves();
      expect((now.orion * CU) / now.credits).to.be.closeTo(each, each / 100n);
      expect((await f.lockOf(id)) * CU).to.be.at.least(debt * ((each * 9_999n) / 10_000n));
      // One more credit costs more than it brings.
      const before = await f.orion.balanceOf(f.attacker);
      await f.mint(f.attacker, 100n * CU);
      await f.sell(f.attacker, 100n * CU);
      expect(await f.orion.balanceOf(f.attacker)).to.be.below(before);
      await expectBacked();
    });
  });
});
