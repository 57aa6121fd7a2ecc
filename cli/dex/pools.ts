import type { Chain } from "@orion/protocol/chain";
import { readMeanPrice, spotPriceOf, type Pool, type Ratio } from "@orion/protocol/exchange";

import { ORION } from "../core/amounts.ts";
import { withClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkOptions, type NetworkFlags } from "../core/options.ts";
import { table } from "../core/table.ts";
import { bothInOrion, inDollars, pairOf, readExchange, type Exchange, type Pair } from "./exchange.ts";
import { formatDollars, formatPrice, formatShort, priceJson } from "./figures.ts";
import { formatFee } from "./options.ts";
import { formatPoolId } from "./pool-name.ts";

export const HOUR = 3_600;
export const WEEK = 7 * 86_400;

/** A pool and what can be said of it. */
export interface PoolView {
  readonly pool: Pool;
  readonly pair: Pair;
  /** Prices of the base token in the quote token. */
  readonly spot: Ratio;
  readonly meanHour: Ratio | undefined;
  readonly meanWeek: Ratio | undefined;
  /** ORION wei, at spot prices. */
  readonly value: bigint | undefined;
}

/** All pools with their prices, those that hold most first. */
export async function viewPools(chain: Chain, exchange: Exchange): Promise<PoolView[]> {
  const views = await Promise.all(exchange.pools.map((pool) => viewPool(chain, exchange, pool)));
  return views.sort((a, b) => Number((b.value ?? -1n) - (a.value ?? -1n)));
}

export async function viewPool(chain: Chain, exchange: Exchange, pool: Pool): Promise<PoolView> {
  const pair = pairOf(chain, exchange, pool);
  const base = pair.base.address;
  const [hour, week] = await Promise.all([HOUR, WEEK].map((window) => readMeanPrice(chain, pool, base, window)));
  return {
    pool,
    pair,
    spot: spotPriceOf(pool, base),
    meanHour: hour?.price,
    meanWeek: week?.price,
    value: bothInOrion(exchange, pool, pool.reserve0, pool.reserve1),
  };
}

export const dexPools = command<NetworkFlags>({
  name: "pools",
  summary: "list the pools with their reserves, prices and fees",
  details: `Prices are those of the first token in the second: now, and the means of the last hour and week where the pool is old enough. Values are at
spot prices, for pools whose tokens are traded for ORION; dollars need a feed.`,
  options: networkOptions,
  examples: ["orion dex pools", "orion dex pools --json"],
  async run(invocation) {
    await withClient(invocation, async ({ chain }) => {
      const exchange = await readExchange(chain);
      const views = await viewPools(chain, exchange);
      const json = views.map((view) => poolJson(exchange, view));
      invocation.terminal.result({ pools: json, orionUsd: exchange.orionUsd ?? null }, poolLines(exchange, views));
    });
  },
});

function poolJson(exchange: Exchange, view: PoolView): object {
  const { pool, pair, spot, meanHour, meanWeek, value } = view;
  const { base, quote } = pair;
  return {
    id: formatPoolId(pool.id),
    token0: pool.token0,
    token1: pool.token1,
    feePercent: pool.fee / 100,
    reserve0: pool.reserve0,
    reserve1: pool.reserve1,
    shares: pool.supply,
    base: { address: base.address, symbol: base.symbol, decimals: base.decimals },
    quote: { address: quote.address, symbol: quote.symbol, decimals: quote.decimals },
    price: priceJson(spot, base, quote),
    meanHour: priceJson(meanHour, base, quote),
    meanWeek: priceJson(meanWeek, base, quote),
    valueOrion: value ?? null,
    valueUsd: inDollars(exchange, value) ?? null,
  };
}

function poolLines(exchange: Exchange, views: readonly PoolView[]): string[] {
  if (views.length === 0) return ["the exchange has no pools"];
  const rows = views.map(({ pool, pair: { base, quote }, spot, meanHour, meanWeek, value }) => [
    `${base.symbol}/${quote.symbol}`,
    formatFee(pool.fee),
    formatPrice(spot, base, quote),
    formatPrice(meanHour, base, quote),
    formatPrice(meanWeek, base, quote),
    ...[base, quote].map((token) => formatShort(token.address === pool.token0 ? pool.reserve0 : pool.reserve1, token)),
    formatShort(value, ORION),
    formatDollars(inDollars(exchange, value)),
    formatPoolId(pool.id).slice(0, 10),
  ]);
  const header = ["pool", "fee", "price", "mean 1 h", "mean 7 d", "holds", "", "value", "dollars", "id"];
  return table(header, rows);
}
