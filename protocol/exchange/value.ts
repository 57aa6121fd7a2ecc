import { hasToken, otherToken, sidesOf, spotPriceOf, type Pool } from "./pool.ts";
import { partOf } from "./ratio.ts";

/** The pool of two tokens that holds most of `token`; undefined where there is none. */
export function deepestPool(pools: readonly Pool[], token: string, other: string): Pool | undefined {
  const joining = pools.filter((pool) => hasToken(pool, token) && otherToken(pool, token) === other);
  const held = (pool: Pool): bigint => sidesOf(pool, token).reserveIn;
  return joining.reduce<Pool | undefined>(
    (best, pool) => (best === undefined || held(pool) > held(best) ? pool : best),
    undefined,
  );
}

/**
 * What an amount of a token comes to in `measure` at the spot price of their deepest pool, rounded down; undefined without one. For people to
 * read: a trade moves spot prices, so no decision may rest on it.
 */
export function valueIn(pools: readonly Pool[], measure: string, token: string, amount: bigint): bigint | undefined {
  if (token === measure) return amount;
  const pool = deepestPool(pools, measure, token);
  return pool === undefined ? undefined : partOf(amount, spotPriceOf(pool, token));
}
