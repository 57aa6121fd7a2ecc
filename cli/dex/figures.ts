import { decimalOf, inWholeTokens, USD_DECIMALS, type Ratio } from "@orion/protocol/exchange";

import { formatAmount, formatSmall, ORION, type Unit } from "../core/amounts.ts";

/** Enough to compute with, as text: no reader's number type holds them. */
const JSON_DIGITS = 18;
const NONE = "–";

/** A price of one whole `base` in whole `quote`, for people: `1.23457 ORION`. */
export function formatPrice(price: Ratio | undefined, base: Unit, quote: Unit): string {
  if (price === undefined) return NONE;
  return `${decimalOf(inWholeTokens(price, base.decimals, quote.decimals))} ${quote.symbol}`;
}

/** The same for programs: a decimal string. */
export function priceJson(price: Ratio | undefined, base: Unit, quote: Unit): string | null {
  return price === undefined ? null : decimalOf(inWholeTokens(price, base.decimals, quote.decimals), JSON_DIGITS);
}

/** `$1,234.56`; more digits where it is less than ten cents, and `12.35 nUSD` where those would be a row of zeros. */
export function formatDollars(amount: bigint | undefined): string {
  if (amount === undefined) return NONE;
  const small = formatSmall(amount, { symbol: "USD", decimals: USD_DECIMALS });
  if (small !== undefined) return small;
  const unit = 10n ** BigInt(USD_DECIMALS);
  if (amount > 0n && amount < unit / 10n) return `$${decimalOf({ numerator: amount, denominator: unit }, 4)}`;
  const cents = (amount * 100n + unit / 2n) / unit;
  const whole = formatAmount(cents / 100n, { symbol: "", decimals: 0 }).trim();
  return `$${whole}.${(cents % 100n).toString().padStart(2, "0")}`;
}

/** An amount to six significant digits, with all of its whole part, grouped: `1,234,567 ORION`; small ones with four and a prefix: `120 nCU`. */
export function formatShort(amount: bigint | undefined, unit: Unit): string {
  if (amount === undefined) return NONE;
  const small = formatSmall(amount, unit);
  if (small !== undefined) return small;
  const [whole = "0", fraction] = decimalOf({ numerator: amount, denominator: 10n ** BigInt(unit.decimals) }).split(
    ".",
  );
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${grouped}${fraction === undefined ? "" : `.${fraction}`} ${unit.symbol}`;
}

/** `12.3 ORION ($6.15)`, as far as it is known. */
export function formatValue(orion: bigint | undefined, dollars: bigint | undefined): string {
  if (orion === undefined) return NONE;
  return `${formatShort(orion, ORION)}${dollars === undefined ? "" : ` (${formatDollars(dollars)})`}`;
}

/** Parts per million as a percentage, rounded up so that a cost never looks smaller than it is: `0.31%`. */
export function formatCostPart(partsPerMillion: bigint): string {
  const hundredths = (partsPerMillion + 99n) / 100n;
  return `${hundredths / 100n}.${(hundredths % 100n).toString().padStart(2, "0")}%`;
}
