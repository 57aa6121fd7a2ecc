import { createLoop, type Clock, type Logger, type Service } from "@orion/protocol/common";

export interface ChainGuardOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** What the chain is known by now; undefined where it does not answer. */
  readonly identity: (signal: AbortSignal) => Promise<string | undefined>;
  /** What it was known by when the index was started. */
  readonly indexed: string;
  /** Called once, when the chain is another one. */
  readonly onOther: () => void;
}

const INTERVAL_MS = 5_000;
/** One answer may come from a node that is being set up, or from a wrong one behind a balancer. */
const LOOKS = 3;

/** Notices that another chain answers in the place of the one that is indexed: graph-node goes on to serve what it has of the old one, and says nothing. */
export function createChainGuard({ clock, log, identity, indexed, onOther }: ChainGuardOptions): Service {
  let others = 0;
  const tick = async (signal: AbortSignal): Promise<void> => {
    if (others >= LOOKS) return;
    const now = await identity(signal);
    if (now === undefined) return;
    others = now === indexed ? 0 : others + 1;
    if (others === LOOKS) onOther();
  };
  return createLoop({ name: "chain guard", clock, log, tick, intervalMs: INTERVAL_MS });
}
