import type { Terms } from "@orion/protocol/chain";

import { cancel, claim, commit, post, prove, seal, settle, termsOf, windowOf } from "../jobs.ts";
import { CU, fromOrion, least, toCu, ORION } from "../units.ts";
import { Attacker, type Attack } from "./attacker.ts";

/** Job numbers that no job of the market has. */
const FIRST_NUMBER = 10_000_000;
const WASH_ROUNDS = 5;
const SETTLED_AFTER = 4;

/** A second address of the same attacker, which works on its jobs. */
async function partner(attacker: Attacker, stake: bigint, name: string): Promise<Attacker> {
  const worker = new Attacker(attacker.driver, name);
  await worker.world.admit(worker.address);
  await worker.world.transferOrion(attacker.address, worker.address, stake);
  await worker.world.stake(worker.address, stake);
  await worker.world.mine(1);
  attacker.count();
  return worker;
}

/** Everything back to the first address: free stakes, ORION and CU. */
async function gather(attacker: Attacker, others: readonly Attacker[]): Promise<void> {
  const { world } = attacker;
  await attacker.hour(async () => {
    for (const { address } of others) {
      const { free, orion, cu } = world.purse(address);
      if (free > 0n) await world.unstake(address, free);
      if (free + orion > 0n) await world.transferOrion(address, attacker.address, free + orion);
      if (cu > 0n) await world.transferCu(address, attacker.address, cu);
    }
  });
  await attacker.hour(() => attacker.sell(attacker.cu));
}

/** Poster, worker and finder are one: the worker commits a lie, the finder proves it. */
export const selfSlash: Attack = {
  name: "self-slash",
  title: "slashing oneself",
  capitals: [1_000, 10_000, 100_000],
  async run(attacker, capital) {
    const { world } = attacker;
    const size = 10;
    const bounds = await world.contracts.market.collateralBounds();
    const collateral = least((capital * 9n) / 10n, (bounds.highest * toCu(size)) / CU);
    const worker = await partner(attacker, collateral, "attacker's worker");
    const finder = new Attacker(attacker.driver, "attacker's finder");
    await world.admit(finder.address);
    const burned = world.state.ledger.burned;
    const terms = termsOf(world, attacker.address, size, FIRST_NUMBER, collateral);
    await attacker.hour(async () => {
      await attacker.buy(terms.pricePerShard);
      await post(world, terms);
      await claim(world, terms, worker.address);
    });
    let windowEnd = 0;
    await attacker.hour(async () => {
      await commit(world, terms, worker.address, 0, true);
      windowEnd = world.view.time + windowOf(world);
    });
    const claimed = { terms, worker: worker.address, attempt: 0, windowEnd };
    await attacker.hour(() => seal(world, claimed, finder.address));
    await attacker.hour(() => prove(world, claimed, finder.address));
    await attacker.hour(async () => {
      await settle(world, terms, attacker.address);
      await cancel(world, { terms });
    });
    await gather(attacker, [worker, finder]);
    const lost = world.state.ledger.burned - burned;
    return { done: true, notes: { collateral: fromOrion(collateral), burnedInThatTime: fromOrion(lost) } };
  },
};

/** Works on its own jobs with all its CU, again and again: `rounds` of none is the same purchase and sale without jobs. */
function washing(name: string, title: string, withJobs: boolean): Attack {
  return {
    name,
    title,
    capitals: [2_000, 20_000],
    async run(attacker, capital) {
      const { world } = attacker;
      const worker = await partner(attacker, (capital * 9n) / 10n, "attacker's worker");
      await attacker.hour(() => attacker.spend(attacker.orion));
      let worked = 0;
      for (let round = 0; round < WASH_ROUNDS; round++) {
        const from = round === 0 ? attacker : worker;
        const size = Number(world.purse(from.address).cu / 10n ** 12n) / 1e6;
        const collateral = least(world.purse(worker.address).free, (toCu(size) * ORION * 4_000n) / CU);
        const terms: Terms = termsOf(world, from.address, size, FIRST_NUMBER + round, collateral);
        if (withJobs) await oneJob(attacker, worker, terms);
        else await attacker.hours(SETTLED_AFTER + 2);
        worked += size;
      }
      await gather(attacker, [worker]);
      return { done: true, notes: { workedCu: withJobs ? worked : 0 } };
    },
  };
}

async function oneJob(attacker: Attacker, worker: Attacker, terms: Terms): Promise<void> {
  const { world } = attacker;
  await attacker.hour(async () => {
    await post(world, terms);
    await claim(world, terms, worker.address);
  });
  await attacker.hour(() => commit(world, terms, worker.address, 0, false));
  await attacker.hours(SETTLED_AFTER - 1);
  await attacker.hour(() => settle(world, terms, worker.address));
}

export const washJobs = washing("wash-jobs", "working on one's own jobs", true);
/** What the same purchase and sale cost without any job: what is more or less than that, the jobs earned or cost. */
export const washControl = washing("wash-control", "the same purchase and sale without jobs", false);
