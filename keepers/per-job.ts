import type { JobRecord } from "@orion/protocol/chain";
import { OrionError, type Clock, type Logger } from "@orion/protocol/common";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5 * 60_000;

/**
 * Keeps one job's trouble away from the others: a retryable error puts the job aside for a growing time, a fatal one until the process restarts.
 * Errors that are not ours are bugs and pass through.
 */
export class PerJob {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #aside = new Map<string, { until: number; failures: number }>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Runs `work` unless the job is put aside. */
  async attempt(job: JobRecord, work: () => Promise<void>): Promise<void> {
    const entry = this.#aside.get(job.jobId);
    if (entry !== undefined && this.#clock.now() < entry.until) return;
    try {
      await work();
      this.#aside.delete(job.jobId);
    } catch (error) {
      if (!(error instanceof OrionError) || error.code === "ABORTED") throw error;
      const failures = (entry?.failures ?? 0) + 1;
      const pause = error.retryable || error.code === "REVERT" ? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1)) : Infinity;
      this.#aside.set(job.jobId, { until: this.#clock.now() + pause, failures });
      const next = pause === Infinity ? "not tried again" : `tried again in ${String(pause / 1000)} s`;
      this.#log.warn({ jobId: job.jobId, code: error.code, hint: error.hint }, `${error.message} (${next})`);
    }
  }
}
