import type { PoolKey } from "../chain/pool.ts";
import type { Holdings } from "./liquidity-math.ts";
import type { Ratio } from "./ratio.ts";
import type { Sides } from "./swap-math.ts";

/** A pool as it stands at one moment; amounts in base units. */
export interface Pool extends PoolKey, Holdings {
  readonly id: bigint;
  /** The protocol takes one part in so many of the fee; 0 for nothing. */
  readonly protocolPart: number;
}

/** The pool as a trade of `tokenIn` meets it. */
export function sidesOf(pool: Pool, tokenIn: string): Sides {
  const { fee, protocolPart } = pool;
  const [reserveIn, reserveOut] =
    tokenIn === pool.token0 ? [pool.reserve0, pool.reserve1] : [pool.reserve1, pool.reserve0];
  return { reserveIn, reserveOut, fee, protocolPart };
}

export function hasToken(pool: PoolKey, token: string): boolean {
  return pool.token0 === token || pool.token1 === token;
}

/** The other token of a pool that has `token`. */
export function otherToken(pool: PoolKey, token: string): string {
  return pool.token0 === token ? pool.token1 : pool.token0;
}

/** Price of `token` in the pool's other token, in base units, as the reserves stand. */
export function spotPriceOf(pool: Pool, token: string): Ratio {
  const { reserveIn, reserveOut } = sidesOf(pool, token);
  return { numerator: reserveOut, denominator: reserveIn };
}
