import { cuToReach } from "../pool.ts";
import { DAY, fromCu, fromOrion, least } from "../units.ts";
import type { Attack } from "./attacker.ts";

const LEFT = 0.1;
const STEPS = 9;
const TERM = 30 * DAY;
const PATIENCE = 24;

/**
 * ORION loses nine tenths of its value within a block, and compute becomes ten times as dear in ORION within the next. The mean of an hour has
 * not seen it yet: whoever mints in the minutes after locks less than the CU bring. `seconds` pass between its blocks.
 */
const leap = (name: string, title: string, seconds: number): Attack => ({
  name,
  title,
  capitals: [10_000, 50_000, 200_000],
  async run(attacker) {
    const { world, driver } = attacker;
    const before = world.price;
    driver.factor = LEFT;
    await attacker.hour();
    const after = world.price;
    let [minted, cheapest] = [0n, 0];
    for (let step = 0; step < STEPS; step++) {
      await driver.look(seconds);
      attacker.count();
      const collateral = fromOrion(world.view.collateral);
      if (step === 0) cheapest = collateral;
      const gainful = cuToReach(world.state.pool, collateral * 1.005);
      const debt = least(gainful, await attacker.room());
      if (debt > 0n) {
        await attacker.mint(debt, TERM);
        await attacker.sell(debt);
        minted += debt;
      }
      await world.mine(seconds);
    }
    attacker.count();
    await attacker.liquidate(PATIENCE, before);
    driver.factor = 1;
    return {
      done: minted > 0n,
      notes: { priceBefore: before, priceAfter: after, collateralThen: cheapest, mintedCu: fromCu(minted) },
    };
  },
});

export const jump = leap("jump", "minting in the minutes after a jump of the price", 600);
export const jumpAtOnce = leap("jump12", "minting in the blocks after a jump of the price", 12);
