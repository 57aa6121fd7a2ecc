import { expect } from "chai";

import {
  HOUR,
  MAX_UINT128,
  deployCreditsFixture,
  withBothParameters,
  type CreditsFixture,
} from "../../../../support/credits-fixture.ts";
import { rollFee } from "../../../../support/credits-maths.ts";
import { CU, DAY, ORION } from "../../../../support/market-fixture.ts";

const PRICE = 4n * ORION;
/** All that one hour's quota lets it mint. */
const DEBT = 200n * CU;
const TERM = 10 * DAY;

/** A provider has sold credits forward; before its term ends somebody buys all there are, so that none can be had to redeem. */
withBothParameters(({ creditsFirst, network }) => {
  describe("Attack: a corner at the end of a term", () => {
    let f: CreditsFixture;
    let id: bigint;
    let lock: bigint;
    let end: bigint;
    /** What the provider had before it minted. */
    let start: bigint;
    let restore: () => Promise<void>;

    before(async () => {
      f = await deployCreditsFixture({ creditsFirst, network });
      await f.provide(10_000n * CU, PRICE);
      await f.week();
      start = await f.orion.balanceOf(f.minter);
      id = await f.mint(f.minter, DEBT, TERM);
      ({ lock, end } = await f.credits.position(id));
      await f.sell(f.minter, DEBT);
      await f.hours(8 * 24);
    });
    beforeEach(async () => {
      restore = await f.mark();
      // 95% of the pool's credits, at four hundred times the price: what is left to buy costs more than any lock.
      await f.buy(f.attacker, 700_000n * ORION);
      const { orion, credits } = await f.reserves();
      expect((orion * CU) / credits).to.be.above(300n * PRICE);
    });
    afterEach(() => restore());

    it("leaves the next block's roll for what it cost before, and raises it in the course of the hour", async () => {
      const at = async (seconds: number): Promise<bigint> => {
        const back = await f.mark();
        await f.time.increase(seconds);
        await f.orion.transfer(f.minter, 10_000_000n * ORION);
        const before = await f.orion.balanceOf(f.minter);
        await f.credits.connect(f.minter).roll(id, 30 * DAY, MAX_UINT128);
        const topUp = before - (await f.orion.balanceOf(f.minter));
        expect((await f.credits.position(id)).end).to.be.above(end + BigInt(20 * DAY));
        await back();
        return topUp;
      };
      expect(await at(12)).to.be.below((lock * 4n) / 100n);
      expect(await at(60)).to.be.below((lock * 15n) / 100n);
      expect(await at(HOUR / 2)).to.be.above(lock);
      expect(await at(2 * HOUR)).to.be.above(100n * lock);
    });

    it("does nothing to a position that was rolled before it: its maker would have to hold it for the whole new term", async () => {
      await restore();
      restore = await f.mark();
      await f.credits.connect(f.minter).roll(id, 30 * DAY, lock);
      await f.buy(f.attacker, 700_000n * ORION);
      await f.time.increaseTo(end + BigInt(3 * DAY));
      await expect(f.credits.connect(f.attacker).deliver(id, DEBT)).to.be.revertedWithCustomError(
        f.credits,
        "NotEnded",
      );
    });

    it("costs a provider that does nothing its lock at most: the part that the auction has reached", async () => {
      for (const [days, part] of [
        [1n, 1n],
        [2n, 2n],
        [3n, 3n],
        [30n, 3n],
      ] as const) {
        const back = await f.mark();
        await f.time.setNextBlockTimestamp(end + days * BigInt(DAY));
        const delivering = f.credits.connect(f.attacker).deliver(id, DEBT);
        const paid = (lock * part) / 3n;
        await expect(delivering).to.changeTokenBalances(f.ethers, f.orion, [f.attacker, f.minter], [paid, lock - paid]);
        // It keeps what the credits brought when it sold them.
        const now = await f.orion.balanceOf(f.minter);
        expect(start - now).to.be.at.most(lock);
        await back();
      }
    });

    it("asks a provider that rolls late for a top-up that stays its own and comes back with the lock, less the fee of a month", async () => {
      await f.hours(26);
      const before = await f.orion.balanceOf(f.minter);
      await f.orion.transfer(f.minter, 10_000_000n * ORION);
      await f.credits.connect(f.minter).roll(id, 30 * DAY, MAX_UINT128);
      const paid = before + 10_000_000n * ORION - (await f.orion.balanceOf(f.minter));
      const topUp = (await f.lockOf(id)) - lock;
      expect(paid - topUp).to.be.within((paid * 15n) / 10_000n, (paid * 25n) / 10_000n);
      expect(topUp).to.be.above(100n * lock);
      // The corner ends some day, and the credits can be had again.
      await f.sell(f.attacker, (await f.purse(f.attacker)).credits);
      await f.dex.connect(f.minter).swapExactOut({
        ...{ tokenIn: f.orion, hops: [{ tokenOut: f.credits, fee: 30n }], amountOut: DEBT, maxIn: MAX_UINT128 },
        ...{ to: f.minter, deadline: MAX_UINT128 },
      });
      await f.credits.connect(f.minter).redeem(id, DEBT);
      const lost = start + 10_000_000n * ORION - (await f.orion.balanceOf(f.minter));
      // The fee of the roll, on a lock that the corner made a hundred times larger; and the way there and back through the exchange, whose fees the
      // attacker's trades made dearer by a half per cent.
      expect(lost - (paid - topUp)).to.be.below((lock * 5n) / 100n);
      expect(await f.orion.balanceOf(f.credits)).to.equal(await f.credits.totalLocked());
    });

    it("gives its maker less, for all it spends, than a plain purchase of the same credits would", async () => {
      const earn = async (): Promise<bigint> => {
        await f.time.increaseTo(end + BigInt(3 * DAY));
        await f.credits.connect(f.attacker).deliver(id, DEBT);
        await f.sell(f.attacker, (await f.purse(f.attacker)).credits);
        return await f.orion.balanceOf(f.attacker);
      };
      const had = (await f.orion.balanceOf(f.attacker)) + 700_000n * ORION;
      const cornered = (await earn()) - had;
      await restore();
      restore = await f.mark();
      await f.dex.connect(f.attacker).swapExactOut({
        ...{ tokenIn: f.orion, hops: [{ tokenOut: f.credits, fee: 30n }], amountOut: DEBT, maxIn: MAX_UINT128 },
        ...{ to: f.attacker, deadline: MAX_UINT128 },
      });
      await f.time.increaseTo(end + BigInt(3 * DAY));
      await f.credits.connect(f.attacker).deliver(id, DEBT);
      const plain = (await f.orion.balanceOf(f.attacker)) - had;
      // Both take the lock of a position that its owner left alone; the corner pays fees on 700,000 ORION for it.
      expect(plain).to.be.below(lock);
      expect(cornered).to.be.below(plain);
    });

    it("in a pool that is thin at the end raises no top-up at all, for a day's fee each day", async () => {
      await f.hours(1);
      await f.remove(f.owner, 9_999n);
      await f.hours(3);
      await f.time.increaseTo(end - BigInt(DAY) + 60n);
      const rolling = f.credits.connect(f.minter).roll(id, 30 * DAY, MAX_UINT128);
      await expect(rolling).to.changeTokenBalance(f.ethers, f.orion, f.minter, -rollFee(lock, BigInt(DAY)));
      expect((await f.credits.position(id)).end).to.equal(end + BigInt(DAY));
    });
  });
});
