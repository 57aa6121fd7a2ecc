import { CU, DAY, ORION } from "../units.ts";
import type { Attack, Attacker } from "./attacker.ts";

const ROUNDS = 12;
const TERM = DAY;

/** Mints, sells what it minted and mints with the proceeds, in one block, until less than an ORION is left; returns the CU minted. */
async function pyramid(attacker: Attacker): Promise<bigint> {
  let minted = 0n;
  for (let round = 0; round < ROUNDS && attacker.orion > ORION; round++) {
    const debt = await attacker.room();
    if (debt === 0n) break;
    await attacker.mint(debt, TERM);
    await attacker.sell(debt);
    minted += debt;
  }
  return minted;
}

/** The pyramid is left to its fate: deliverers empty its positions after their term and the rest of their locks comes back. */
export const recursiveDefault: Attack = {
  name: "recursive-default",
  title: "recursive minting, then default",
  capitals: [1_000, 20_000, 200_000],
  async run(attacker) {
    let minted = 0n;
    await attacker.hour(async () => {
      minted = await pyramid(attacker);
    });
    await attacker.hours(5 * 24);
    return { done: true, notes: { mintedCu: Number(minted / CU) } };
  },
};

/** The pyramid is taken down a day later: each CU bought frees more than it costs, so that one purchase pays for the next. */
export const recursiveUnwind: Attack = {
  name: "recursive-unwind",
  title: "recursive minting, then unwinding a day later",
  capitals: [1_000, 20_000, 200_000],
  async run(attacker, capital) {
    let minted = 0n;
    await attacker.hour(async () => {
      // A twentieth stays in hand to begin the unwinding with.
      attacker.orion -= capital / 20n;
      minted = await pyramid(attacker);
      attacker.orion += capital / 20n;
    });
    await attacker.hours(22);
    await attacker.liquidate(1, 0.01);
    return { done: true, notes: { mintedCu: Number(minted / CU) } };
  },
};
