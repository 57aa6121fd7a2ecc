import { ImpossibleTradeError } from "./errors.ts";
import { otherToken, sidesOf, type Pool } from "./pool.ts";
import { quoteExactIn, quoteExactOut, type Quote } from "./route.ts";
import { tradeExactIn, tradeExactOut, type Sides } from "./swap-math.ts";

/** Pools that a trade passes at most. */
export const MAX_HOPS = 3;

/** The best way found so far to hold a token: how much of it, and the pools on the way. */
interface Reached {
  readonly amount: bigint;
  readonly pools: readonly Pool[];
}

type Frontier = ReadonlyMap<string, Reached>;
/** The amount on a pool's far side; throws ImpossibleTradeError where there is none. */
type Cross = (pool: Pool, from: string, amount: bigint) => bigint;

export interface Search {
  readonly pools: readonly Pool[];
  readonly tokenIn: string;
  readonly tokenOut: string;
  /** 1 to 3. */
  readonly maxHops?: number;
}

/**
 * The route that gives most for an exact input; of equal ones the shortest. Undefined where no route gives anything.
 * More of a token never gives less of the next, so only the best way to each token at each length is followed: work grows with the number of
 * pools, not of paths, and nobody can make the search long by filling the exchange with pools.
 */
export function bestExactIn(search: Search, amountIn: bigint): Quote | undefined {
  const cross: Cross = (pool, from, amount) => tradeExactIn(sidesOf(pool, from), amount).amountOut;
  const pools = bestPath(search.tokenIn, search.tokenOut, search, amountIn, cross, (a, b) => a > b);
  return pools === undefined ? undefined : quoteExactIn({ tokenIn: search.tokenIn, pools }, amountIn);
}

/** The route that asks least for an exact output, searched from its end. */
export function bestExactOut(search: Search, amountOut: bigint): Quote | undefined {
  const cross: Cross = (pool, from, amount) => tradeExactOut(reversed(pool, from), amount).amountIn;
  const pools = bestPath(search.tokenOut, search.tokenIn, search, amountOut, cross, (a, b) => a < b);
  return pools === undefined
    ? undefined
    : quoteExactOut({ tokenIn: search.tokenIn, pools: pools.toReversed() }, amountOut);
}

/**
 * Neither end comes up in the middle, and a pool joins two different tokens, so with three hops at most no token, and hence no pool, comes twice.
 */
function bestPath(
  start: string,
  goal: string,
  { pools, maxHops = MAX_HOPS }: Search,
  amount: bigint,
  cross: Cross,
  isBetter: (a: bigint, b: bigint) => boolean,
): readonly Pool[] | undefined {
  if (!Number.isInteger(maxHops) || maxHops < 1 || maxHops > MAX_HOPS) {
    throw new RangeError(`a route has 1 to ${String(MAX_HOPS)} pools`);
  }
  let best: Reached | undefined;
  let frontier: Frontier = new Map([[start, { amount, pools: [] }]]);
  for (let hop = 1; hop <= maxHops; hop++) {
    const next = new Map<string, Reached>();
    for (const { pool, from, reached } of stepsFrom(frontier, pools)) {
      const to = otherToken(pool, from);
      if (to === start) continue;
      const crossed = attempt(() => cross(pool, from, reached.amount));
      const known = to === goal ? best : next.get(to);
      if (crossed === undefined || (known !== undefined && !isBetter(crossed, known.amount))) continue;
      const found = { amount: crossed, pools: [...reached.pools, pool] };
      if (to === goal) best = found;
      else next.set(to, found);
    }
    frontier = next;
  }
  return best?.pools;
}

function* stepsFrom(
  frontier: Frontier,
  pools: readonly Pool[],
): Generator<{ pool: Pool; from: string; reached: Reached }> {
  for (const pool of pools) {
    for (const from of [pool.token0, pool.token1]) {
      const reached = frontier.get(from);
      if (reached !== undefined) yield { pool, from, reached };
    }
  }
}

/** The pool as a trade that ends with `tokenOut` meets it. */
function reversed(pool: Pool, tokenOut: string): Sides {
  return sidesOf(pool, otherToken(pool, tokenOut));
}

function attempt(cross: () => bigint): bigint | undefined {
  try {
    return cross();
  } catch (error) {
    if (error instanceof ImpossibleTradeError) return undefined;
    throw error;
  }
}
