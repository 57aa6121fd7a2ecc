import type { Random } from "../random.ts";
import type { View } from "../state.ts";
import { toOrion } from "../units.ts";
import type { World } from "../world.ts";
import type { LiquidityProvider } from "./kinds.ts";

const WEEK = 7 * 24;
/** It stays in until the promise falls so far below what it asks: moving costs fees. */
const INERTIA = 0.04;

export function makeLiquidityProvider(random: Random, address: string): LiquidityProvider {
  return {
    address,
    capital: random.around(6_000, 0.6),
    required: random.between(0.02, 0.3),
    hour: Math.floor(random.unit() * WEEK),
    inside: false,
  };
}

/** What it expects of a year. */
export const promise = ({ lpFees, lpMining, lpLoss }: Pick<View, "lpFees" | "lpMining" | "lpLoss">): number =>
  lpFees + lpMining - lpLoss;

export function decide(provider: LiquidityProvider, promised: number): "enter" | "leave" | "stay" {
  if (!provider.inside) return promised > provider.required ? "enter" : "stay";
  return promised < provider.required - INERTIA ? "leave" : "stay";
}

export async function stepLiquidityProvider(world: World, provider: LiquidityProvider): Promise<void> {
  const { view, state } = world;
  const purse = world.purse(provider.address);
  const mining = state.miningRate > 0n;
  if (mining && purse.shares > 0n) await world.farm(provider.address, "deposit", purse.shares);
  if (view.hour % WEEK !== provider.hour) return;
  const choice = decide(provider, promise(view));
  if (choice === "enter") await enter(world, provider);
  else if (choice === "leave") await leave(world, provider);
  else if (purse.staked > 0n) await cashRewards(world, provider.address);
}

/** Half of the capital becomes CU, at the pool's own price. */
async function enter(world: World, provider: LiquidityProvider): Promise<void> {
  const { address } = provider;
  const half = toOrion(provider.capital / 2 / world.view.orionUsd);
  await world.buyOutside(address, half);
  const cu = await world.spendOrion(address, half);
  const { pool } = world.state;
  const orion = (cu * pool.orion) / pool.cu + 1n;
  await world.buyOutside(address, orion);
  await world.addLiquidity(address, orion, cu);
  provider.inside = true;
}

/** Everything out of farm and pool; what was bought or put in this hour is staked by now, where there is a farm. */
async function leave(world: World, provider: LiquidityProvider): Promise<void> {
  const { address } = provider;
  const { staked, shares, cu } = world.purse(address);
  const inFarm = world.state.miningRate > 0n ? staked + shares : staked;
  if (inFarm > 0n) {
    await cashRewards(world, address);
    await world.farm(address, "withdraw", inFarm);
  }
  const removed = await world.removeLiquidity(address, staked + shares);
  const orion = removed.orion + (await world.sellCu(address, removed.cu + cu));
  await world.sellOutside(address, orion);
  provider.inside = false;
}

/** Harvests; what came by the last harvest is sold outside. */
async function cashRewards(world: World, address: string): Promise<void> {
  const { orion } = world.purse(address);
  if (orion > 0n) await world.sellOutside(address, orion);
  await world.harvest(address);
}
