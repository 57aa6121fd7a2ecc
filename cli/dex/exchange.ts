import { reading, type Chain } from "@orion/protocol/chain";
import { readOrionUsd, readPools, valueIn, type Pool } from "@orion/protocol/exchange";

import type { TokenInfo } from "../core/token-info.ts";
import { tokenOfPool } from "./tokens.ts";

/** The exchange as it stands: its pools, what their tokens are called, and dollars per ORION (18 decimals) where a feed says it. */
export interface Exchange {
  readonly pools: readonly Pool[];
  /** Id of the pool whose price sets the collateral of credits. */
  readonly canonical: bigint;
  readonly orionUsd: bigint | undefined;
  /** A token of one of the pools. */
  token(address: string): TokenInfo;
  /** What an amount comes to in ORION wei at spot prices; undefined where no pool joins the token with ORION. */
  inOrion(token: string, amount: bigint): bigint | undefined;
}

/** The two tokens of a pool in the order in which people read them: compute in ORION, anything else in CU or ORION. */
export interface Pair {
  readonly base: TokenInfo;
  /** What prices are given in. */
  readonly quote: TokenInfo;
}

export async function readExchange(chain: Chain): Promise<Exchange> {
  const [pools, orionUsd, canonical] = await Promise.all([
    readPools(chain),
    readOrionUsd(chain),
    reading(chain, () => chain.contracts.credits.POOL()),
  ]);
  const addresses = [...new Set(pools.flatMap(({ token0, token1 }) => [token0, token1]))];
  const entries = await Promise.all(
    addresses.map(async (address) => [address, await tokenOfPool(chain, address)] as const),
  );
  const tokens = new Map(entries);
  return {
    pools,
    canonical,
    orionUsd,
    token(address) {
      const found = tokens.get(address);
      if (found === undefined) throw new RangeError(`no pool has the token ${address}`);
      return found;
    },
    inOrion: (token, amount) => valueIn(pools, chain.network.addresses.orion, token, amount),
  };
}

export function pairOf(chain: Chain, exchange: Exchange, pool: Pick<Pool, "token0" | "token1">): Pair {
  const { orion, credits } = chain.network.addresses;
  const rank = (token: string): number => [credits, orion].indexOf(token);
  const inOrder = rank(pool.token1) >= rank(pool.token0);
  const [base, quote] = inOrder ? [pool.token0, pool.token1] : [pool.token1, pool.token0];
  return { base: exchange.token(base), quote: exchange.token(quote) };
}

/** What both amounts come to in ORION wei; undefined where one of them has no price. */
export function bothInOrion(
  exchange: Exchange,
  { token0, token1 }: Pick<Pool, "token0" | "token1">,
  amount0: bigint,
  amount1: bigint,
): bigint | undefined {
  const [value0, value1] = [exchange.inOrion(token0, amount0), exchange.inOrion(token1, amount1)];
  return value0 === undefined || value1 === undefined ? undefined : value0 + value1;
}

const WEI = 10n ** 18n;

/** Dollars (18 decimals) of an amount of ORION (wei). */
export function inDollars({ orionUsd }: Exchange, orion: bigint | undefined): bigint | undefined {
  return orionUsd === undefined || orion === undefined ? undefined : (orion * orionUsd) / WEI;
}
