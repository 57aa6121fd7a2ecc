import type { JobRecord } from "@orion/protocol/chain";
import { monotonic, unlessLate, type Clock } from "@orion/protocol/common";
import type { JobSession } from "@orion/protocol/jobs";

import type { Sessions } from "../sessions.ts";

/** Longest that other jobs wait for the content of one; it goes on arriving beside them. */
const WAIT_MS = 10_000;
/** Jobs whose content arrives at the same time. */
const MOST_OPENING = 8;
/** After this time one of them gives its place to another job, if all are taken. */
const GRACE_MS = 30_000;
/** After this time it is given up. */
const LONGEST_MS = 300_000;

/** Opens jobs whose content takes its time, or never comes, without holding up others. */
export class Openings {
  readonly #sessions: Pick<Sessions, "of" | "isOpen" | "giveUp">;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  /** Monotonic times of their beginning, the oldest first. */
  readonly #since = new Map<string, number>();

  constructor(sessions: Pick<Sessions, "of" | "isOpen" | "giveUp">, clock: Clock, signal: AbortSignal) {
    this.#sessions = sessions;
    this.#clock = clock;
    this.#signal = signal;
  }

  /**
   * The session of a job; "opening" where its content is still on its way, and "too slow" where it was given up.
   * @throws as `openJobSession`
   */
  async of(job: JobRecord): Promise<JobSession | "opening" | "too slow"> {
    const { jobId } = job;
    if (this.#sessions.isOpen(jobId)) return this.#sessions.of(job);
    const now = monotonic(this.#clock);
    const since = this.#since.get(jobId);
    if (since !== undefined) {
      // It was waited for once.
      if (now - since < LONGEST_MS) return "opening";
      this.#giveUp(jobId);
      return "too slow";
    }
    const [oldest] = this.#since.size < MOST_OPENING ? [] : this.#since;
    if (oldest !== undefined) {
      if (now - oldest[1] < GRACE_MS) return "opening";
      this.#giveUp(oldest[0]);
    }
    this.#since.set(jobId, now);
    const session = this.#sessions.of(job);
    // Given up meanwhile, it is none of ours; another attempt may be.
    const isOurs = (): boolean => this.#since.get(jobId) === now;
    const opening = session.finally(() => isOurs() && this.#since.delete(jobId));
    opening.catch(() => undefined);
    return unlessLate(this.#clock, WAIT_MS, opening, () => "opening" as const, this.#signal);
  }

  #giveUp(jobId: string): void {
    this.#since.delete(jobId);
    this.#sessions.giveUp(jobId);
  }
}
