import { cuToReach, orionToReach } from "../pool.ts";
import type { Random } from "../random.ts";
import { CU, fromOrion, least, toOrion } from "../units.ts";
import type { World } from "../world.ts";
import type { Speculator } from "./kinds.ts";

export function makeSpeculator(random: Random, address: string): Speculator {
  return {
    address,
    capital: random.around(40_000, 0.4),
    opinion: random.around(1, 0.03),
    band: random.between(0.02, 0.06),
    spent: 0,
  };
}

/** ORION per CU to which a speculator moves the price, up or down; undefined within its band. */
export function target(speculator: Speculator, price: number, orionUsd: number, meanUsd: number): number | undefined {
  const value = (meanUsd * speculator.opinion) / orionUsd;
  if (price < value * (1 - speculator.band)) return value * (1 - speculator.band / 2);
  if (price > value * (1 + speculator.band)) return value * (1 + speculator.band / 2);
  return undefined;
}

export async function stepSpeculator(world: World, speculator: Speculator): Promise<void> {
  const { view, state, price } = world;
  const { address } = speculator;
  const goal = target(speculator, price, view.orionUsd, view.meanUsd);
  if (goal === undefined) return;
  if (goal > price) {
    const budget = toOrion((speculator.capital - speculator.spent) / view.orionUsd);
    const spend = least(budget, orionToReach(state.pool, goal));
    if (spend < toOrion(1)) return;
    await world.buyOutside(address, spend);
    await world.spendOrion(address, spend);
    speculator.spent += fromOrion(spend) * view.orionUsd;
  } else {
    const cu = least(world.purse(address).cu, cuToReach(state.pool, goal));
    if (cu < CU) return;
    const earned = await world.sellCu(address, cu);
    await world.sellOutside(address, earned);
    speculator.spent -= fromOrion(earned) * view.orionUsd;
  }
}
