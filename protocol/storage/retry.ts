import { AbortedError, UnavailableError } from "@orion/protocol/common";
import type { Clock } from "@orion/protocol/common";
import { BlockNotFoundError } from "./errors.ts";

export interface RetryPolicy {
  /** Further attempts after the first. */
  retries: number;
  clock: Clock;
}

const FIRST_PAUSE_MS = 100;

/**
 * Repeats an idempotent call while its node is unavailable, with doubling pauses. An absent block is not asked for
 * again: the caller knows better when it may appear.
 */
export async function withRetries<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  call: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const again = error instanceof UnavailableError && !(error instanceof BlockNotFoundError);
      if (!again || attempt >= policy.retries) throw error;
      await policy.clock.sleep(FIRST_PAUSE_MS * 2 ** attempt, signal);
      if (signal?.aborted === true) throw new AbortedError("the transfer was stopped", { cause: error });
    }
  }
}
