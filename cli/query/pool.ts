import { Argument, InvalidArgumentError } from "commander";

import {
  candlesQuery,
  poolQuery,
  poolsQuery,
  skippedPages,
  type CandlesQuery,
  type PoolQuery,
} from "@orion/protocol/query";

import { formatAmount, type Unit } from "../core/amounts.ts";
import { command } from "../core/command.ts";
import { facts, table } from "../core/table.ts";
import { formatDollars } from "../dex/figures.ts";
import { answer, instant, sameBlock, type Answer } from "./answer.ts";
import {
  dollarsOf,
  dollarsSource,
  formatHeld,
  inDollars,
  pricesInOrion,
  type Dollars,
  type Priced,
} from "./dollars.ts";
import type { OpenIndex } from "./open-index.ts";
import { limitOption, queryOptions, type QueryFlags } from "./options.ts";
import { idRange, onlyOne } from "./prefix.ts";

interface Flags extends QueryFlags {
  readonly limit: number;
}

type IndexedPool = PoolQuery["pools"][number];
type Candle = CandlesQuery["candles"][number];
type IndexedToken = IndexedPool["token0"];

export const queryPool = command<Flags>({
  name: "pool",
  summary: "show a pool of the exchange: reserves, volume, fees, swaps, holders, candles; or list all pools",
  args: [new Argument("[pool]", "id of the pool, or its first digits (default: all pools)").argParser(parsePoolId)],
  options: [limitOption("pools, or swaps, holders and candles,", 10, 1_000), ...queryOptions],
  examples: ["orion query pool", "orion query pool 0x5b21aa --limit 24 --json"],
  async run(invocation) {
    const { args, flags } = invocation;
    const prefix = args[0] as string | undefined;
    await answer(invocation, (index) =>
      prefix === undefined ? allPools(index, flags.limit) : onePool(index, prefix, flags.limit),
    );
  },
});

async function allPools({ client, at }: OpenIndex, limit: number): Promise<Answer> {
  let dated: Priced = { _meta: null, usdFeeds: [] };
  const pools = await skippedPages(limit, async (first, skip) => {
    const page = await client.ask(poolsQuery, { first, skip, ...(skip === 0 ? at : sameBlock(dated)) });
    dated = page;
    return page.pools;
  });
  const dollars = dollarsOf(dated);
  const rows = pools.map(({ id, fee, reserve0, reserve1, token0, token1, swapCount }) => [
    id,
    percent(fee),
    formatHeld(reserve0, unitOf(token0), dollars),
    formatHeld(reserve1, unitOf(token1), dollars),
    String(swapCount),
  ]);
  const lines = rows.length === 0 ? ["no pool yet"] : table(["pool", "fee", "reserve", "reserve", "swaps"], rows);
  return { value: { pools, usd: dollars ?? null }, lines, dated };
}

async function onePool({ client, at }: OpenIndex, prefix: string, first: number): Promise<Answer> {
  const found = await client.ask(poolQuery, { ...idRange(prefix), first, ...at });
  const pool = onlyOne("pool", found.pools, prefix);
  const { candles } = await client.ask(candlesQuery, { pool: pool.id, interval: "hour", first, ...sameBlock(found) });
  const dollars = dollarsOf(found);
  return {
    value: { ...pool, candles, usd: usdJson(pool, dollars) },
    lines: poolLines(pool, candles, dollars),
    dated: found,
  };
}

/** A pool's id, or its first digits. */
function parsePoolId(text: string): string {
  if (/^0x[0-9a-fA-F]{6,64}$/.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError("Give a pool's id: 0x and 64 hexadecimal digits, or its first 6.");
}

/** Tokens of others may not say what they are called. */
const unitOf = ({ symbol, decimals, id }: IndexedToken): Unit => ({
  symbol: symbol ?? id.slice(0, 8),
  decimals: decimals ?? 0,
});
const percent = (basisPoints: number): string => `${basisPoints / 100}%`;

/** Dollars for one whole token of each side besides. */
function usdJson(pool: IndexedPool, dollars: Dollars | undefined): object | null {
  if (dollars === undefined) return null;
  const [token0, token1] = pricesInOrion(pool).map((price) => inDollars(dollars, price));
  return { ...dollars, token0: token0 ?? null, token1: token1 ?? null };
}

export function poolLines(pool: IndexedPool, candles: readonly Candle[], dollars: Dollars | undefined): string[] {
  const [unit0, unit1] = [unitOf(pool.token0), unitOf(pool.token1)];
  const both = (amount0: string, amount1: string): string =>
    `${formatAmount(BigInt(amount0), unit0)} and ${formatAmount(BigInt(amount1), unit1)}`;
  const held = [formatHeld(pool.reserve0, unit0, dollars), formatHeld(pool.reserve1, unit1, dollars)];
  const swaps = pool.swaps.map(({ timestamp, amount0, amount1, to }) => [
    instant(timestamp),
    formatAmount(BigInt(amount0), unit0),
    formatAmount(BigInt(amount1), unit1),
    to,
  ]);
  const hours = candles.map(({ timestamp, open, high, low, close, swaps: count }) => [
    instant(microseconds(timestamp)),
    ...[open, high, low, close].map(rounded),
    String(count),
  ]);
  return [
    ...facts([
      ["pool", pool.id],
      ["fee", percent(pool.fee)],
      ["reserves", held.join(" and ")],
      ["price", `${rounded(pool.price0)} base units of ${unit1.symbol} for one of ${unit0.symbol}`],
      ...dollarFacts(pool, dollars),
      ["volume", `${both(pool.volume0, pool.volume1)} in ${pool.swapCount} swaps`],
      ["fees", both(pool.lpFees0, pool.lpFees1)],
      ["protocol's fees", both(pool.protocolFees0, pool.protocolFees1)],
      ["holders", `${pool.shares} shares, most of them by ${pool.positions[0]?.account ?? "nobody"}`],
    ]),
    ...(swaps.length === 0 ? [] : ["", ...table(["swap (+ in, - out)", unit0.symbol, unit1.symbol, "to"], swaps)]),
    ...(hours.length === 0 ? [] : ["", ...table(["hour", "open", "high", "low", "close", "swaps"], hours)]),
  ];
}

function dollarFacts(pool: IndexedPool, dollars: Dollars | undefined): (readonly [string, string])[] {
  if (dollars === undefined) return [];
  const units = [unitOf(pool.token0), unitOf(pool.token1)];
  const prices = pricesInOrion(pool).map(
    (price, i) => `1 ${units[i]?.symbol} is ${formatDollars(inDollars(dollars, price))}`,
  );
  return prices.length === 0 ? [] : [["in dollars", `${prices.join(", ")}, ${dollarsSource(dollars)}`]];
}

/** Time series count in microseconds. */
const microseconds = (text: string): number => Number(BigInt(text) / 1_000_000n);

const SHOWN_DIGITS = 9;
const rounded = (decimal: string): string => String(Number(Number(decimal).toPrecision(SHOWN_DIGITS)));
