import { BASIS_POINTS, chainNow, escrowOf, type Terms } from "@orion/protocol/chain";
import { CREDIT, InvalidInputError } from "@orion/protocol/common";
import { bestExactOut, readPools, spotPriceAlong, type Quote } from "@orion/protocol/exchange";

import { CU, formatAmount, formatPercent, formatRounded } from "../core/amounts.ts";
import { formatTime } from "../core/chain-time.ts";
import type { Client } from "../core/client.ts";
import { facts } from "../core/table.ts";
import { tokenInfo, type TokenInfo } from "../core/token-info.ts";
import { readCreditPrice, type CreditPrice } from "../credits/read-price.ts";

export interface PurchaseOptions {
  /** Address of the token that pays; ORION when left out. */
  readonly pay?: string;
  /** Most base units of it per CU; when left out, the mean of the last hour and a twentieth (ORION), or the present price and a twentieth. */
  readonly maxPrice?: bigint;
  /** Seconds of chain time within which it must happen. */
  readonly deadlineSeconds?: number;
}

/** The purchase of a job's escrow as it would happen now. Prices are base units of the paying token per CU. */
export interface Purchase {
  readonly paying: TokenInfo;
  readonly route: Quote;
  /** CU base units that are bought. */
  readonly escrow: bigint;
  readonly amountIn: bigint;
  readonly price: bigint;
  readonly spot: bigint;
  /** Base units of the paying token that the pools' fees take. */
  readonly fees: bigint;
  /** Base units that the size of the purchase costs above the present price, beside fees. */
  readonly impact: bigint;
  readonly limit: bigint;
  readonly limitFrom: "given" | "mean" | "spot";
  /** Most base units that are paid, whatever happens before the transaction does. */
  readonly maxIn: bigint;
  /** Chain time in seconds. */
  readonly deadline: bigint;
  readonly credit: CreditPrice;
}

const DEFAULT_DEADLINE_SECONDS = 600;
/** A twentieth above the reference. */
const MARGIN = { num: 105n, den: 100n };
const USD = { symbol: "USD", decimals: 18 };

/**
 * What the escrow of a job costs now in another token, by the cheapest route to CU.
 * @throws InvalidInputError when no pools lead there or they hold too little
 */
export async function quotePurchase({ chain }: Client, terms: Terms, options: PurchaseOptions = {}): Promise<Purchase> {
  const { orion, credits } = chain.network.addresses;
  const paying = await tokenInfo(chain, options.pay ?? orion);
  if (paying.address === credits) {
    throw new InvalidInputError("CU need not be bought with CU", { hint: "leave --pay out to pay with credits" });
  }
  const escrow = escrowOf(terms);
  const [pools, credit, now] = await Promise.all([readPools(chain), readCreditPrice(chain), chainNow(chain)]);
  const route = bestExactOut({ pools, tokenIn: paying.address, tokenOut: credits }, escrow);
  if (route === undefined) throw noRoute(paying, escrow);
  // The route's price is CU for what is paid; here it is wanted the other way round.
  const { numerator, denominator } = spotPriceAlong(route);
  const spot = ceilDiv(CREDIT * denominator, numerator);
  const hour = paying.address === orion ? credit.hour : 0n;
  const limit = options.maxPrice ?? ceilDiv((hour > 0n ? hour : spot) * MARGIN.num, MARGIN.den);
  const fees = feesOf(route);
  return {
    paying,
    route,
    escrow,
    amountIn: route.amountIn,
    price: ceilDiv(route.amountIn * CREDIT, escrow),
    spot,
    fees,
    impact: route.amountIn - fees - (escrow * spot) / CREDIT,
    limit,
    limitFrom: options.maxPrice !== undefined ? "given" : hour > 0n ? "mean" : "spot",
    maxIn: ceilDiv(escrow * limit, CREDIT),
    deadline: BigInt(now + (options.deadlineSeconds ?? DEFAULT_DEADLINE_SECONDS)),
    credit,
  };
}

