import { blockAt, type TimedBlock } from "./block-at.ts";
import type { Chain } from "./chain.ts";
import type { JobRecord, MarketState } from "./market-view.ts";

/** Seconds of chain time that a finished job stays in memory: everybody who waits for its end has seen it by then. */
const KEPT_SECONDS = 86_400;
/** Where no result is announced yet an aggregator may still be about to do it. */
const KEPT_WITHOUT_RESULT_SECONDS = 30 * 86_400;

/**
 * Takes jobs out of memory that finished long ago: a day, or thirty days where no result was announced. Jobs with a reserve stay: it has to be paid out.
 * @param isUnsettled whether what happened in a block may still be taken back
 */
export async function retireJobs(
  chain: Chain,
  state: MarketState,
  head: TimedBlock,
  isUnsettled: (block: number) => boolean,
): Promise<void> {
  const candidates = [...state.jobs.values()].filter(canRetire);
  const oldest = Math.min(...candidates.map(({ finishedAtBlock }) => finishedAtBlock ?? Infinity));
  if (oldest === Infinity) return;
  const until = await blockAt(chain, head.time - KEPT_SECONDS, oldest, head);
  if (until < oldest) return;
  const longUntil = await blockAt(chain, head.time - KEPT_WITHOUT_RESULT_SECONDS, oldest, head);
  const chosen = new Set(
    candidates.filter(({ finishedAtBlock = Infinity, results, cancelled }) => {
      const isAwaited = results.length === 0 && !cancelled;
      return finishedAtBlock <= (isAwaited ? longUntil : until) && !isUnsettled(finishedAtBlock);
    }),
  );
  // A reorganisation while the blocks were looked for may have changed them.
  state.retire((job) => chosen.has(job) && canRetire(job) && !isUnsettled(job.finishedAtBlock ?? Infinity));
}

function canRetire({ finishedAtBlock, penalties }: JobRecord): boolean {
  return finishedAtBlock !== undefined && !penalties.some(({ reserved }) => reserved > 0n);
}
