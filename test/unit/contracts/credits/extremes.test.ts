import { expect } from "chai";

import {
  HOUR,
  MAX_UINT128,
  deployCreditsFixture,
  expectAbout,
  inBothOrders,
} from "../../../support/credits-fixture.ts";
import { CU, DAY, ORION } from "../../../support/market-fixture.ts";

const TERM = 10 * DAY;
const UNLIMITED = { creditsCap: MAX_UINT128, creditsBootstrapCap: MAX_UINT128, creditsMinDepth: 1n } as const;

inBothOrders((creditsFirst) => {
  describe("ComputeCredits: extremes", () => {
    it("at the highest price refuses locks of more than 128 bits by their value, and lets positions end", async () => {
      const f = await deployCreditsFixture({ creditsFirst, caps: UNLIMITED });
      // One base unit of CU against 10^26 ORION wei: 10^44 ORION wei per CU.
      await f.credits.open(1n, 10n ** 26n);
      const id = await f.mint(f.minter, 5n * CU, 9 * DAY);
      await f.week();
      const price = await f.credits.collateralPerCredit();
      expectAbout(price, 2n * 10n ** 44n);
      // So small a pool has no quota: a fiftieth of one unit.
      expect(await f.credits.hourlyQuota()).to.deep.equal([0n, 0n]);
      for (const debt of [1n, 2n * CU]) {
        const beyond = f.credits.connect(f.minter).mint(debt, TERM, MAX_UINT128, f.minter);
        await expect(beyond).to.be.revertedWithCustomError(f.credits, "QuotaExceeded");
      }
      await expect(f.credits.connect(f.minter).roll(id, 30 * DAY, MAX_UINT128)).to.be.revertedWithCustomError(
        f.credits,
        "CostAboveLimit",
      );
      // No price is needed to leave.
      await f.credits.connect(f.minter).redeem(id, 2n * CU);
      await f.time.increase(9 * DAY + 3 * DAY);
      const before = await f.orion.balanceOf(f.minter);
      await f.credits.connect(f.minter).deliver(id, 3n * CU);
      expect((await f.orion.balanceOf(f.minter)) - before).to.equal(3n * (await f.floor()));
    });

    it("at the lowest price asks for the floor", async () => {
      const f = await deployCreditsFixture({ creditsFirst, caps: { ...UNLIMITED, creditsFloor: 1n } });
      await f.credits.open(10n ** 30n, 1n);
      await f.week();
      expect(await f.credits.isPriceLive()).to.equal(true);
      expect(await f.credits.meanPrice(HOUR)).to.equal(1n);
      // Rounded up at every step: 2 wei per CU.
      expect(await f.credits.collateralPerCredit()).to.equal(2n);
      const id = await f.mint(f.minter, 1n);
      expect(await f.lockOf(id)).to.equal(1n);
    });

    it("goes on when the seconds of observations begin anew, in 2106", async () => {
      const f = await deployCreditsFixture({ creditsFirst });
      await f.time.increaseTo(2n ** 32n - BigInt(3 * DAY));
      await f.provide(1_000n * CU, 4n * ORION);
      const id = await f.mint(f.minter, CU, 30 * DAY);
      await f.week();
      expect(await f.time.latest()).to.be.above(2 ** 32);
      expect(await f.credits.isPriceLive()).to.equal(true);
      expectAbout(await f.credits.collateralPerCredit(), 8n * ORION);
      await f.hours(30);
      expectAbout(await f.credits.meanPrice(HOUR), 4n * ORION);
      await expect(f.credits.deliver(id, 1n)).to.be.revertedWithCustomError(f.credits, "NotEnded");
      await f.remove(f.owner, 9_900n);
      await f.hours(3);
      expect(await f.credits.isPriceLive()).to.equal(false);
      expectAbout(await f.credits.collateralPerCredit(), 8n * ORION);
    });

    it("after a sleep of more than 90 days begins anew: the floor for a week, and then the price", async () => {
      const f = await deployCreditsFixture({ creditsFirst });
      await f.provide(1_000n * CU, 4n * ORION);
      await f.week();
      await f.time.increase(89 * DAY);
      expect(await f.credits.isPriceLive()).to.equal(true);
      await f.time.increase(2 * DAY);
      for (let day = 0; day < 7; day += 1) {
        expect(await f.credits.isPriceLive()).to.equal(false);
        expect(await f.credits.collateralPerCredit()).to.equal(await f.floor());
        expect((await f.credits.hourlyQuota()).quota).to.equal(f.parameters.creditsBootstrapCap / 24n);
        await f.mint(f.minter, CU);
        await f.hours(24);
      }
      await f.hours(1);
      expect(await f.credits.isPriceLive()).to.equal(true);
      expectAbout(await f.credits.collateralPerCredit(), 8n * ORION);
    });

    it("has none either where the observation that stands for a week ago is older than 90 days", async () => {
      const f = await deployCreditsFixture({ creditsFirst });
      await f.provide(1_000n * CU, 4n * ORION);
      await f.week();
      await f.time.increase(84 * DAY);
      await f.hours(6 * 24 - 2);
      expectAbout(await f.credits.collateralPerCredit(), 8n * ORION);
      await f.hours(3);
      expect(await f.credits.collateralPerCredit()).to.equal(await f.floor());
      await f.hours(25);
      expectAbout(await f.credits.collateralPerCredit(), 8n * ORION);
    });

    it("takes no call that runs out of gas in the exchange for a missing price", async () => {
      const f = await deployCreditsFixture({ creditsFirst });
      await f.provide(1_000n * CU, 4n * ORION);
      await f.week();
      let refused = 0;
      for (let gasLimit = 60_000n; gasLimit < 320_000n; gasLimit += 4_000n) {
        const lock = await f.credits
          .connect(f.minter)
          .mint.staticCall(CU, TERM, 8n * ORION, f.minter, { gasLimit })
          .catch(() => {
            refused += 1;
          });
        // With so low a limit nothing but the floor would do.
        expect(lock).to.equal(undefined);
      }
      expect(refused).to.equal(65);
    });

    it("takes no exchange that burns all its gas for one without a price, while enough is left to go on", async () => {
      const f = await deployCreditsFixture({ creditsFirst });
      await f.provide(1_000n * CU, 4n * ORION);
      await f.week();
      const id = await f.mint(f.minter, CU, 30 * DAY);
      // An invalid instruction takes what a call that runs out of gas takes, and says as much.
      await f.ethers.provider.send("hardhat_setCode", [await f.dex.getAddress(), "0xfe"]);
      const gas = { gasLimit: 16_000_000n };
      const credits = f.credits.connect(f.minter);
      for (const call of [
        () => credits.mint(CU, TERM, MAX_UINT128, f.minter, gas),
        () => credits.roll(id, 30 * DAY, MAX_UINT128, gas),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(f.credits, "ExchangeFailed");
      }
      await expect(credits.redeem(id, CU)).to.emit(f.credits, "PositionRedeemed");
    });

    it("with one observation a week, each older than the day it stands for, is never live but always priced", async () => {
      const f = await deployCreditsFixture({ creditsFirst });
      await f.provide(1_000n * CU, 4n * ORION);
      for (let week = 0; week < 5; week += 1) {
        await f.time.increase(7 * DAY);
        await f.observe();
        await f.time.increase(6 * DAY);
        expect(await f.credits.isPriceLive()).to.equal(false);
        expectAbout(await f.credits.collateralPerCredit(), 8n * ORION);
      }
    });
  });
});
