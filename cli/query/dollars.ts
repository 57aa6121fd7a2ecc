import { formatAmount, type Unit } from "../core/amounts.ts";
import { formatSpan } from "../core/chain-time.ts";
import { formatDollars } from "../dex/figures.ts";
import { instant, type Dated } from "./answer.ts";

/** The price of ORION as it was last reported to the index, at the block of an answer. */
export interface Dollars {
  /** US dollars (18 decimals) for one ORION. */
  readonly orion: bigint;
  /** When the feed said so, in seconds since 1970. */
  readonly updatedAt: number;
  /** Seconds from then to the block that the answer stands for; null where the index does not tell that block's time. */
  readonly age: number | null;
}

/** What a question asks besides to show dollars. */
export interface Priced extends Dated {
  readonly usdFeeds: readonly { readonly price: string; readonly updatedAt: string }[];
}

interface Side {
  /** The index names no tokens but ORION and CU; of others nothing may be known. */
  readonly token: { readonly symbol: string | null; readonly decimals: number | null };
  readonly reserve: string;
}

/** What a pool holds, as the index tells it. */
export interface Reserves {
  readonly token0: Side["token"];
  readonly token1: Side["token"];
  readonly reserve0: string;
  readonly reserve1: string;
}

const WEI = 10n ** 18n;

/** Undefined on a network without a feed, and before the first report. */
export function dollarsOf({ usdFeeds: [feed], _meta }: Priced): Dollars | undefined {
  if (feed === undefined) return undefined;
  const [updatedAt, now] = [Number(feed.updatedAt), _meta?.block.timestamp ?? null];
  return { orion: BigInt(feed.price), updatedAt, age: now === null ? null : now - updatedAt };
}

/** Dollars (18 decimals) of an amount of ORION (wei), rounded down; undefined as far as one of the two is. */
export function inDollars(dollars: Dollars | undefined, orion: bigint | undefined): bigint | undefined {
  return dollars === undefined || orion === undefined ? undefined : (orion * dollars.orion) / WEI;
}

/** ORION wei for one whole token of each side at the pool's reserves, rounded down; undefined in a pool without ORION, and in an empty one. */
export function pricesInOrion({ token0, token1, reserve0, reserve1 }: Reserves): [bigint?, bigint?] {
  const sides: [Side, Side] = [
    { token: token0, reserve: reserve0 },
    { token: token1, reserve: reserve1 },
  ];
  const orion = sides.find(({ token }) => token.symbol === "ORION");
  if (orion === undefined || sides.some(({ reserve }) => BigInt(reserve) === 0n)) return [];
  return sides.map(
    ({ token, reserve }) => (BigInt(orion.reserve) * 10n ** BigInt(token.decimals ?? 0)) / BigInt(reserve),
  ) as [bigint, bigint];
}

/** An amount that somebody holds now, with its dollars if it is some ORION: `12 ORION ($6.00)`. What was paid at other prices has none. */
export function formatHeld(amount: string, unit: Unit, dollars: Dollars | undefined): string {
  const value = unit.symbol === "ORION" ? inDollars(dollars, BigInt(amount)) : undefined;
  const worth = value === undefined || value === 0n ? "" : ` (${formatDollars(value)})`;
  return `${formatAmount(BigInt(amount), unit)}${worth}`;
}

/** Where a price in dollars comes from: `as the feed said at 2026-11-25T13:45:00Z, 12 min before`. */
export function dollarsSource({ updatedAt, age }: Dollars): string {
  return `as the feed said at ${instant(updatedAt)}${age === null ? "" : `, ${formatSpan(age)} before`}`;
}
