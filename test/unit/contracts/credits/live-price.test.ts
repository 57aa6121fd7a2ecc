import { expect } from "chai";

import {
  HOUR,
  MAX_UINT128,
  deployCreditsFixture,
  expectAbout,
  inBothOrders,
  type CreditsFixture,
} from "../../../support/credits-fixture.ts";
import { rollFee } from "../../../support/credits-maths.ts";
import { CU, DAY, ORION } from "../../../support/market-fixture.ts";

const PRICE = 4n * ORION;

inBothOrders((creditsFirst) => {
  describe("ComputeCredits: price of the exchange", () => {
    let f: CreditsFixture;
    let floor: bigint;
    let restore: () => Promise<void>;

    before(async () => {
      f = await deployCreditsFixture({ creditsFirst });
      floor = f.parameters.creditsFloor;
    });
    beforeEach(async () => {
      restore = await f.mark();
    });
    afterEach(() => restore());

    const expectNoPrice = async (): Promise<void> => {
      expect(await f.credits.isPriceLive()).to.equal(false);
      expect(await f.credits.collateralPerCredit()).to.equal(floor);
      expect((await f.credits.hourlyQuota()).quota).to.equal(f.parameters.creditsBootstrapCap / 24n);
    };
    /** The pool's credits at the third-lowest of the last 24 observations, as anybody can read them. */
    const thirdLowest = async (): Promise<bigint> => {
      const seen: bigint[] = [];
      for (let back = 0n; back < 24n; back += 1n) {
        const { reserve0, reserve1 } = await f.dex.observation(f.pool, back);
        seen.push(creditsFirst ? reserve0 : reserve1);
      }
      return seen.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))[2] ?? 0n;
    };
    const expectLive = async (): Promise<void> => {
      expect(await f.credits.isPriceLive()).to.equal(true);
      expect((await f.credits.hourlyQuota()).quota).to.equal((await thirdLowest()) / 50n);
    };

    describe("while there is none", () => {
      it("in a pool of today: the floor, the bootstrap cap, a mean of zero", async () => {
        await f.provide(10_000n * CU, PRICE);
        await expectNoPrice();
        expect(await f.credits.meanPrice(HOUR)).to.equal(0n);
        const id = await f.mint(f.minter, 3n * CU);
        expect(await f.lockOf(id)).to.equal(3n * floor);
      });

      it("in a pool younger than a week, to the second, whatever its depth and price", async () => {
        await f.provide(10_000n * CU, PRICE);
        const created = (await f.dex.observation(f.pool, 0n)).time;
        await f.time.increase(5 * DAY);
        await f.hours(24);
        await f.time.increaseTo(created + BigInt(7 * DAY) - 1n);
        await expectNoPrice();
        await f.time.increaseTo(created + BigInt(7 * DAY));
        await expectLive();
        expectAbout(await f.credits.collateralPerCredit(), 2n * PRICE);
      });

      it("with a bootstrap cap above the cap lets no more exist than the cap, nor a larger quota", async () => {
        const caps = { creditsCap: 2_400n * CU, creditsBootstrapCap: 48_000n * CU };
        const odd = await deployCreditsFixture({ creditsFirst, caps });
        await expect(odd.credits.open(2_400n * CU + 1n, 10_000n * ORION))
          .to.be.revertedWithCustomError(odd.credits, "CapExceeded")
          .withArgs(2_400n * CU + 1n, 2_400n * CU);
        await odd.provide(2_350n * CU, PRICE);
        expect((await odd.credits.hourlyQuota()).quota).to.equal(100n * CU);
        expect(await odd.credits.mintable()).to.equal(50n * CU);
        await expect(odd.mint(odd.minter, 50n * CU + 1n))
          .to.be.revertedWithCustomError(odd.credits, "CapExceeded")
          .withArgs(2_400n * CU + 1n, 2_400n * CU);
        await odd.mint(odd.minter, 50n * CU);
      });

      it("in a pool that was deep for its first day only", async () => {
        const deep = f.parameters.creditsMinDepth;
        await f.provide((deep * CU) / PRICE, PRICE);
        await f.remove(f.owner, 100n);
        await f.hours(7 * 24 + 1);
        await expectNoPrice();
      });
    });

    describe("while it is live", () => {
      beforeEach(async () => {
        await f.provide(10_000n * CU, PRICE);
        // Sold in some of the tests; minted while the bootstrap's quota is large.
        await f.mint(f.minter, 50_000n * CU, 30 * DAY);
        await f.week();
      });

      it("asks for twice the mean of the last week, at an even price", async () => {
        await expectLive();
        expectAbout(await f.credits.meanPrice(7 * DAY), PRICE);
        const price = await f.credits.collateralPerCredit();
        expectAbout(price, 2n * PRICE);
        const id = await f.mint(f.minter, 3n * CU);
        // The mean's last digits move with the seconds.
        expectAbout(await f.lockOf(id), 3n * price);
      });

      it("asks for twice the mean of the last hour where that is higher", async () => {
        // The price doubles: ORION in the pool by the root of two.
        await f.buy(f.holder, 16_570n * ORION);
        await f.hours(2);
        const { orion, credits } = await f.reserves();
        const spot = (orion * CU) / credits;
        expectAbout(await f.credits.meanPrice(HOUR), spot);
        expect(await f.credits.meanPrice(7 * DAY)).to.be.below((spot * 6n) / 10n);
        expectAbout(await f.credits.collateralPerCredit(), 2n * spot);
      });

      it("asks for twice the mean of the last week where that is higher", async () => {
        await f.sell(f.minter, 10_000n * CU);
        await f.hours(2);
        expect(await f.credits.meanPrice(HOUR)).to.be.below(PRICE / 3n);
        const week = await f.credits.meanPrice(7 * DAY);
        expect(week).to.be.above((PRICE * 95n) / 100n);
        expect(await f.credits.collateralPerCredit()).to.equal(2n * week);
      });

      it("never asks for less than the floor", async () => {
        await f.sell(f.minter, 40_000n * CU);
        await f.week();
        await f.week();
        await expectLive();
        expect(2n * (await f.credits.meanPrice(7 * DAY))).to.be.below(floor);
        expect(await f.credits.collateralPerCredit()).to.equal(floor);
      });

      it("is the mean at every window that the history reaches, and zero beyond", async () => {
        const oldest = (await f.dex.observation(f.pool, 24n)).time;
        const age = BigInt(await f.time.latest()) - oldest;
        expectAbout(await f.credits.meanPrice(age), PRICE);
        expect(await f.credits.meanPrice(age + 1n)).to.equal(0n);
        expect(await f.credits.meanPrice(0n)).to.equal(0n);
        expect(await f.credits.meanPrice(2n ** 40n)).to.equal(0n);
      });

      it("stays live in a pool where nothing happens for a month", async () => {
        await f.time.increase(30 * DAY);
        await expectLive();
        expectAbout(await f.credits.collateralPerCredit(), 2n * PRICE);
      });

      it("mints beyond the bootstrap cap, within the hour's quota, up to the cap", async () => {
        const caps = { creditsCap: 30_000n * CU, creditsBootstrapCap: 29_900n * CU };
        const narrow = await deployCreditsFixture({ creditsFirst, caps });
        await narrow.provide(10_000n * CU, PRICE);
        await narrow.gather(narrow.minter, 19_900n * CU);
        expect(await narrow.credits.mintable()).to.equal(0n);
        await narrow.week();
        expect(await narrow.credits.mintable()).to.equal(100n * CU);
        await expect(narrow.mint(narrow.minter, 100n * CU + 1n))
          .to.be.revertedWithCustomError(narrow.credits, "CapExceeded")
          .withArgs(30_000n * CU + 1n, 30_000n * CU);
        await narrow.mint(narrow.minter, 100n * CU);
        expect(await narrow.credits.mintable()).to.equal(0n);
      });

      it("lets a fiftieth of the pool's credits be minted in an hour, at the third-lowest observation of a day", async () => {
        expect((await f.credits.hourlyQuota()).quota).to.equal(200n * CU);
        // Two hours at half of the credits change nothing, a third one does.
        for (const [hours, quota] of [
          [1, 200n * CU],
          [1, 200n * CU],
          [1, 100n * CU],
        ] as const) {
          const { orion } = await f.reserves();
          if (orion < 50_000n * ORION) await f.buy(f.holder, 40_120n * ORION);
          await f.hours(hours);
          expect((await f.credits.hourlyQuota()).quota).to.be.closeTo(quota, CU / 10n);
          await expectLive();
        }
      });
    });

    describe("while the pool is thin", () => {
      beforeEach(async () => {
        await f.provide(10_000n * CU, PRICE);
        await f.week();
        await f.remove(f.owner, 9_900n);
      });

      it("the price goes on to raise the collateral of new credits, under the bootstrap cap", async () => {
        await expectLive();
        await f.hours(2);
        await expectLive();
        await f.hours(1);
        expect(await f.credits.isPriceLive()).to.equal(false);
        expectAbout(await f.credits.collateralPerCredit(), 2n * PRICE);
        expect((await f.credits.hourlyQuota()).quota).to.equal(f.parameters.creditsBootstrapCap / 24n);
        const id = await f.mint(f.minter, CU);
        expectAbout(await f.lockOf(id), 2n * PRICE);
      });

      it("counts hours in which nobody made an observation as thin", async () => {
        await f.beforeHour(1);
        await f.time.increase(2 * HOUR);
        await expectLive();
        await f.time.increase(HOUR);
        expect(await f.credits.isPriceLive()).to.equal(false);
        expectAbout(await f.credits.collateralPerCredit(), 2n * PRICE);
      });

      it("asks positions that exist for the floor only, a day at a time, in their last day", async () => {
        await f.hours(3);
        const id = await f.mint(f.minter, CU, 2 * DAY);
        const { lock, debt, end } = await f.credits.position(id);
        const roll = async (by = f.minter) => await f.credits.connect(by).roll(id, 30 * DAY, MAX_UINT128);
        await expect(roll())
          .to.be.revertedWithCustomError(f.credits, "RollTooEarly")
          .withArgs(id, end - BigInt(DAY));
        const day = rollFee(lock, BigInt(DAY));
        for (const days of [1n, 2n]) {
          await f.time.increaseTo(end + (days - 2n) * BigInt(DAY));
          await expect(roll()).to.changeTokenBalance(f.ethers, f.orion, f.minter, -day);
          expect(await f.credits.position(id)).to.deep.equal([f.minter.address, end + days * BigInt(DAY), debt, lock]);
          await expect(roll()).to.be.revertedWithCustomError(f.credits, "RollTooEarly");
        }
        await f.time.increaseTo(end + BigInt(DAY));
        await expect(roll(f.holder)).to.be.revertedWithCustomError(f.credits, "NothingToTopUp");
      });

      it("searches a day of observations and no more, and still asks for the price if a mint of the week saw it live", async () => {
        const seen = await f.mark();
        await f.hours(24);
        // All observations of the day are thin, and nobody has minted since the price was live.
        await expectNoPrice();
        await seen();
        await f.mint(f.minter, CU);
        await f.hours(24);
        expect(await f.credits.isPriceLive()).to.equal(false);
        expectAbout(await f.credits.collateralPerCredit(), 2n * PRICE);
        const most = await f.credits.collateralPerCredit.estimateGas();
        await f.hours(5 * 24);
        expect(await f.credits.collateralPerCredit.estimateGas()).to.be.below((most * 11n) / 10n);
        await f.hours(24);
        await expectNoPrice();
      });

      it("only the floor counts once no observation of a week was deep", async () => {
        await f.hours(3);
        const deep = (await f.dex.observation(f.pool, 3n)).time;
        await f.time.increaseTo(deep + BigInt(7 * DAY));
        await f.observe();
        await expectNoPrice();
      });

      it("is live again once all but two of a day's observations are deep", async () => {
        await f.hours(4);
        await f.add(f.owner, 39_000n * ORION, 9_800n * CU);
        await f.hours(21);
        expect(await f.credits.isPriceLive()).to.equal(false);
        await f.hours(1);
        await expectLive();
      });
    });

    it("with fewer than 24 observations in a week is thin at best", async () => {
      await f.provide(10_000n * CU, PRICE);
      await f.time.increase(6 * DAY + HOUR);
      await f.hours(23 - 1);
      await f.time.increase(2 * HOUR);
      expect(await f.credits.isPriceLive()).to.equal(false);
      expectAbout(await f.credits.collateralPerCredit(), 2n * PRICE);
      await f.observe();
      expect(await f.credits.isPriceLive()).to.equal(true);
    });
  });
});
