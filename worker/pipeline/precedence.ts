import { timeLimit } from "@orion/protocol/common";

/** A device that hangs in the defence must not end the work. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Lets the defence compute first: no unit starts while a demand is computed for. A unit waits for one such computation at most, and for 30 s at
 * most, so that many demands cannot keep the claims at hand from their commits.
 */
export class Precedence {
  #current: Promise<unknown> | undefined;

  /** Computes for the defence. */
  async during<T>(compute: () => Promise<T>): Promise<T> {
    const computing = compute();
    this.#current = computing;
    try {
      return await computing;
    } finally {
      if (this.#current === computing) this.#current = undefined;
    }
  }

  /** Resolves when the computation that runs now has ended, or the signal aborts; never rejects. */
  async clear(signal: AbortSignal): Promise<void> {
    const current = this.#current;
    if (current === undefined || signal.aborted) return;
    const limit = timeLimit(LONGEST_WAIT_MS, signal);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        limit.removeEventListener("abort", done);
        resolve();
      };
      limit.addEventListener("abort", done, { once: true });
      current.then(done, done);
    });
  }
}
