import { Option, InvalidArgumentError } from "commander";

import { POOL_FEES } from "@orion/protocol/chain";
import { MAX_HOPS } from "@orion/protocol/exchange";

import { parseDuration, wholeNumber } from "../core/options.ts";

/** What every command that trades with the exchange can be told. */
export interface TradeFlags {
  /** Basis points. */
  readonly slippage: number;
  /** Seconds of chain time. */
  readonly deadline: number;
  readonly dryRun?: true;
}

const DEFAULT_SLIPPAGE = 50;
const DEFAULT_DEADLINE_SECONDS = 20 * 60;
const MOST_SLIPPAGE = 5_000;

export const slippageOption = new Option(
  "--slippage <percent>",
  "by how much the outcome may be worse than what is shown",
)
  .argParser(parseSlippage)
  .default(DEFAULT_SLIPPAGE, "0.5%");

export const deadlineOption = new Option("--deadline <time>", "how long the transaction may take, by the chain's clock")
  .argParser(parseDuration)
  .default(DEFAULT_DEADLINE_SECONDS, "20m");

export const dryRunOption = new Option("--dry-run", "show what would happen; sign nothing");

export const tradeOptions: readonly Option[] = [slippageOption, deadlineOption, dryRunOption];

export const feeOption = new Option("--fee <percent>", "fee tier of the pool: 0.01%, 0.05%, 0.3% or 1%").argParser(
  parseFee,
);

/** A trade that moves the price by more is most often a mistake: a slipped digit, or a pool that is too small. */
const DEFAULT_MAX_IMPACT = 1_500;

export const impactOption = new Option("--max-impact <percent>", "refuse a trade that moves the price by more")
  .argParser(parsePart)
  .default(DEFAULT_MAX_IMPACT, "15%");

export const hopsOption = new Option("--max-hops <n>", "pools that a route may pass")
  .argParser(wholeNumber(1, MAX_HOPS))
  .default(MAX_HOPS);

/** A percentage up to 50 with at most two decimals, in basis points: `0.5%`, `1`. */
export function parseSlippage(text: string): number {
  const points = basisPointsOf(text);
  if (points !== undefined && points <= MOST_SLIPPAGE) return points;
  throw new InvalidArgumentError("Give a percentage from 0 to 50 with at most two decimals, such as 0.5%.");
}

/** A fee tier in basis points. */
export function parseFee(text: string): number {
  const points = basisPointsOf(text);
  if (POOL_FEES.some((fee) => fee === points)) return points ?? 0;
  throw new InvalidArgumentError("Give one of the fee tiers 0.01%, 0.05%, 0.3% and 1%.");
}

/** Basis points as people write them: `0.3%`. */
export function formatFee(basisPoints: number): string {
  return `${basisPoints / 100}%`;
}

/** More than nothing and at most the whole, in basis points: `50%`. */
export function parsePart(text: string): number {
  const points = basisPointsOf(text);
  if (points !== undefined && points > 0 && points <= 10_000) return points;
  throw new InvalidArgumentError("Give a part such as 50%, of at most 100% and two decimals.");
}

/** A decimal number without unit: the token that it counts is not known yet. */
export function parseDecimal(text: string): string {
  if (/^\d{1,40}(\.\d{1,40})?$/.test(text)) return text;
  throw new InvalidArgumentError("Give an amount such as 1000 or 0.25.");
}

/** Shares of a pool: they have no decimals. */
export function parseShares(text: string): bigint {
  const shares = /^\d{1,34}$/.test(text) ? BigInt(text) : 0n;
  if (shares > 0n) return shares;
  throw new InvalidArgumentError("Give a whole number of shares, as `orion dex position` shows them.");
}

function basisPointsOf(text: string): number | undefined {
  const match = /^(\d{1,3})(?:\.(\d{1,2}))?%?$/.exec(text);
  return match === null ? undefined : Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
}
