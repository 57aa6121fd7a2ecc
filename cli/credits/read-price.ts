import { reading, type Chain } from "@orion/protocol/chain";
import { CREDIT } from "@orion/protocol/common";
import { readOrionUsd } from "@orion/protocol/exchange";

export const HOUR_SECONDS = 3_600;
export const WEEK_SECONDS = 7 * 86_400;

/** What sets the collateral of a credit that is minted now. */
export type CollateralRule = "floor" | "hour" | "week";

/** What a credit costs, in ORION wei per CU. */
export interface CreditPrice {
  /** Whether the exchange's price is live: at most two of the pool's last 24 observations were thin. Else it counts for new credits only, while the pool has been thin for less than a week. */
  readonly live: boolean;
  /** Mean prices of the exchange; zero while the pool is younger. */
  readonly hour: bigint;
  readonly week: bigint;
  /** As the pool's reserves stand; zero without a pool. Nothing is ever decided by it. */
  readonly spot: bigint;
  readonly floor: bigint;
  /** Collateral that a mint locks. */
  readonly collateral: bigint;
  readonly rule: CollateralRule;
  /** US dollars per ORION, with 18 decimals; undefined where no feed gives one. */
  readonly usdPerOrion: bigint | undefined;
}

/** Reads everything that prices a credit. */
export async function readCreditPrice(chain: Chain): Promise<CreditPrice> {
  const { credits } = chain.contracts;
  const [live, hour, week, collateral, [floor], spot, usdPerOrion] = await reading(chain, () =>
    Promise.all([
      credits.isPriceLive(),
      credits.meanPrice(HOUR_SECONDS),
      credits.meanPrice(WEEK_SECONDS),
      credits.collateralPerCredit(),
      credits.parameters(),
      spotOf(chain),
      readOrionUsd(chain),
    ]),
  );
  const rule = ruleOf({ hour, week, floor, collateral });
  return { live, hour, week, spot, floor, collateral, rule, usdPerOrion };
}

/** What may be minted in this hour of the clock and what has been, in CU base units. */
export interface HourlyQuota {
  readonly quota: bigint;
  readonly minted: bigint;
}

export async function readQuota(chain: Chain): Promise<HourlyQuota> {
  const [quota, minted] = await reading(chain, () => chain.contracts.credits.hourlyQuota());
  // What was minted before the price went live or thin may exceed what the quota is now.
  return { quota, minted: minted < quota ? minted : quota };
}

/** Which of the three the collateral comes from. A thin pool's price counts for it too, though it is not live. */
function ruleOf({
  hour,
  week,
  floor,
  collateral,
}: Record<"hour" | "week" | "floor" | "collateral", bigint>): CollateralRule {
  if (collateral <= floor) return "floor";
  return hour > week ? "hour" : "week";
}

async function spotOf({ contracts, network }: Chain): Promise<bigint> {
  const { orion, credits } = network.addresses;
  const [reserve0, reserve1] = await contracts.dex.reservesOf(await contracts.credits.POOL());
  const [held, sold] = BigInt(orion) < BigInt(credits) ? [reserve0, reserve1] : [reserve1, reserve0];
  return sold === 0n ? 0n : (held * CREDIT + sold - 1n) / sold;
}
