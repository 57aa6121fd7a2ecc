import { Random } from "./random.ts";

const HOURS_A_YEAR = 8_760;

/** What the world outside does to the market; times in days. */
export interface Outside {
  readonly orionUsd: number;
  /** Standard deviation of the logarithm of ORION's price in a year. */
  readonly volatility: number;
  readonly crash: { readonly day: number; readonly hours: number; readonly left: number };
  /** Demand for compute is multiplied by `factor` on these days. */
  readonly shocks: readonly { readonly from: number; readonly to: number; readonly factor: number }[];
  /** Amplitudes of the weekly and of the yearly season. */
  readonly weekly: number;
  readonly yearly: number;
}

/** Hourly price of ORION in US dollars: a random walk without drift, and one crash. */
export function orionPath(outside: Outside, hours: number, seed: number): Float64Array {
  const random = new Random(seed);
  const sigma = outside.volatility / Math.sqrt(HOURS_A_YEAR);
  const { day, hours: length, left } = outside.crash;
  const path = new Float64Array(hours);
  let walk = 0;
  for (let hour = 0; hour < hours; hour++) {
    const fallen = Math.min(1, Math.max(0, (hour - day * 24) / length));
    path[hour] = outside.orionUsd * Math.exp(walk) * left ** fallen;
    walk += sigma * random.normal() - sigma ** 2 / 2;
  }
  return path;
}

/** Demand at an hour, relative to its mean over quiet weeks. */
export function demandAt(outside: Outside, hour: number): number {
  const day = hour / 24;
  const season =
    1 + outside.weekly * Math.sin((2 * Math.PI * day) / 7) + outside.yearly * Math.sin((2 * Math.PI * day) / 365);
  const shocks = outside.shocks.filter(({ from, to }) => day >= from && day < to);
  return shocks.reduce((demand, { factor }) => demand * factor, season);
}
