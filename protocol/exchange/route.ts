import { BASIS_POINTS } from "../chain/pool.ts";
import { otherToken, sidesOf, type Pool } from "./pool.ts";
import { feeOf, tradeExactIn, tradeExactOut, type Trade } from "./swap-math.ts";
import type { Ratio } from "./ratio.ts";

/** A path that a trade takes from `tokenIn`, through pools that share a token each with the next. */
export interface Route {
  readonly tokenIn: string;
  /** At least one. */
  readonly pools: readonly Pool[];
}

/** One pool's part of a trade. */
export interface Step {
  readonly pool: Pool;
  readonly tokenIn: string;
  readonly tokenOut: string;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  /** Of `amountIn`, rounded up. */
  readonly fee: bigint;
}

export interface Quote {
  readonly tokenIn: string;
  readonly tokenOut: string;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly steps: readonly Step[];
}

const PARTS_PER_MILLION = 1_000_000n;

/** Tokens that a route passes, from the first to the last. */
export function tokensOf({ tokenIn, pools }: Route): string[] {
  const tokens = [tokenIn];
  for (const pool of pools) tokens.push(otherToken(pool, tokens.at(-1) ?? tokenIn));
  return tokens;
}

/**
 * What an exact input gives along a route that enters no pool twice; the same amounts as the exchange's own quote.
 * @throws ImpossibleTradeError
 */
export function quoteExactIn(route: Route, amountIn: bigint): Quote {
  const tokens = tokensOf(route);
  const steps: Step[] = [];
  let amount = amountIn;
  for (const [i, pool] of route.pools.entries()) {
    const trade = tradeExactIn(sidesOf(pool, tokens[i] ?? ""), amount);
    steps.push(stepOf(pool, tokens[i] ?? "", trade));
    amount = trade.amountOut;
  }
  return quoteOf(steps);
}

/**
 * What an exact output asks for along a route that enters no pool twice.
 * @throws ImpossibleTradeError
 */
export function quoteExactOut(route: Route, amountOut: bigint): Quote {
  const tokens = tokensOf(route);
  const steps: Step[] = [];
  let amount = amountOut;
  for (const [i, pool] of [...route.pools.entries()].reverse()) {
    const trade = tradeExactOut(sidesOf(pool, tokens[i] ?? ""), amount);
    steps.unshift(stepOf(pool, tokens[i] ?? "", trade));
    amount = trade.amountIn;
  }
  return quoteOf(steps);
}

/** Output per input of the trade, fees included, in base units. */
export function executionPriceOf({ amountIn, amountOut }: Quote): Ratio {
  return { numerator: amountOut, denominator: amountIn };
}

/** Output per input of the next smallest trade without a fee, in base units. */
export function spotPriceAlong({ steps }: Quote): Ratio {
  let [numerator, denominator] = [1n, 1n];
  for (const { pool, tokenIn } of steps) {
    const { reserveIn, reserveOut } = sidesOf(pool, tokenIn);
    numerator *= reserveOut;
    denominator *= reserveIn;
  }
  return { numerator, denominator };
}

/** How much worse the trade is than the spot price because it moves it, fees aside, in parts per million, rounded up. */
export function priceImpactOf(quote: Quote): bigint {
  let { numerator: ideal, denominator } = spotPriceAlong(quote);
  ideal *= quote.amountIn;
  for (const { pool } of quote.steps) {
    ideal *= BigInt(BASIS_POINTS - pool.fee);
    denominator *= BigInt(BASIS_POINTS);
  }
  const missing = ideal - quote.amountOut * denominator;
  return missing <= 0n ? 0n : (missing * PARTS_PER_MILLION + ideal - 1n) / ideal;
}

/** What the fees of all pools take together, in parts per million of the input, rounded up. */
export function feePartOf({ steps }: Quote): bigint {
  let [left, whole] = [1n, 1n];
  for (const { pool } of steps) {
    left *= BigInt(BASIS_POINTS - pool.fee);
    whole *= BigInt(BASIS_POINTS);
  }
  return ((whole - left) * PARTS_PER_MILLION + whole - 1n) / whole;
}

function stepOf(pool: Pool, tokenIn: string, { amountIn, amountOut }: Trade): Step {
  return { pool, tokenIn, tokenOut: otherToken(pool, tokenIn), amountIn, amountOut, fee: feeOf(pool, amountIn) };
}

function quoteOf(steps: readonly Step[]): Quote {
  const [first, last] = [steps[0], steps.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError("a route has at least one pool");
  const { tokenIn, amountIn } = first;
  return { tokenIn, tokenOut: last.tokenOut, amountIn, amountOut: last.amountOut, steps };
}
