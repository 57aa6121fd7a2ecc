import { createLoop, monotonic, type Clock, type Logger, type Service } from "@orion/protocol/common";

import type { IndexStatus } from "./status.ts";

export interface WatchdogOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Last block of the chain; undefined where the chain does not answer. */
  readonly chainHead: (signal: AbortSignal) => Promise<number | undefined>;
  /** What graph-node says of the index; undefined where it does not answer. */
  readonly status: (signal: AbortSignal) => Promise<IndexStatus | undefined>;
  readonly restart: (signal: AbortSignal) => Promise<void>;
  /** How long the index may stand behind the chain. */
  readonly patienceMs?: number | undefined;
}

/** Far longer than a block takes. After an error of the chain's node graph-node pauses for two minutes or more, whatever happens meanwhile. */
const PATIENCE_MS = 60_000;
const INTERVAL_MS = 5_000;
/** So far behind, graph-node may pass over blocks without events for five minutes before it says so. */
const FAR_BEHIND = 1_000;
const FAR_FACTOR = 10;
/** Each start that did not help doubles the wait for the next one, this often at most. */
const MOST_DOUBLINGS = 4;

/**
 * Starts graph-node anew when the chain has blocks that the index does not come to. On a busy chain the next block may wake it up; a chain that
 * stands still brings none. An index that met a fatal error is left as it is: it would meet it again.
 */
export function createWatchdog(options: WatchdogOptions): Service {
  const { clock, log, patienceMs = PATIENCE_MS } = options;
  let stands: number | undefined;
  let since = monotonic(clock);
  let attempts = 0;
  const tick = async (signal: AbortSignal): Promise<void> => {
    const [head, status] = await Promise.all([options.chainHead(signal), options.status(signal)]);
    if (signal.aborted) return;
    const block = status?.block;
    const moved = block !== undefined && block !== stands;
    const isBehind = head !== undefined && (stands ?? 0) < head;
    if (moved || !isBehind || status?.fatalError !== undefined) {
      stands = block ?? stands;
      since = monotonic(clock);
      attempts = 0;
      return;
    }
    const factor = 2 ** Math.min(attempts, MOST_DOUBLINGS) * (head - (stands ?? 0) > FAR_BEHIND ? FAR_FACTOR : 1);
    const stood = monotonic(clock) - since;
    if (stood < patienceMs * factor) return;
    attempts++;
    log.warn(
      { block: stands, chainHead: head },
      `the index has stood still for ${Math.round(stood / 1_000)} s behind a chain that has more blocks: graph-node is started anew`,
    );
    await options.restart(signal);
    since = monotonic(clock);
  };
  return createLoop({
    ...{ name: "index watchdog", clock, log, tick },
    intervalMs: Math.min(INTERVAL_MS, patienceMs / 4),
  });
}
