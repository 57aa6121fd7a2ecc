import { claim, commit, windowOf } from "../jobs.ts";
import type { Position } from "../ledger.ts";
import type { Random } from "../random.ts";
import type { Job } from "../state.ts";
import { sum } from "../statistics.ts";
import { CU, DAY, HOUR, fromCu, fromOrion, least, toCu } from "../units.ts";
import type { World } from "../world.ts";
import type { Provider } from "./kinds.ts";

const MARGIN = 1.05;
/** A provider sells ahead while the price leaves it so much: the more it leaves, the more days of its capacity. */
const FORWARD_MARGIN = 1.12;
const FORWARD_DAYS_PER_MARGIN = 30;
const FORWARD_DAYS = 20;
const LEAST_DAYS = 2;
const TERM = 30 * DAY;
/** Positions are looked after when their end is so near. */
const CARE = 2 * DAY;
const LONGEST = 3 * DAY;
const LIES = 0.02;
const SWAP_KEEPS = 0.997;
/** US dollars a CU with rented machines, in the middle. */
const RENT = 0.85;
/** So many providers have other machines, whose cost a CU is any magnitude of such a range beside that: a gaming card of their own to a script in a browser. */
const OTHERS = 0.4;
const OTHER_COSTS = { lowest: 0.02, range: 1e6 } as const;

/** US dollars that a CU costs a provider, and the CU a day that it has. Who has dear machines has no more money for them than others. */
export function machines(random: Random): Pick<Provider, "cost" | "capacity"> {
  const [cost, capacity] = [random.around(RENT, 0.35), random.around(150, 0.5)];
  const [other, magnitude] = [random.chance(OTHERS), random.unit()];
  if (!other) return { cost, capacity };
  const beside = OTHER_COSTS.lowest * OTHER_COSTS.range ** magnitude;
  return { cost: RENT * beside, capacity: beside < 1 ? capacity / 3 : capacity / beside };
}

export function makeProvider(random: Random, address: string): Provider {
  const forward = random.chance(0.45);
  return {
    address,
    ...machines(random),
    ...{ forward, sleepy: forward && random.chance(0.1), cheats: random.chance(0.03) },
    ...{ hour: Math.floor(random.unit() * 24), job: undefined, doneAt: 0 },
  };
}

/** Whether a job pays for its computing at this price in US dollars, and can be done in time. */
export function isWorthwhile(provider: Provider, job: Job, priceUsd: number): boolean {
  const pay = ((job.size + fromCu(job.tip)) / job.size) * priceUsd * SWAP_KEEPS;
  return pay >= provider.cost * MARGIN && (job.size / provider.capacity) * DAY <= LONGEST;
}

/** What becomes of CU in hand: the lock of a position that they free, or ORION from the pool, whichever is more. */
export function bestUse(lockPerCu: number, price: number): "redeem" | "sell" {
  return lockPerCu >= price * SWAP_KEEPS ? "redeem" : "sell";
}

/** What becomes of a position whose end is near: it is left to its fate once its lock is worth less than the CU that would free it. */
export function atTerm(lockPerCu: number, price: number, margin: number): "abandon" | "roll" | "close" {
  if (lockPerCu < price / SWAP_KEEPS) return "abandon";
  return margin >= MARGIN ? "roll" : "close";
}

/** Days of its capacity that a provider wants to have sold ahead when compute brings so many times what it costs. */
export function daysAhead(margin: number): number {
  return Math.min(FORWARD_DAYS, Math.max(0, margin / FORWARD_MARGIN - 1) * FORWARD_DAYS_PER_MARGIN);
}

export async function stepProvider(world: World, provider: Provider): Promise<void> {
  const { view, state } = world;
  const job = provider.job === undefined ? undefined : state.jobs.get(provider.job);
  if (job !== undefined && view.time >= provider.doneAt) await finish(world, provider, job);
  if (view.hour % 24 === provider.hour) await manage(world, provider);
}

