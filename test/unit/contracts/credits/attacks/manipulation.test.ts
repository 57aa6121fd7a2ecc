import { expect } from "chai";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import {
  MAX_UINT128,
  deployCreditsFixture,
  expectAbout,
  withBothParameters,
  type CreditsFixture,
} from "../../../../support/credits-fixture.ts";
import { mostProfitableSale, sqrt } from "../../../../support/credits-maths.ts";
import { CU, DAY, ORION } from "../../../../support/market-fixture.ts";

const PRICE = 4n * ORION;
/** ORION in the pool at the true price. */
const DEPTH = 40_000n * ORION;
const MINT_GAS = { gasLimit: 3_000_000 } as const;

withBothParameters(({ creditsFirst, network }) => {
  describe("Attack: moving the price that sets the collateral", () => {
    let f: CreditsFixture;
    let restore: () => Promise<void>;

    before(async () => {
      f = await deployCreditsFixture({ creditsFirst, network });
      await f.provide((DEPTH * CU) / PRICE, PRICE);
      // What it sells in the attacks below it has minted over many hours, within their quotas.
      await f.gather(f.attacker, 80_000n * CU);
      await f.hours(1);
      await f.gather(f.minter, 5_200n * CU);
      await f.week();
    });
    beforeEach(async () => {
      restore = await f.mark();
    });
    afterEach(() => restore());

    /**
     * What somebody has, credits at the true price: a position is worth its lock less its debt, or nothing, since nobody has to redeem.
     */
    const wealth = async (of: HardhatEthersSigner): Promise<bigint> => {
      const { orion, credits } = await f.purse(of);
      let sum = orion + (credits * PRICE) / CU;
      for (let id = 1n; id <= (await f.credits.positions()); id += 1n) {
        const { owner, debt, lock } = await f.credits.position(id);
        const left = lock - (debt * PRICE) / CU;
        if (owner === of.address && left > 0n) sum += left;
      }
      return sum;
    };
    /** Sells until a credit costs `price`. */
    const pushDown = async (by: HardhatEthersSigner, price: bigint): Promise<void> => {
      const { orion, credits } = await f.reserves();
      await f.sell(by, ((sqrt((orion * credits * CU) / price) - credits) * 1_000n) / 997n);
    };
    /** Buys until a credit costs `price`. */
    const pushUp = async (by: HardhatEthersSigner, price: bigint): Promise<void> => {
      const { orion, credits } = await f.reserves();
      await f.buy(by, ((sqrt((orion * credits * price) / CU) - orion) * 1_000n) / 997n);
    };

    it("down, within one block, changes no lock and costs the fees", async () => {
      const before = await wealth(f.attacker);
      const { orion, credits } = await f.reserves();
      const all = 30_000n * CU;
      const out = (orion * all * 997n) / (credits * 1_000n + all * 997n);
      await f.inOneBlock(
        () => f.sell(f.attacker, all),
        () => f.credits.connect(f.attacker).mint(CU, 10 * DAY, MAX_UINT128, f.attacker, MINT_GAS),
        () => f.buy(f.attacker, out),
      );
      expectAbout(await f.lockOf(await f.credits.positions()), 2n * PRICE);
      // 0.3% of each way's 30,000 ORION; what is left of the sale's effect is the attacker's loss too.
      expect(before - (await wealth(f.attacker))).to.be.above((out * 6n) / 1_000n);
    });

    it("up, within one block, changes nobody's lock", async () => {
      await f.inOneBlock(
        () => f.buy(f.attacker, 1_000_000n * ORION),
        () => f.credits.connect(f.minter).mint(CU, 10 * DAY, MAX_UINT128, f.minter, MINT_GAS),
      );
      expectAbout(await f.lockOf(await f.credits.positions()), 2n * PRICE);
    });

    it("down by half for a day lowers the collateral by a tenth", async () => {
      // Observations for each hour of a week.
      await f.hours(170);
      await pushDown(f.attacker, PRICE / 2n);
      await f.hours(24);
      const each = await f.credits.collateralPerCredit();
      // 2^(−1/7) = 0.906.
      expect(each).to.be.closeTo((2n * PRICE * 906n) / 1_000n, PRICE / 100n);
    });

    /** Holds the price at a quarter for a week, brings it back, mints at what is then asked and sells as long as that pays. */
    const depress = async (trades: number): Promise<bigint> => {
      const before = await wealth(f.attacker);
      await pushDown(f.attacker, PRICE / 4n);
      for (let day = 0; day < 8; day += 1) {
        await f.hours(24);
        if (day >= trades) continue;
        // Anybody buys what is cheap, and the attacker starts again.
        await pushUp(f.holder, PRICE);
        await pushDown(f.attacker, PRICE / 4n);
      }
      await pushUp(f.attacker, PRICE);
      const each = await f.credits.collateralPerCredit();
      expect(each).to.be.below((PRICE * 7n) / 10n);
      const [wanted, room] = [mostProfitableSale(await f.reserves(), each), await f.credits.mintable()];
      const debt = wanted < room ? wanted : room;
      if (debt > 0n) await f.mint(f.attacker, debt);
      await f.sell(f.attacker, debt);
      return (await wealth(f.attacker)) - before;
    };

    it("down for a week costs half of the pool with one trade against it, five times what it can bring", async () => {
      const gain = await depress(1);
      // The sale to a quarter hands over credits worth DEPTH for half of that.
      expect(gain).to.be.below((-40n * DEPTH) / 100n);
    });

    it("down for a week pays only if nobody trades against it all week: then 9% of the pool, less its fees", async () => {
      const gain = await depress(0);
      // DEPTH · (1 − √(1/2))², of which the fees of two ways take a part: the providers of liquidity sold too cheap for a week.
      expect(gain).to.be.below((86n * DEPTH) / 1_000n);
      // It gains nothing from collateral: every credit is backed at the floor or above.
      const { debt, lock } = await f.credits.position(await f.credits.positions());
      expect(lock * CU).to.be.at.least(debt * f.parameters.creditsFloor);
    });

    it("up fourfold for an hour costs half of the pool when somebody sells into it, and takes nothing from anyone", async () => {
      const id = await f.credits.positions();
      await f.credits.connect(f.minter).transfer(f.holder, 5_200n * CU);
      const position = await f.credits.position(id);
      const before = await wealth(f.attacker);
      await pushUp(f.attacker, 4n * PRICE);
      await f.hours(2);
      // Mints and rolls are dearer while it lasts.
      expect(await f.credits.collateralPerCredit()).to.be.above(7n * PRICE);
      expect(await f.credits.position(id)).to.deep.equal(position);
      await pushDown(f.holder, PRICE);
      expect(before - (await wealth(f.attacker))).to.be.above((48n * DEPTH) / 100n);
      // Two hours later nothing is left of it but two hours' weight in the week.
      await f.hours(3);
      expect(await f.credits.collateralPerCredit()).to.be.below((2n * PRICE * 103n) / 100n);
      expect(await f.credits.position(id)).to.deep.equal(position);
    });

    it("of any size and for weeks closes, releases and changes no position", async () => {
      const ids = [await f.mint(f.minter, 10n * CU, 30 * DAY), await f.mint(f.holder, 7n, 30 * DAY), 1n];
      const positions = await Promise.all(ids.map((id) => f.credits.position(id)));
      const check = async (): Promise<void> => {
        expect(await Promise.all(ids.map((id) => f.credits.position(id)))).to.deep.equal(positions);
        expect(await f.orion.balanceOf(f.credits)).to.equal(await f.credits.totalLocked());
      };
      // With eight times as many credits as the pool holds.
      for (const price of [PRICE / 64n, 64n * PRICE, PRICE / 10n]) {
        await (price < PRICE ? pushDown : pushUp)(f.attacker, price);
        await f.week();
        await check();
      }
      for (const [index, who] of [f.minter, f.holder].entries()) {
        const { debt, lock } = positions[index] ?? { debt: 0n, lock: 0n };
        await expect(f.credits.connect(f.attacker).deliver(ids[index] ?? 0n, 1n)).to.be.revertedWithCustomError(
          f.credits,
          "NotEnded",
        );
        const before = await f.orion.balanceOf(who);
        await f.credits.connect(who).redeem(ids[index] ?? 0n, debt);
        expect((await f.orion.balanceOf(who)) - before).to.equal(lock);
      }
    });
  });
});
