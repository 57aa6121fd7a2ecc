import type { Chain } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";
import {
  bestExactIn,
  bestExactOut,
  executionPriceOf,
  feePartOf,
  priceImpactOf,
  spotPriceAlong,
  type Quote,
} from "@orion/protocol/exchange";

import { formatAmount } from "../core/amounts.ts";
import { amountOption } from "../core/options.ts";
import { facts } from "../core/table.ts";
import type { TokenInfo } from "../core/token-info.ts";
import { readExchange, type Exchange } from "./exchange.ts";
import { formatCostPart, formatPrice, formatShort, priceJson } from "./figures.ts";
import { formatFee } from "./options.ts";
import { formatPoolId } from "./pool-name.ts";
import { leastOf, mostOf } from "./slippage.ts";
import { resolveToken } from "./tokens.ts";

/** What somebody wants to trade, as typed. */
export interface SwapRequest {
  readonly from: string;
  readonly to: string;
  /** One of the two. */
  readonly in?: string;
  readonly out?: string;
  /** Basis points. */
  readonly slippage: number;
  readonly maxHops: number;
}

/** A trade by the best route, and the worst outcome that is accepted. */
export interface SwapPlan {
  readonly exact: "in" | "out";
  readonly tokenIn: TokenInfo;
  readonly tokenOut: TokenInfo;
  readonly quote: Quote;
  /** Least output of an exact input, most input for an exact output. */
  readonly limit: bigint;
  readonly exchange: Exchange;
}

/** Parts per million of a price that a trade may move before people are warned. */
const LARGE_IMPACT = 50_000n;

/** @throws InvalidInputError for a trade that moves the price by more than `maxImpact` basis points */
export function requireImpact({ quote }: SwapPlan, maxImpact: number): void {
  const impact = priceImpactOf(quote);
  if (impact <= BigInt(maxImpact) * 100n) return;
  throw new InvalidInputError(
    `the trade would move the price by ${formatCostPart(impact)}, more than ${maxImpact / 100}%`,
    { hint: "trade less, or in several steps; --max-impact allows more" },
  );
}

/** @throws InvalidInputError for amounts that can't be traded, and where no route joins the tokens */
export async function planSwap(chain: Chain, request: SwapRequest): Promise<SwapPlan> {
  if ((request.in === undefined) === (request.out === undefined)) {
    throw new InvalidInputError("give either --in or --out: what is sold, or what is bought", {
      hint: "for example `--in 10 --from ORION --to CU`",
    });
  }
  const [tokenIn, tokenOut] = await Promise.all([resolveToken(chain, request.from), resolveToken(chain, request.to)]);
  if (tokenIn.address === tokenOut.address) {
    throw new InvalidInputError("--from and --to name the same token", { hint: "name two different tokens" });
  }
  const amountIn = request.in === undefined ? undefined : amountOption("--in <amount>", request.in, tokenIn);
  const amountOut = amountIn === undefined ? amountOption("--out <amount>", request.out ?? "", tokenOut) : undefined;
  const exchange = await readExchange(chain);
  const search = {
    pools: exchange.pools,
    tokenIn: tokenIn.address,
    tokenOut: tokenOut.address,
    maxHops: request.maxHops,
  };
  const quote = amountIn === undefined ? bestExactOut(search, amountOut ?? 0n) : bestExactIn(search, amountIn);
  if (quote === undefined) throw noRoute(exchange, tokenIn, tokenOut);
  const exact = amountIn === undefined ? "out" : "in";
  const { slippage } = request;
  const limit = exact === "in" ? leastOf(quote.amountOut, slippage) : mostOf(quote.amountIn, slippage);
  return { exact, tokenIn, tokenOut, quote, limit, exchange };
}

function noRoute({ pools }: Exchange, tokenIn: TokenInfo, tokenOut: TokenInfo): InvalidInputError {
  const traded = new Set(pools.flatMap(({ token0, token1 }) => [token0, token1]));
  const missing = [tokenIn, tokenOut].find(({ address }) => !traded.has(address));
  if (missing !== undefined) {
    return new InvalidInputError(`no pool has ${missing.symbol}`, { hint: "`orion dex pools` lists what is traded" });
  }
  return new InvalidInputError(`no route from ${tokenIn.symbol} to ${tokenOut.symbol} can make this trade`, {
    hint: "try a smaller or larger amount: pools hold only so much, and too little gives nothing; `orion dex pools` lists them",
  });
}

export function swapJson({ exact, tokenIn, tokenOut, quote, limit }: SwapPlan): object {
  return {
    exact,
    from: { address: tokenIn.address, symbol: tokenIn.symbol, decimals: tokenIn.decimals },
    to: { address: tokenOut.address, symbol: tokenOut.symbol, decimals: tokenOut.decimals },
    amountIn: quote.amountIn,
    amountOut: quote.amountOut,
    ...(exact === "in" ? { minOut: limit } : { maxIn: limit }),
    price: priceJson(executionPriceOf(quote), tokenIn, tokenOut),
    spotPrice: priceJson(spotPriceAlong(quote), tokenIn, tokenOut),
    priceImpactPercent: Number(priceImpactOf(quote)) / 10_000,
    feePercent: Number(feePartOf(quote)) / 10_000,
    route: quote.steps.map(({ pool, tokenIn: from, tokenOut: to, amountIn, amountOut, fee }) => {
      const id = formatPoolId(pool.id);
      return { pool: id, feePercent: pool.fee / 100, from, to, amountIn, amountOut, fee };
    }),
  };
}

/** What the trader is about to agree to. */
export function swapLines({ exact, tokenIn, tokenOut, quote, limit, exchange }: SwapPlan): string[] {
  const impact = priceImpactOf(quote);
  const [paid, got] = [formatAmount(quote.amountIn, tokenIn), formatAmount(quote.amountOut, tokenOut)];
  const fees = quote.steps.map(({ fee, tokenIn: token }) => formatShort(fee, exchange.token(token)));
  return facts([
    ["pay", exact === "in" ? paid : `${paid}, at most ${formatAmount(limit, tokenIn)}`],
    ["get", exact === "out" ? got : `${got}, at least ${formatAmount(limit, tokenOut)}`],
    ["route", routeText(quote, exchange)],
    ["price", priceText(quote, tokenIn, tokenOut)],
    ["price impact", `${formatCostPart(impact)}${impact > LARGE_IMPACT ? " – this trade is large for its pools" : ""}`],
    ["fees", `${formatCostPart(feePartOf(quote))} of the input: ${fees.join(" + ")}`],
  ]);
}

function priceText(quote: Quote, tokenIn: TokenInfo, tokenOut: TokenInfo): string {
  const { numerator, denominator } = executionPriceOf(quote);
  const each = formatPrice({ numerator, denominator }, tokenIn, tokenOut);
  const inverse = formatPrice({ numerator: denominator, denominator: numerator }, tokenOut, tokenIn);
  const spot = formatPrice(spotPriceAlong(quote), tokenIn, tokenOut);
  return `${each} per ${tokenIn.symbol} (${inverse} per ${tokenOut.symbol}); without fees and impact ${spot}`;
}

function routeText({ steps }: Quote, exchange: Exchange): string {
  const first = steps[0] === undefined ? "" : exchange.token(steps[0].tokenIn).symbol;
  return (
    first + steps.map(({ pool, tokenOut }) => ` → ${exchange.token(tokenOut).symbol} (${formatFee(pool.fee)})`).join("")
  );
}
