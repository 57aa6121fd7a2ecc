import { CU, formatRounded, ORION } from "../core/amounts.ts";
import type { CollateralRule, CreditPrice, HourlyQuota } from "./read-price.ts";

const PER_CREDIT = { ...ORION, symbol: "ORION per CU" };
const USD_PER_CREDIT = { symbol: "USD", decimals: 18 };
const ONE = 10n ** 18n;

/** What the rules are called. */
export const RULES: Readonly<Record<CollateralRule, string>> = {
  floor: "the floor",
  hour: "twice the mean price of the last hour",
  week: "twice the mean price of 7 days",
};

/** The collateral of a credit, which rule set it, and whether the exchange had a say. */
export function collateralFacts({ collateral, rule, live }: CreditPrice): (readonly [string, string])[] {
  const thin = "not live: the pool is thin; its mean prices count for new credits until it has been so for a week";
  const none = "not live: only the floor counts until the CU/ORION pool is a week old and deep enough";
  const standing = live ? "live: the exchange's mean prices count" : rule === "floor" ? none : thin;
  return [
    ["collateral", `${formatRounded(collateral, PER_CREDIT)}: ${RULES[rule]}`],
    ["price", standing],
  ];
}

/** What this hour's quota leaves. */
export function quotaFact({ quota, minted }: HourlyQuota): readonly [string, string] {
  return ["quota", `${formatRounded(quota - minted, CU)} left this hour, of ${formatRounded(quota, CU)}`];
}

/** Prices in ORION, and in dollars where there is a feed. */
export function priceFacts(price: CreditPrice): (readonly [string, string])[] {
  const { hour, week, spot, floor, usdPerOrion } = price;
  const show = (value: bigint): string => {
    if (value === 0n) return "none";
    const dollars =
      usdPerOrion === undefined ? "" : `, ${formatRounded((value * usdPerOrion) / ONE, USD_PER_CREDIT, 4)}`;
    return `${formatRounded(value, PER_CREDIT)}${dollars}`;
  };
  return [
    ["spot", show(spot)],
    ["mean, 1 h", show(hour)],
    ["mean, 7 d", show(week)],
    ["floor", show(floor)],
  ];
}