/** Gives open jobs to free providers in a random order: whose transaction comes first is chance. */
export async function matchJobs(world: World): Promise<void> {
  const { state } = world;
  const open = [...state.jobs.values()].filter(({ status }) => status === "open");
  open.sort((a, b) => Number(b.tip * toCu(a.size) - a.tip * toCu(b.size)) || a.number - b.number);
  const free = state.agents.providers.filter(({ job }) => job === undefined);
  for (const provider of world.draw((random) => random.shuffled(free))) {
    const index = open.findIndex((job) => isWorthwhile(provider, job, world.priceUsd));
    const job = open[index];
    if (job === undefined) continue;
    open.splice(index, 1);
    await begin(world, provider, job);
  }
}

async function begin(world: World, provider: Provider, job: Job): Promise<void> {
  const { state, view } = world;
  const collateral = job.terms.collateralPerClaim;
  const missing = collateral - world.purse(provider.address).free;
  if (missing > 0n) {
    await world.buyOutside(provider.address, missing);
    await world.stake(provider.address, missing);
  }
  await claim(world, job.terms, provider.address);
  [job.status, job.worker] = ["claimed", provider.address];
  provider.job = job.number;
  provider.doneAt = view.time + Math.max(HOUR, Math.ceil((job.size / provider.capacity) * 24) * HOUR);
  world.pay(provider.address, -provider.cost * job.size);
  state.computing += provider.cost * job.size;
  state.day.costs.push(provider.cost);
}

async function finish(world: World, provider: Provider, job: Job): Promise<void> {
  const lies = provider.cheats && world.draw((random) => random.chance(LIES));
  await commit(world, job.terms, provider.address, job.attempt, lies);
  [job.status, job.lies, job.windowEnd] = ["committed", lies, world.view.time + windowOf(world)];
  provider.job = undefined;
}

/** Once a day: positions near their end, CU in hand, new forward sales, ORION to US dollars. */
async function manage(world: World, provider: Provider): Promise<void> {
  const { address } = provider;
  const { cu, orion } = world.purse(address);
  let left = cu;
  let earned = orion;
  const positions = world.positionsOf(address).sort((a, b) => a.end - b.end);
  for (const position of positions) {
    if (left < CU / 100n || provider.sleepy) break;
    if (bestUse(lockPerCu(position), world.price) === "sell") continue;
    const amount = least(left, position.debt);
    earned += await world.redeem(position, amount);
    left -= amount;
  }
  if (left > CU / 10n) earned += await world.sellCu(address, left);
  if (!provider.sleepy) for (const position of positions) earned += await careFor(world, provider, position);
  if (provider.forward) earned += await sellAhead(world, provider, sum(positions.map(({ debt }) => fromCu(debt))));
  if (earned > 0n) await world.sellOutside(address, earned);
}

/** Returns the ORION that come free. */
async function careFor(world: World, provider: Provider, position: Position): Promise<bigint> {
  const { view } = world;
  if (position.debt === 0n || position.end - view.time > CARE || position.end < view.time) return 0n;
  const choice = atTerm(lockPerCu(position), world.price, world.priceUsd / provider.cost);
  if (choice === "abandon") return 0n;
  if (choice === "roll") {
    const cost = await world.costOfRoll(position, TERM);
    if (cost === undefined) return 0n;
    await world.buyOutside(provider.address, cost);
    await world.roll(position, TERM, cost);
    return 0n;
  }
  const cost = world.costOf(position.debt);
  await world.buyOutside(provider.address, cost);
  await world.buyCu(provider.address, position.debt);
  return await world.redeem(position, position.debt);
}

/** Mints and sells what is missing to what it wants to have sold ahead, unless that is little; returns the ORION of the sale. */
async function sellAhead(world: World, provider: Provider, sold: number): Promise<bigint> {
  const { view, priceUsd } = world;
  const wanted = provider.capacity * daysAhead(priceUsd / provider.cost);
  const debt = toCu(wanted - sold);
  if (wanted - sold < provider.capacity * LEAST_DAYS || !view.live || view.mintable < debt) return 0n;
  // Somebody before it in this block may have left no room.
  if ((await world.mintableNow()) < debt) return 0n;
  const { cost } = await world.costOfMint(debt, TERM);
  await world.buyOutside(provider.address, cost);
  await world.mint(provider.address, debt, TERM, cost);
  return await world.sellCu(provider.address, debt);
}

export const lockPerCu = (position: Position): number =>
  position.debt === 0n ? 0 : fromOrion(position.lock) / fromCu(position.debt);
