import type { JobRecord } from "@orion/protocol/chain";
import { OrionError, type Clock, type Logger } from "@orion/protocol/common";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
const DEFAULT_PARALLEL = 4;

export interface JobPoolOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Jobs at the same time. */
  readonly parallel?: number;
}

/**
 * Serves several jobs at a time and keeps one job's trouble away from the others: one whose content does not arrive holds up no
 * other, a retryable error puts its job aside for a growing time, a fatal one until the process restarts. Errors that are not ours are
 * bugs and pass through.
 */
export class JobPool {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #parallel: number;
  readonly #aside = new Map<string, { until: number; failures: number }>();
  readonly #running = new Map<string, Promise<void>>();
  #bug: Error | undefined;

  constructor(options: JobPoolOptions) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#parallel = options.parallel ?? DEFAULT_PARALLEL;
  }

  /**
   * Starts `work` for the jobs that are neither running nor put aside, as far as there is room; earlier ones go first. Does not wait for it.
   * @throws what `work` threw since the last call and is no OrionError
   */
  start(jobs: readonly JobRecord[], work: (job: JobRecord) => Promise<void>): void {
    this.#throwBug();
    const wanted = new Set(jobs.map(({ jobId }) => jobId));
    for (const jobId of this.#aside.keys()) if (!wanted.has(jobId)) this.#aside.delete(jobId);
    for (const job of jobs) {
      if (this.#running.size >= this.#parallel) break;
      if (this.#running.has(job.jobId) || this.#clock.now() < (this.#aside.get(job.jobId)?.until ?? 0)) continue;
      const task = this.#attempt(job, work).finally(() => this.#running.delete(job.jobId));
      this.#running.set(job.jobId, task);
    }
  }

  /** Waits for everything under way. */
  async drain(): Promise<void> {
    await Promise.all(this.#running.values());
    this.#throwBug();
  }

  async #attempt(job: JobRecord, work: (job: JobRecord) => Promise<void>): Promise<void> {
    try {
      await work(job);
      this.#aside.delete(job.jobId);
    } catch (error) {
      if (error instanceof OrionError) this.#putAside(job, error);
      else this.#bug ??= error instanceof Error ? error : new Error(String(error));
    }
  }

  #putAside(job: JobRecord, error: OrionError): void {
    if (error.code === "ABORTED") return;
    const failures = (this.#aside.get(job.jobId)?.failures ?? 0) + 1;
    const again = error.retryable || error.code === "REVERT";
    const pause = again ? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1)) : Infinity;
    this.#aside.set(job.jobId, { until: this.#clock.now() + pause, failures });
    const next = pause === Infinity ? "not tried again" : `tried again in ${String(pause / 1000)} s`;
    this.#log.warn({ jobId: job.jobId, code: error.code, hint: error.hint }, `${error.message} (${next})`);
  }

  #throwBug(): void {
    if (this.#bug === undefined) return;
    const bug = this.#bug;
    this.#bug = undefined;
    throw bug;
  }
}
