import type { Position } from "./ledger.ts";
import { removeLiquidity } from "./pool.ts";
import type { Agents } from "./state.ts";
import { quantile, round, sum } from "./statistics.ts";
import { fromCu, fromOrion } from "./units.ts";
import type { World } from "./world.ts";

export type Class = Exclude<keyof Agents, "deliverers">;
export const CLASSES: readonly Class[] = ["engineers", "providers", "liquidityProviders", "speculators"];

/** The market at the end of a day; amounts in ORION, CU and US dollars as named. */
export interface Sample {
  readonly day: number;
  readonly orionUsd: number;
  readonly demand: number;
  /** ORION and US dollars per CU. */
  readonly price: number;
  readonly priceUsd: number;
  /** US dollars per CU that the dearest of those who took work that day has to pay, the dearest twentieth left out. */
  readonly marginalCostUsd: number | undefined;
  readonly wantedCu: number;
  readonly postedCu: number;
  readonly settledJobs: number;
  readonly abandonedJobs: number;
  readonly cancelledJobs: number;
  readonly frauds: number;
  readonly volumeOrion: number;
  readonly mintedCu: number;
  readonly redeemedCu: number;
  readonly deliveredCu: number;
  readonly supplyCu: number;
  readonly lockedOrion: number;
  /** ORION that a CU minted now locks. */
  readonly collateral: number;
  /** Value of all locks over the market value of all CU. */
  readonly coverage: number;
  /** The same without the position of which the treasury seeded the pool. */
  readonly coverageOfAgents: number;
  /** CU whose position locks less than they are worth, and CU whose position is past its end. */
  readonly thinCu: number;
  readonly endedCu: number;
  readonly depthUsd: number;
  readonly providersInPool: number;
  readonly lpFees: number;
  readonly lpMining: number;
  readonly lpLoss: number;
  /** ORION and CU behind 10^18 shares of the pool, and ORION that they earned in the farm so far. */
  readonly shareOrion: number;
  readonly shareCu: number;
  readonly shareMined: number;
  /** US dollars of everything that a class of agents has and got, from the beginning. */
  readonly wealth: Readonly<Record<Class, number>>;
}

const SHARES = 10n ** 15n;
const MARGINAL = 0.95;

export function sample(world: World, day: number, shareMined: number): Sample {
  const { state, view, price, priceUsd } = world;
  const positions = [...state.ledger.positions.values()];
  const supply = sum(positions.map(({ debt }) => fromCu(debt)));
  const locked = sum(positions.map(({ lock }) => fromOrion(lock)));
  const share = removeLiquidity({ ...state.pool }, SHARES);
  const debtWhere = (is: (position: Position) => boolean): number =>
    round(sum(positions.filter(is).map(({ debt }) => fromCu(debt))));
  return {
    day,
    orionUsd: round(view.orionUsd),
    demand: round(view.demand),
    price: round(price),
    priceUsd: round(priceUsd),
    marginalCostUsd: quantile(state.day.costs, MARGINAL),
    wantedCu: round(state.day.wantedCu),
    postedCu: round(state.day.postedCu),
    settledJobs: state.day.settled,
    abandonedJobs: state.day.lost,
    cancelledJobs: state.day.cancelled,
    frauds: state.day.proofs,
    volumeOrion: round(state.day.volumeOrion),
    mintedCu: round(state.day.minted),
    redeemedCu: round(state.day.redeemed),
    deliveredCu: round(state.day.delivered),
    supplyCu: round(supply),
    lockedOrion: round(locked),
    collateral: round(fromOrion(view.collateral)),
    coverage: round(coverage(positions, price)),
    coverageOfAgents: round(
      coverage(
        positions.filter(({ owner }) => owner !== world.contracts.treasury),
        price,
      ),
    ),
    thinCu: debtWhere(({ lock, debt }) => fromOrion(lock) < fromCu(debt) * price),
    endedCu: debtWhere(({ end }) => end < view.time),
    depthUsd: round(2 * fromOrion(state.pool.orion) * view.orionUsd),
    providersInPool: state.agents.liquidityProviders.filter(({ inside }) => inside).length,
    ...{ lpFees: round(view.lpFees), lpMining: round(view.lpMining), lpLoss: round(view.lpLoss) },
    ...{ shareOrion: fromOrion(share.orion), shareCu: fromCu(share.cu), shareMined },
    wealth: wealthOf(world),
  };
}

/** Value of locks over the market value of debts; one where nobody owes anything. */
function coverage(positions: readonly Position[], price: number): number {
  if (positions.length === 0) return 1;
  return sum(positions.map(({ lock }) => fromOrion(lock))) / (sum(positions.map(({ debt }) => fromCu(debt))) * price);
}

/** What each class has at market prices: cash, tokens, stakes, shares, what positions are worth to their owners, and results received. */
function wealthOf(world: World): Record<Class, number> {
  const { state } = world;
  const worth = (addresses: readonly { readonly address: string }[]): number =>
    sum(addresses.map(({ address }) => (state.usd.get(address) ?? 0) + holdings(world, address)));
  const escrow = sum([...state.jobs.values()].map(({ size, tip }) => (size + fromCu(tip)) * world.priceUsd));
  return {
    engineers: round(worth(state.agents.engineers) + state.surplus + escrow),
    providers: round(worth(state.agents.providers)),
    liquidityProviders: round(worth(state.agents.liquidityProviders)),
    speculators: round(worth(state.agents.speculators)),
  };
}

function holdings(world: World, address: string): number {
  const { state, view, price, priceUsd } = world;
  const { orion, cu, shares, staked, free, locked } = world.purse(address);
  const pooled = removeLiquidity({ ...state.pool }, shares + staked);
  const positions = world.positionsOf(address);
  // An owner may walk away: a position is never worth less than nothing.
  const owned = sum(positions.map(({ lock, debt }) => Math.max(0, fromOrion(lock) - fromCu(debt) * price)));
  const orions = fromOrion(orion + free + locked + pooled.orion) + owned;
  return orions * view.orionUsd + fromCu(cu + pooled.cu) * priceUsd;
}
