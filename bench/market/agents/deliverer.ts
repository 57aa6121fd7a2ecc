import type { Position } from "../ledger.ts";
import type { Random } from "../random.ts";
import { CU, DAY, fromCu, fromOrion, least, toCu } from "../units.ts";
import type { World } from "../world.ts";
import type { Deliverer } from "./kinds.ts";

const AUCTION = 3 * DAY;
/** CU of one delivery: more would move the price against itself. */
const LARGEST = toCu(500);

export const makeDeliverer = (random: Random, address: string): Deliverer => ({
  address,
  margin: random.between(0.005, 0.03),
});

/** ORION that delivering `amount` pays at `time`, as the contract reckons. */
export function payFor(position: Position, amount: bigint, time: number): bigint {
  if (time <= position.end) return 0n;
  const released = amount === position.debt ? position.lock : (position.lock * amount) / position.debt;
  return (released * BigInt(Math.min(time - position.end, AUCTION))) / BigInt(AUCTION);
}

export async function stepDeliverer(world: World, deliverer: Deliverer): Promise<void> {
  const { view, state } = world;
  for (const position of state.ledger.positions.values()) {
    if (position.end >= view.time || position.debt === 0n) continue;
    const amount = least(position.debt, LARGEST);
    const pay = payFor(position, amount, view.time);
    const cost = world.costOf(amount);
    if (fromOrion(pay) < fromOrion(cost) * (1 + deliverer.margin)) continue;
    await world.buyOutside(deliverer.address, cost);
    await world.buyCu(deliverer.address, amount);
    await world.deliver(deliverer.address, position, amount);
    await world.sellOutside(deliverer.address, pay);
  }
}

/** ORION per CU that a position's delivery pays. */
export const payPerCu = (position: Position, time: number): number =>
  fromOrion(payFor(position, least(position.debt, CU), time)) / fromCu(least(position.debt, CU));
