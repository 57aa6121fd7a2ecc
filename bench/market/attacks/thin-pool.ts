import { cuToReach, spotPrice, type Pool } from "../pool.ts";
import { DAY, HOUR, fromCu, fromOrion, least, most } from "../units.ts";
import type { World } from "../world.ts";
import type { Attack, Attacker } from "./attacker.ts";

const TERM = 30 * DAY;
const PATIENCE = 3 * 24;
/** Seconds for which the pool is thin, half before and half after an hour of the clock begins: one block. */
const BLOCK = 12;
const SPARE = 4n;
const WEEK = 7 * 24 + 1;

/** CU whose sale leaves the pool with less ORION than makes its price count. */
export function cuToThin(pool: Pool, minDepth: bigint): bigint {
  const left = (Number(minDepth) / Number(pool.orion)) * 0.99;
  return left >= 1 ? 0n : cuToReach(pool, spotPrice(pool) * left ** 2);
}

/**
 * Sells what thins the pool, minting what it lacks for that, and several times as much because its fees make the pool deeper and a thin pool's
 * cap lets nothing be minted later. A tenth of its ORION stays for fees. Returns the CU sold, nothing if ORION or cap do not suffice.
 */
async function thinOut(attacker: Attacker): Promise<bigint> {
  const { world } = attacker;
  const needed = cuToThin(world.state.pool, world.contracts.parameters.creditsMinDepth);
  const missing = most(needed - attacker.cu, 0n);
  if (missing > 0n) {
    const room = await attacker.room((attacker.orion * 9n) / 10n);
    if (missing > room) return 0n;
    await attacker.mint(least(room, SPARE * missing), TERM);
  }
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
    async run(attacker) {
      const { world } = attacker;
      const before = world.price;
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
        const room = least(roomInBootstrap(world), attacker.mintable());
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

export const thinOnce = attack("thin-pool", "a thin-pool switch-off, one observation", [500_000, 8_000_000], 1);
export const thinWeek = attack(
  "thin-pool-week",
  "a thin-pool switch-off, all observations of a week",
  [8_000_000],
  WEEK,
);