/** The route as the contracts are told it. */
export function hopsOf({ steps }: Quote): { tokenOut: string; fee: number }[] {
  return steps.map(({ tokenOut, pool: { fee } }) => ({ tokenOut, fee }));
}

/** What a route's fees take of its input, each of what is left at its pool, rounded up. */
function feesOf({ steps, amountIn }: Quote): bigint {
  const left = steps.reduce((product, { pool }) => product * BigInt(BASIS_POINTS - pool.fee), 1n);
  return amountIn - (amountIn * left) / BigInt(BASIS_POINTS) ** BigInt(steps.length);
}

/** @throws InvalidInputError when the purchase costs more than its limit */
export function requireWithinLimit({ amountIn, maxIn, price, limit, paying }: Purchase): void {
  if (amountIn <= maxIn) return;
  const perCredit = { ...paying, symbol: `${paying.symbol} per CU` };
  throw new InvalidInputError(
    `the escrow costs ${formatRounded(price, perCredit)} now, at most ${formatRounded(limit, perCredit)} are to be paid`,
    { hint: "raise --max-price, buy less at a time, or wait for a better price" },
  );
}

const LIMITS = {
  given: "as given",
  mean: "the mean of the last hour and 5%",
  spot: "the present price and 5%, as there is no mean of the last hour",
} as const;

/** What the poster is about to pay. */
export function purchaseLines(purchase: Purchase): string[] {
  const { paying, route, amountIn, price, spot, fees, impact, limit, limitFrom, maxIn, deadline, credit } = purchase;
  const perCredit = { ...paying, symbol: `${paying.symbol} per CU` };
  const path = route.steps
    .map(({ pool: { fee } }) => `a pool of ${formatPercent(BigInt(fee), 10_000n)} fee`)
    .join(", then ");
  const mean = (value: bigint): string =>
    value === 0n ? "none" : formatRounded(value, { ...perCredit, symbol: "" }).trim();
  return facts([
    ["cost", `${formatRounded(amountIn, paying)}${dollars(purchase)}`],
    ["cost per CU", `${formatRounded(price, perCredit)} (${formatRounded(spot, perCredit)} without fees and impact)`],
    ["route", `${paying.symbol} to CU through ${path}`],
    ["price impact", formatPercent(impact, amountIn - fees - impact)],
    ["fees", `${formatRounded(fees, paying)} (${formatPercent(fees, amountIn)})`],
    ["mean price", `${mean(credit.hour)} in the last hour, ${mean(credit.week)} in 7 days (ORION per CU)`],
    ["limit", `${formatRounded(limit, perCredit)}: ${LIMITS[limitFrom]}; ${formatRounded(maxIn, paying)} in all`],
    ["valid until", `${formatTime(deadline)} (chain time)`],
    ...(amountIn > maxIn ? [["refused", "the cost is above the limit"] as const] : []),
  ]);
}

function dollars({ paying, amountIn, credit, escrow }: Purchase): string {
  if (credit.usdPerOrion === undefined) return ", no price in dollars";
  const one = 10n ** 18n;
  if (paying.symbol === "ORION") return `, ${formatRounded((amountIn * credit.usdPerOrion) / one, USD, 2)}`;
  const inOrion = (escrow * credit.spot) / CREDIT;
  return `, worth ${formatRounded((inOrion * credit.usdPerOrion) / one, USD, 2)} of CU`;
}

export function purchaseJson(purchase: Purchase): object {
  const { paying, route, credit, ...numbers } = purchase;
  const { address, symbol, decimals } = paying;
  const { live, hour, week, usdPerOrion } = credit;
  const pools = route.steps.map(({ pool: { id, fee } }) => ({ id, fee }));
  return {
    ...numbers,
    paying: { address, symbol, decimals },
    route: { hops: hopsOf(route), pools },
    mean: { live, hour, week },
    usdPerOrion,
  };
}

function noRoute(paying: TokenInfo, escrow: bigint): InvalidInputError {
  return new InvalidInputError(`no pools give ${formatAmount(escrow, CU)} for ${paying.symbol}`, {
    hint: "pay with another token or less at a time, or mint the credits with `orion credits mint`",
  });
}

function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}
