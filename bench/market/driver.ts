import { stepDeliverer } from "./agents/deliverer.ts";
import { stepEngineer, stepOpenJobs } from "./agents/engineer.ts";
import { stepUpkeep, stepValidator } from "./agents/keepers.ts";
import { stepLiquidityProvider } from "./agents/liquidity-provider.ts";
import { matchJobs, stepProvider } from "./agents/provider.ts";
import { stepSpeculator } from "./agents/speculator.ts";
import { requireBacked, requireSolvent } from "./invariants.ts";
import { demandAt, orionPath } from "./paths.ts";
import { MINING_RATE, OUTSIDE, TIMELINE, type Options } from "./parameters.ts";
import { UPKEEP, VALIDATOR } from "./setup.ts";
import { newDay } from "./state.ts";
import { smooth, variance } from "./statistics.ts";
import { DAY, HOUR, YEAR, fromOrion } from "./units.ts";
import type { World } from "./world.ts";

const FEE = 0.003;
const ROLL_AHEAD = 5 * DAY;
const LONGEST_TERM = 30 * DAY;
/** Hours in which what an observer takes compute to be worth forgets half. */
const MEMORY = 14 * 24;

/** Lets time pass in a world. */
export class Driver {
  readonly world: World;
  readonly #orionUsd: Float64Array;

  constructor(world: World, { seed, days }: Options) {
    this.world = world;
    this.#orionUsd = orionPath(OUTSIDE, (days + 60) * 24, seed ^ 0x5eed);
  }

  /** Makes ORION worth another multiple of its path from now on, until the state is put back. */
  factor = 1;

  /** One hour (or fewer seconds), one block: everybody looks and acts once; `act` goes first. */
  async hour(act?: () => Promise<void>, seconds = HOUR): Promise<void> {
    const { world } = this;
    const { agents } = world.state;
    await this.look(seconds);
    await this.#govern();
    await act?.();
    for (const [index, engineer] of agents.engineers.entries()) await stepEngineer(world, engineer, index);
    await stepOpenJobs(world);
    for (const provider of agents.providers) await stepProvider(world, provider);
    await matchJobs(world);
    for (const provider of agents.liquidityProviders) await stepLiquidityProvider(world, provider);
    for (const speculator of agents.speculators) await stepSpeculator(world, speculator);
    for (const deliverer of agents.deliverers) await stepDeliverer(world, deliverer);
    await stepValidator(world, VALIDATOR);
    await stepUpkeep(world, UPKEEP);
    await world.mine(seconds);
    requireBacked(world.state.ledger, world.contracts.at.credits);
    world.state.hour++;
  }

  /** A day, its identities checked at its end; `close` sees it before the next one begins. */
  async day(close?: () => void): Promise<void> {
    const { state } = this.world;
    for (let hour = 0; hour < 24; hour++) await this.hour();
    await requireSolvent(this.world);
    state.fees.push(state.day.volumeOrion * FEE);
    state.logPrices.push(Math.log(this.world.price));
    close?.();
    state.day = newDay();
  }

  /** Reads what can be known for a block `seconds` from now. */
  async look(seconds = HOUR): Promise<void> {
    const { world } = this;
    const { state, chain, contracts } = world;
    const { credits } = contracts;
    const time = chain.now + seconds;
    await chain.planTime(time);
    const at = { blockTag: "pending" } as const;
    const orionUsd = (this.#orionUsd[state.hour] ?? OUTSIDE.orionUsd) * this.factor;
    const priceUsd = world.price * orionUsd;
    const daily = state.hour % 24 === 0;
    const before = state.view;
    state.view = {
      ...before,
      time,
      hour: state.hour,
      orionUsd,
      demand: demandAt(OUTSIDE, state.hour),
      collateral: await credits.collateralPerCredit(at),
      live: await credits.isPriceLive(at),
      weekMean: daily ? fromOrion(await credits.meanPrice(7 * 24 * HOUR, at)) : before.weekMean,
      mintable: daily ? await credits.mintable(at) : before.mintable,
      meanUsd: before.meanUsd === 0 ? priceUsd : smooth(before.meanUsd, priceUsd, MEMORY),
      ...(daily ? this.#expectations() : {}),
    };
  }

  /** What the last week's fees, the mining rate and the last month's movement of the price promise for a year. */
  #expectations(): { lpFees: number; lpMining: number; lpLoss: number } {
    const { state, contracts } = this.world;
    const { pool, fees, logPrices, miningRate } = state;
    const value = 2 * fromOrion(pool.orion);
    const week = fees.slice(-7);
    const moves = logPrices.slice(-30).map((price, i, all) => price - (all[i - 1] ?? price));
    const staked = Number(this.world.purse(contracts.at.mining).shares) / Number(pool.shares);
    return {
      lpFees: week.length < 7 ? 0 : (week.reduce((a, b) => a + b, 0) * 365) / 7 / value,
      lpMining: (fromOrion(miningRate) * YEAR) / (value * (staked + 0.05)),
      lpLoss: (variance(moves.slice(1)) * 365) / 8,
    };
  }

  /** Governance funds and starts liquidity mining, and ends it; the treasury rolls the position of which it seeded the pool. */
  async #govern(): Promise<void> {
    const { state, chain, contracts } = this.world;
    const { mining, at, treasury, poolId } = contracts;
    const [from, to] = TIMELINE.mining;
    const send = (data: string): Promise<void> => chain.send(treasury, at.mining, data, "set the farm");
    if (state.hour === from * 24) {
      const budget = MINING_RATE * BigInt((to - from) * DAY);
      await send(mining.interface.encodeFunctionData("fund", [poolId, budget]));
      await send(mining.interface.encodeFunctionData("setRate", [poolId, MINING_RATE]));
      state.miningRate = MINING_RATE;
    } else if (state.hour === to * 24) {
      await send(mining.interface.encodeFunctionData("setRate", [poolId, 0n]));
      state.miningRate = 0n;
    }
    if (state.hour % 24 !== 0) return;
    for (const position of this.world.positionsOf(treasury)) {
      if (position.end - state.view.time >= ROLL_AHEAD) continue;
      const cost = await this.world.costOfRoll(position, LONGEST_TERM);
      if (cost !== undefined) await this.world.roll(position, LONGEST_TERM, cost);
    }
  }
}
