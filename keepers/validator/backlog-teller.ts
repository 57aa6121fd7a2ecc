import { monotonic } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";

import { backlogOf, type Backlog, type Waiting } from "./queue.ts";

const LINE_EVERY_MS = 30_000;

/**
 * Tells at each look how much is waiting, and in the log, now and then, that claims come too late: whoever runs a validator must know when it is not guarding.
 * @param onBacklog told each time
 */
export function backlogTeller(
  { clock, follower, log }: Pick<ServiceContext, "clock" | "follower" | "log">,
  onBacklog?: (backlog: Backlog) => void,
): (waiting: readonly Waiting[]) => void {
  let toldAt = -Infinity;
  return (waiting) => {
    const backlog = backlogOf(waiting, follower.time);
    onBacklog?.(backlog);
    if (backlog.late === 0 || monotonic(clock) < toldAt + LINE_EVERY_MS) return;
    toldAt = monotonic(clock);
    log.error(
      { ...backlog, seconds: Math.round(backlog.seconds) },
      `NOT GUARDING: ${String(backlog.late)} of ${String(backlog.claims)} claims cannot be recomputed before their windows end`,
    );
  };
}
