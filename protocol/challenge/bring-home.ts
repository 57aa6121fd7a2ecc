import { activeKeys, type MarketState } from "../chain/index.ts";
import { OrionError, type Logger } from "../common/index.ts";
import type { PrepaymentCollector } from "../disputes/index.ts";

/**
 * Takes home what was prepaid on claims that are over. What the chain refuses now stays with the judge, is told, and is asked for the next time.
 * @throws AbortedError, and whatever is no OrionError
 */
export async function bringHome(prepayments: PrepaymentCollector, state: MarketState, log: Logger): Promise<void> {
  const active = activeKeys(state);
  try {
    const wei = await prepayments.collect(state, (key) => active.has(key));
    if (wei > 0n) log.info({ wei: wei.toString() }, "prepayments are back");
  } catch (error) {
    if (!(error instanceof OrionError) || error.code === "ABORTED") throw error;
    log.warn({ code: error.code }, `prepayments stay with the judge for now: ${error.message}`);
  }
}
