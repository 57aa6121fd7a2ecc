import type { Terms } from "@orion/protocol/chain";

import type { Deliverer, Engineer, LiquidityProvider, Provider, Speculator } from "./agents/kinds.ts";
import type { Ledger } from "./ledger.ts";
import type { Pool } from "./pool.ts";

export interface Job {
  readonly number: number;
  readonly terms: Terms;
  readonly engineer: number;
  /** CU of work, and US dollars that the engineer would pay for it. */
  readonly size: number;
  readonly worth: number;
  readonly postedAt: number;
  /** US dollars paid so far, tip included. */
  paid: number;
  tip: bigint;
  status: "open" | "claimed" | "committed";
  attempt: number;
  worker: string;
  windowEnd: number;
  lies: boolean;
  sealed: boolean;
  proved: boolean;
}

/** What everybody can read of the chain and of the outside market at the beginning of an hour. */
export interface View {
  /** Seconds of the block that is being made. */
  time: number;
  hour: number;
  orionUsd: number;
  demand: number;
  /** ORION wei per CU that a position made now must lock, and whether the exchange's price counts. */
  collateral: bigint;
  live: boolean;
  weekMean: number;
  mintable: bigint;
  /** What a patient observer takes compute to be worth, in US dollars: a mean over two weeks. */
  meanUsd: number;
  /** What a liquidity provider expects in a year on a dollar: fees, mining, and what the price's movement costs. */
  lpFees: number;
  lpMining: number;
  lpLoss: number;
}

/** What happened in the day that runs. */
export interface Day {
  posted: number;
  postedCu: number;
  settled: number;
  lost: number;
  cancelled: number;
  refusedCu: number;
  wantedCu: number;
  volumeOrion: number;
  minted: number;
  redeemed: number;
  delivered: number;
  proofs: number;
  /** Cost in US dollars of every CU that somebody agreed to compute, for the marginal one. */
  costs: number[];
}

export const newDay = (): Day => ({
  ...{ posted: 0, postedCu: 0, settled: 0, lost: 0, cancelled: 0, refusedCu: 0, wantedCu: 0, volumeOrion: 0 },
  ...{ minted: 0, redeemed: 0, delivered: 0, proofs: 0, costs: [] },
});

export interface Agents {
  readonly engineers: Engineer[];
  readonly providers: Provider[];
  readonly speculators: Speculator[];
  readonly liquidityProviders: LiquidityProvider[];
  readonly deliverers: Deliverer[];
}

/** Everything of a run that is not on the chain; plain data, so that `structuredClone` copies it. */
export interface State {
  random: number;
  hour: number;
  readonly ledger: Ledger;
  /** The pool after what was sent for the next block. */
  pool: Pool;
  /** US dollars that an account has outside, negative for what it paid in. */
  readonly usd: Map<string, number>;
  /** US dollars' worth of results that engineers got, and what computing cost providers. */
  surplus: number;
  computing: number;
  readonly jobs: Map<number, Job>;
  nextJob: number;
  readonly agents: Agents;
  view: View;
  day: Day;
  /** ORION of fees and logarithms of the price by day, for what liquidity providers expect. */
  readonly fees: number[];
  readonly logPrices: number[];
  miningRate: bigint;
}
