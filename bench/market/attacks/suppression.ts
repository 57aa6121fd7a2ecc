import { cuToReach } from "../pool.ts";
import { CU, DAY, fromOrion, least } from "../units.ts";
import type { Attack } from "./attacker.ts";

/** Part of its price to which compute is pressed. */
const TO = 1 / 3;
/** A little longer than the longer of the two means. */
const HOURS = 7 * 24 + 6;
const TERM = 30 * DAY;
const PATIENCE = 5 * 24;
/** Part of the capital with which positions are bought free at the end. */
const RESERVE = 20n;

/**
 * Recursive minting through one's own price impact: mints and sells until compute has cost a third for a week, so that the mean of a week
 * lets it mint at two thirds of the old price; waits for the price to come back and sells.
 */
export const suppression: Attack = {
  name: "suppression",
  title: "a week's suppression of the mean",
  capitals: [500_000, 4_000_000],
  async run(attacker, capital) {
    const { world } = attacker;
    const before = world.price;
    let pressed = 0;
    let sold = 0n;
    for (let hour = 0; hour < HOURS; hour++) {
      await attacker.hour(async () => {
        const needed = cuToReach(world.state.pool, before * TO);
        const missing = needed - attacker.cu;
        if (missing > 0n) {
          const spare = attacker.orion - capital / RESERVE;
          const debt = spare <= 0n ? 0n : least(missing, await attacker.room(spare));
          if (debt > 0n) await attacker.mint(debt, TERM);
        }
        sold += least(needed, attacker.cu);
        await attacker.sell(least(needed, attacker.cu));
      });
      if (world.price < before * TO * 1.5) pressed++;
    }
    let cheap = 0;
    let minted = 0n;
    await attacker.hour(async () => {
      cheap = fromOrion(world.view.collateral);
      minted = await attacker.room((attacker.orion * 9n) / 10n);
      if (cheap < before && minted > 0n) await attacker.mint(minted, TERM);
      else minted = 0n;
    });
    await attacker.liquidate(PATIENCE, Math.max(cheap, before * 0.8));
    const notes = {
      priceBefore: before,
      hoursPressed: pressed,
      soldCu: Number(sold / CU),
      collateralReached: cheap,
    };
    return {
      done: minted > 0n,
      notes: { ...notes, mintedCu: Number(minted / CU), capital: fromOrion(capital) },
    };
  },
};
