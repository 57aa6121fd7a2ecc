import { payPerCu } from "../agents/deliverer.ts";
import { orionToReach } from "../pool.ts";
import { fromCu, fromOrion, least } from "../units.ts";
import type { Attack } from "./attacker.ts";

const HOURS = 4 * 24;
const HIGHEST = 3;

/** Buys up CU while positions of others reach their end, so that their owners cannot buy them, and delivers against whatever ended. */
export const corner: Attack = {
  name: "corner",
  title: "a corner at term",
  capitals: [20_000, 100_000, 500_000],
  async run(attacker, capital) {
    const { world } = attacker;
    const { address } = attacker;
    const before = world.price;
    let [delivered, paid, highest] = [0n, 0, 0];
    for (let hour = 0; hour < HOURS; hour++) {
      await attacker.hour(async () => {
        if (hour < HOURS / 2) {
          await attacker.spend(least(attacker.orion, orionToReach(world.state.pool, before * HIGHEST)));
        }
        for (const position of world.state.ledger.positions.values()) {
          if (position.owner === address || position.debt === 0n || position.end >= world.view.time) continue;
          const pay = payPerCu(position, world.view.time);
          if (pay < world.price || attacker.cu === 0n) continue;
          const amount = least(attacker.cu, position.debt);
          await world.deliver(address, position, amount);
          attacker.cu -= amount;
          delivered += amount;
          paid += pay * fromCu(amount);
        }
      });
      highest = Math.max(highest, world.price);
    }
    await attacker.liquidate(24, before);
    return {
      done: true,
      notes: {
        priceBefore: before,
        priceHighest: highest,
        deliveredCu: fromCu(delivered),
        paidForThem: paid,
        capital: fromOrion(capital),
      },
    };
  },
};
