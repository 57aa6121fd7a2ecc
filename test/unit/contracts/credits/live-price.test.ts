import { expect } from "chai";

import {
  HOUR,
  MAX_UINT128,
  deployCreditsFixture,
  expectAbout,
  inBothOrders,
  type CreditsFixture,
} from "../../../support/credits-fixture.ts";
import { CU, DAY, ORION } from "../../../support/market-fixture.ts";

const PRICE = 4n * ORION;
const TERM = 10 * DAY;

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
      const supply = await f.credits.totalSupply();
      expect(await f.credits.mintable()).to.equal(f.parameters.creditsBootstrapCap - supply);
    };
    const expectLive = async (): Promise<void> => {
      expect(await f.credits.isPriceLive()).to.equal(true);
      expect(await f.credits.mintable()).to.equal(f.parameters.creditsCap - (await f.credits.totalSupply()));
    };

    describe("while there is none", () => {
      it("without a pool: the floor, the bootstrap cap, a mean of zero", async () => {
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

      it("in a pool that was never deep", async () => {
        const deep = f.parameters.creditsMinDepth;
        await f.provide((deep * CU) / PRICE - CU, PRICE);
        await f.week();
        await expectNoPrice();
      });

      it("mints up to the bootstrap cap and not a unit more", async () => {
        const room = await f.credits.mintable();
        await f.orion.transfer(f.minter, 2n * 9_000_000n * ORION);
        await expect(f.credits.connect(f.minter).mint(room + 1n, TERM, MAX_UINT128, f.minter))
          .to.be.revertedWithCustomError(f.credits, "CapExceeded")
          .withArgs(f.parameters.creditsBootstrapCap + 1n, f.parameters.creditsBootstrapCap);
        await f.mint(f.minter, room);
        expect(await f.credits.mintable()).to.equal(0n);
      });
    });

    describe("while it is live", () => {
      beforeEach(async () => {
        await f.provide(10_000n * CU, PRICE);
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
        await f.mint(f.minter, 10_000n * CU);
        await f.sell(f.minter, 10_000n * CU);
        await f.hours(2);
        expect(await f.credits.meanPrice(HOUR)).to.be.below(PRICE / 3n);
        const week = await f.credits.meanPrice(7 * DAY);
        expect(week).to.be.above((PRICE * 95n) / 100n);
        expect(await f.credits.collateralPerCredit()).to.equal(2n * week);
      });

      it("never asks for less than the floor", async () => {
        await f.mint(f.minter, 40_000n * CU);
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

      it("mints beyond the bootstrap cap, up to the cap", async () => {
        await f.orion.transfer(f.minter, 200_000_000n * ORION);
        await f.mint(f.minter, f.parameters.creditsBootstrapCap);
        const room = await f.credits.mintable();
        await expect(f.credits.connect(f.minter).mint(room + 1n, TERM, MAX_UINT128, f.minter))
          .to.be.revertedWithCustomError(f.credits, "CapExceeded")
          .withArgs(f.parameters.creditsCap + 1n, f.parameters.creditsCap);
        await f.mint(f.minter, room);
        expect(await f.credits.totalSupply()).to.equal(f.parameters.creditsCap);
        expect(await f.credits.mintable()).to.equal(0n);
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
        expect(await f.credits.isPriceLive()).to.equal(false);
        expectAbout(await f.credits.collateralPerCredit(), 2n * PRICE);
        const supply = await f.credits.totalSupply();
        expect(await f.credits.mintable()).to.equal(f.parameters.creditsBootstrapCap - supply);
        const id = await f.mint(f.minter, CU);
        expectAbout(await f.lockOf(id), 2n * PRICE);
      });

      it("asks positions that exist for the floor only", async () => {
        await f.hours(2);
        const { lock, debt } = await f.credits.position(1n);
        expect(lock).to.equal((debt * floor) / CU);
        await expect(f.credits.roll(1n, TERM, 0n)).to.emit(f.credits, "PositionRolled");
        await expect(f.credits.connect(f.holder).roll(1n, TERM, MAX_UINT128)).to.be.revertedWithCustomError(
          f.credits,
          "NothingToTopUp",
        );
      });

      it("only the floor counts once no observation of a week was deep", async () => {
        await f.hours(2);
        const deep = (await f.dex.observation(f.pool, 2n)).time;
        await f.time.increaseTo(deep + BigInt(7 * DAY));
        await f.observe();
        await expectNoPrice();
      });

      it("is live again after a day of deep observations", async () => {
        await f.hours(2);
        await f.add(f.owner, 39_000n * ORION, 9_800n * CU);
        await f.hours(23);
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
