import { reading, type Chain } from "../chain/index.ts";
import { RevertError } from "../common/errors.ts";
import type { Pool } from "./pool.ts";
import type { Ratio } from "./ratio.ts";

const ONE_X128 = 2n ** 128n;
/** Decimals of a dollar price. */
export const USD_DECIMALS = 18;

/** A pool's geometric mean price over some time. */
export interface MeanPrice {
  /** Price of `token` in the pool's other token, in base units. */
  readonly price: Ratio;
  /** Seconds that it covers: the window, and up to an hour more. */
  readonly elapsed: number;
}

/** The mean price of `token` over at least `window` seconds; undefined while the pool is younger, and once it has slept for longer than the exchange remembers. */
export async function readMeanPrice(
  chain: Chain,
  pool: Pool,
  token: string,
  window: number,
): Promise<MeanPrice | undefined> {
  const answer = await unlessRefused(
    () => reading(chain, () => chain.contracts.dex.twap(pool.id, window)),
    (revert) => revert === "HistoryTooShort" || revert === "HistoryTooOld",
  );
  if (answer === undefined) return undefined;
  const [price0X128, price1X128, elapsed] = answer;
  const numerator = token === pool.token0 ? price0X128 : price1X128;
  return { price: { numerator, denominator: ONE_X128 }, elapsed: Number(elapsed) };
}

/**
 * US dollars per ORION, with 18 decimals; undefined where there is no feed, or none that can be relied on now: its answer is stale, wrong or given
 * without a sequencer, or the feed, a contract of somebody else, refuses in words of its own. Nothing is decided by it, so that stops nothing.
 */
export async function readOrionUsd(chain: Chain): Promise<bigint | undefined> {
  const { usdPrices } = chain.contracts;
  if (usdPrices === undefined) return undefined;
  return unlessRefused(
    () => reading(chain, () => usdPrices.orionPrice(), { asksOthers: true }),
    () => true,
  );
}

async function unlessRefused<T>(read: () => Promise<T>, expected: (revert: string) => boolean): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RevertError && expected(error.revert)) return undefined;
    throw error;
  }
}
