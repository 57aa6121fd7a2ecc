import { loadParameters, type Parameters } from "@orion/deploy";

import type { Outside } from "./paths.ts";
import { CU, ORION } from "./units.ts";

/** What a run is made of. */
export interface Options {
  readonly seed: number;
  readonly days: number;
  readonly agents: number;
}

export const DEFAULTS: Options = { seed: 1, days: 365, agents: 240 };

/** Days at which things happen in a run of a year; shorter runs see what they last for. */
export const TIMELINE = { calm: 50, mining: [125, 185], crash: 215, fallen: 270 } as const;

export const OUTSIDE: Outside = {
  orionUsd: 1,
  volatility: 0.5,
  crash: { day: TIMELINE.crash, hours: 24, left: 0.1 },
  shocks: [
    { from: 60, to: 80, factor: 2.5 },
    { from: 95, to: 115, factor: 0.4 },
  ],
  weekly: 0.15,
  yearly: 0.1,
};

/** ORION wei per second that all staked shares of the pool divide while mining is on: 200 ORION a day. */
export const MINING_RATE = (200n * ORION) / 86_400n;

/**
 * The network's local parameters with the clocks of jobs that run for hours, and a pool of mainnet's proportions (cap, bootstrap cap and depth
 * against the seed) and seven times its size. What fits into so long a claim period is traced in one: a queue of twice that is more than the judge allows.
 */
export async function marketParameters(): Promise<Parameters["Orion"]> {
  const { Orion } = await loadParameters("local");
  return {
    ...Orion,
    standard: { ...Orion.standard, claimPeriod: 4 * 86_400, kappa: 1, challengeWindow: 7_200, answerPeriod: 3_600 },
    lowestCollateral: ORION / 2n,
    highestCollateral: 5_000n * ORION,
    claimCollateral: 10n * ORION,
    creditsFloor: 2n * ORION,
    creditsCap: 1_000_000n * CU,
    creditsBootstrapCap: 250_000n * CU,
    creditsMinDepth: 60_000n * ORION,
    seedOrion: 100_000n * ORION,
    seedCredits: 100_000n * CU,
  };
}
