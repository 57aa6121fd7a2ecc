import { cuToReach, spotPrice, type Pool } from "../pool.ts";
import { DAY, HOUR, fromCu, fromOrion, least, most } from "../units.ts";
import type { World } from "../world.ts";
import type { Attack, Attacker } from "./attacker.ts";

const TERM = 30 * DAY;
const PATIENCE = 3 * 24;
/** Seconds for which the pool is thin, half before and half after an hour of the clock begins: one block. */
const BLOCK = 12;
const WEEK = 7 * 24 + 1;
/** Thin observations of a day that make a pool thin. */
const THIN = 3;

/** CU whose sale leaves the pool with less ORION than makes its price count. */
export function cuToThin(pool: Pool, minDepth: bigint): bigint {
  const left = (Number(minDepth) / Number(pool.orion)) * 0.99;
  return left >= 1 ? 0n : cuToReach(pool, spotPrice(pool) * left ** 2);
}

/** Most hours that the attacker gathers credits before it begins. */
const GATHERING = 14 * 24;

/** Mints over as many hours as the quota makes of it what it needs to thin the pool; whether it has got there, with a tenth of its ORION left for fees. */
async function gather(attacker: Attacker, reserve: bigint): Promise<boolean> {
  const { world } = attacker;
  const { creditsMinDepth } = world.contracts.parameters;
  const missing = (): bigint => most((cuToThin(world.state.pool, creditsMinDepth) * 11n) / 10n - attacker.cu, 0n);
  for (let hour = 0; hour < GATHERING && missing() > 0n; hour++) {
    await attacker.hour(async () => {
      const room = await attacker.room(attacker.orion - reserve);
      const debt = least(room, missing());
      if (debt > 0n) await attacker.mint(debt, TERM);
    });
    if (attacker.orion <= reserve) break;
  }
  return missing() === 0n;
}

/** Sells what thins the pool; returns the CU sold, nothing if it has too few. */
async function thinOut(attacker: Attacker): Promise<bigint> {
  const { world } = attacker;
  const needed = cuToThin(world.state.pool, world.contracts.parameters.creditsMinDepth);
  if (needed > attacker.cu) return 0n;
  await attacker.sell(needed);
  return needed;
}

/** Has the pool thin while an hour of the clock begins, of which the exchange keeps an observation. Nobody trades in those seconds. */
async function spoilObservation(attacker: Attacker): Promise<bigint> {
  const { world, driver } = attacker;
  const until = 2 * HOUR - (world.chain.now % HOUR) - BLOCK / 2;
  const wait = until > HOUR ? until - HOUR : until;
  await driver.look(wait);
  attacker.count();
  const sold = await thinOut(attacker);
  await world.mine(wait);
  await attacker.hour(() => attacker.buy(sold), BLOCK);
  return sold;
}

/** CU that may be minted while the price does not count, after everything that was sent. */
function roomInBootstrap({ state, contracts }: World): bigint {
  let supply = 0n;
  for (const { debt } of state.ledger.positions.values()) supply += debt;
  return most(contracts.parameters.creditsBootstrapCap - supply, 0n);
}

/** Takes down the positions that thinned the pool, so that they fill no cap. */
async function redeemAll(attacker: Attacker): Promise<void> {
  for (const position of attacker.positions) await attacker.redeem(position, least(position.debt, attacker.cu));
}

function attack(name: string, title: string, capitals: readonly number[], observations: number): Attack {
  return {
    name,
    title,
    capitals,
    async run(attacker, capital) {
      const { world } = attacker;
      const before = world.price;
      if (!(await gather(attacker, capital / 10n))) {
        await attacker.liquidate(1, before);
        return { done: false, notes: { priceBefore: before, observationsSpoiled: 0 } };
      }
      let [sold, minted, collateral] = [0n, 0n, 0];
      let spoiled = 0;
      for (; spoiled < observations; spoiled++) {
        const round = await spoilObservation(attacker);
        if (round === 0n) break;
        sold = most(sold, round);
      }
      const done = spoiled === observations;
      if (spoiled === 0) return { done, notes: { priceBefore: before, observationsSpoiled: spoiled } };
      await attacker.hour(async () => {
        await redeemAll(attacker);
        collateral = fromOrion(world.view.collateral);
        const room = least(roomInBootstrap(world), await attacker.room());
        if (!done || collateral >= world.price || room === 0n) return;
        minted = room;
        await attacker.mint(room, TERM);
      }, BLOCK);
      await attacker.liquidate(minted > 0n ? PATIENCE : 1, collateral * 1.05);
      const notes = {
        priceBefore: before,
        priceAfter: world.price,
        observationsSpoiled: spoiled,
        collateralThen: collateral,
      };
      return { done, notes: { ...notes, soldEachTimeCu: fromCu(sold), mintedThenCu: fromCu(minted) } };
    },
  };
}

export const thinOnce = attack("thin-pool", "a thin-pool switch-off, three observations", [500_000, 8_000_000], THIN);
export const thinWeek = attack(
  "thin-pool-week",
  "a thin-pool switch-off, all observations of a week",
  [8_000_000],
  WEEK,
);
