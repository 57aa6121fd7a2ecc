import { lockPerCu } from "../agents/provider.ts";
import { cuToReach } from "../pool.ts";
import { DAY, fromCu, least } from "../units.ts";
import type { Attack, Attacker } from "./attacker.ts";

const TERM = 30 * DAY;
const LEFT = 0.1;
const GATHERING = 24;
const SQUAT_DAYS = 24;
const PATIENCE = 24;

/** Mints all that its ORION and each hour's quota allow for so many hours; returns the CU. */
async function hoard(attacker: Attacker, hours: number): Promise<bigint> {
  let minted = 0n;
  for (let hour = 0; hour < hours; hour++) {
    await attacker.hour(async () => {
      const debt = await attacker.room();
      if (debt > 0n) await attacker.mint(debt, TERM);
      minted += debt;
    });
  }
  return minted;
}

/** Mints before anything happens and keeps the CU. Then ORION loses nine tenths of its value: it sells down to its lock and redeems the rest. */
export const option: Attack = {
  name: "option",
  title: "minting before a jump of the price, and keeping",
  capitals: [10_000, 50_000, 200_000],
  async run(attacker) {
    const { world, driver } = attacker;
    const minted = await hoard(attacker, GATHERING);
    const before = world.price;
    driver.factor = LEFT;
    await attacker.hour();
    const after = world.price;
    const lock = Math.max(0, ...attacker.positions.map(lockPerCu));
    await attacker.sell(least(attacker.cu, cuToReach(world.state.pool, lock * 1.005)));
    await world.mine(60);
    attacker.count();
    await attacker.liquidate(PATIENCE, lock);
    driver.factor = 1;
    return {
      done: minted > 0n,
      notes: { priceBefore: before, priceAfter: after, lock, mintedCu: fromCu(minted) },
    };
  },
};

/** Takes each hour's quota for weeks and keeps what it mints, so that nobody else can mint; then redeems everything. */
export const squat: Attack = {
  name: "squat",
  title: "all room for credits taken and kept",
  capitals: [2_500_000],
  async run(attacker) {
    const { world } = attacker;
    const before = world.price;
    const minted = await hoard(attacker, SQUAT_DAYS * 24);
    const after = world.price;
    for (const position of attacker.positions) await attacker.redeem(position, least(attacker.cu, position.debt));
    await world.mine(60);
    attacker.count();
    return { done: minted > 0n, notes: { priceBefore: before, priceAfter: after, mintedCu: fromCu(minted) } };
  },
};
