import { addTip, buyAndPost, cancel, termsOf } from "../jobs.ts";
import type { Random } from "../random.ts";
import type { Job } from "../state.ts";
import { HOUR, fromOrion, toCu } from "../units.ts";
import type { World } from "../world.ts";
import type { Engineer, Want } from "./kinds.ts";

const PATIENCE = 5 * 24;
const TIP_AFTER = 24 * HOUR;
const TIP = 0.15;
const CANCEL_AFTER = 96 * HOUR;
/** So many times what a purchase costs is bought outside, so that one transfer serves several. */
const STOCK = 3n;

export function makeEngineer(random: Random, address: string): Engineer {
  const value = random.around(1.5, 0.4);
  return { address, value, rate: random.around(0.55, 0.5), size: random.around(70, 0.5), wants: [], orion: 0n };
}

/** What an engineer does about a job that waits: buy now, wait for a lower price, or give it up. */
export function decide(want: Want, costUsd: number, hour: number): "buy" | "wait" | "drop" {
  if (costUsd <= want.worth) return "buy";
  return hour - want.since >= PATIENCE ? "drop" : "wait";
}

/** What an engineer does about a job that nobody works on. */
export function rescue(job: Job, time: number, tipUsd: number): "wait" | "tip" | "cancel" {
  const age = time - job.postedAt;
  if (age >= CANCEL_AFTER) return "cancel";
  return age >= TIP_AFTER && job.tip === 0n && job.paid + tipUsd <= job.worth ? "tip" : "wait";
}

export async function stepEngineer(world: World, engineer: Engineer, index: number): Promise<void> {
  const { view, state } = world;
  if (world.draw((random) => random.chance((engineer.rate * view.demand) / 24))) {
    const { size, perCu } = world.draw((random) => ({
      size: random.around(engineer.size, 0.4),
      perCu: random.around(engineer.value, 0.2),
    }));
    engineer.wants.push({ size, worth: size * perCu, since: view.hour });
    state.day.wantedCu += size;
  }
  for (let i = engineer.wants.length - 1; i >= 0; i--) {
    const want = engineer.wants[i]!;
    const costUsd = fromOrion(world.costOf(toCu(want.size))) * view.orionUsd;
    const choice = decide(want, costUsd, view.hour);
    if (choice === "wait") continue;
    engineer.wants.splice(i, 1);
    if (choice === "buy") await buy(world, engineer, index, want);
    else [state.day.lost, state.day.refusedCu] = [state.day.lost + 1, state.day.refusedCu + want.size];
  }
  const idle = world.purse(engineer.address).cu;
  if (idle > toCu(1)) await sellBack(world, engineer.address, idle);
}

/** Looks after the jobs of all engineers that nobody has claimed. */
export async function stepOpenJobs(world: World): Promise<void> {
  const { state, view } = world;
  for (const job of state.jobs.values()) {
    if (job.status !== "open" || view.time - job.postedAt < TIP_AFTER) continue;
    const tip = toCu(job.size * TIP);
    const cost = world.costOf(tip);
    const choice = rescue(job, view.time, fromOrion(cost) * view.orionUsd);
    if (choice === "tip") {
      await world.buyOutside(job.terms.poster, cost);
      await world.buyCu(job.terms.poster, tip);
      await addTip(world, job, tip);
      job.tip = tip;
      job.paid += fromOrion(cost) * view.orionUsd;
    } else if (choice === "cancel") {
      await cancel(world, job);
      state.jobs.delete(job.number);
      state.day.cancelled++;
    }
  }
}

async function buy(world: World, engineer: Engineer, index: number, want: Want): Promise<void> {
  const { state, view } = world;
  const number = state.nextJob++;
  const terms = termsOf(world, engineer.address, want.size, number);
  const cost = world.costOf(terms.pricePerShard);
  if (engineer.orion < cost) {
    await world.buyOutside(engineer.address, cost * STOCK);
    engineer.orion += cost * STOCK;
  }
  engineer.orion -= cost;
  await buyAndPost(world, terms);
  state.jobs.set(number, {
    ...{ number, terms, engineer: index, size: want.size, worth: want.worth, postedAt: view.time },
    ...{ paid: fromOrion(cost) * view.orionUsd, tip: 0n, status: "open", attempt: 0, worker: "", windowEnd: 0 },
    ...{ lies: false, sealed: false, proved: false },
  });
  state.day.posted++;
  state.day.postedCu += want.size;
}

/** Refunds of cancelled jobs go back to the pool, and what they bring outside. */
async function sellBack(world: World, address: string, cu: bigint): Promise<void> {
  await world.sellOutside(address, await world.sellCu(address, cu));
}
