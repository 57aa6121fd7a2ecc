import type { JobRecord } from "@orion/protocol/chain";
import { growingPause, monotonic, OrionError, type Clock, type Logger } from "@orion/protocol/common";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
/** Longest pause of a job in which nothing could be done: what blocks it may end at any time. */
const LONGEST_IDLE_PAUSE_MS = 30_000;
const DEFAULT_PARALLEL = 4;
/** Work that takes longer gives its place to others. */
const DEFAULT_SLICE_MS = 30_000;

export interface JobPoolOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Jobs at the same time. */
  readonly parallel?: number;
  /** How urgent a job is: the smaller, the sooner, such as the time of its deadline. Without it, earlier jobs of the list are more urgent. */
  readonly urgency?: (job: JobRecord) => number;
  /** Milliseconds after which a job no longer holds one of the places; so many slow jobs again may run beside them. */
  readonly sliceMs?: number;
}

/** What a piece of work came to: "idle" when nothing could be done for the job now. */
export type JobOutcome = "idle" | undefined;

/** One idempotent piece of work on one job. The signal aborts when the job has run too long while others wait. */
export type JobWork = (job: JobRecord, signal: AbortSignal) => Promise<JobOutcome> | Promise<void>;

interface Running {
  readonly since: number;
  readonly stop: AbortController;
  readonly done: Promise<void>;
  slow: boolean;
}

/** A wanted job's place in the queue. */
interface Turn {
  /** Serial number of its last service, or of its arrival: who waits longest has the smallest. */
  waiting: number;
  /** How often it was served, counted from the number that the least served job had when it arrived. */
  rounds: number;
}

/**
 * Serves several jobs at a time, none of them at the cost of another. Half of the places go to the jobs that have waited longest, so each
 * of n jobs that stay wanted is served within 2·n/places rounds whatever the others do; the other half go to the most urgent ones of
 * those served least. A retryable error puts its job aside for a growing time, a fatal one until the process restarts; a job that runs
 * longer than its slice loses its place, and is stopped when too many do so. Errors that are not ours are bugs and pass through.
 */
export class JobPool {
  readonly #options: JobPoolOptions;
  readonly #parallel: number;
  readonly #sliceMs: number;
  readonly #aside = new Map<string, { until: number; failures: number }>();
  readonly #running = new Map<string, Running>();
  readonly #turns = new Map<string, Turn>();
  #serial = 0;
  #bug: Error | undefined;

  constructor(options: JobPoolOptions) {
    this.#options = options;
    this.#parallel = options.parallel ?? DEFAULT_PARALLEL;
    this.#sliceMs = options.sliceMs ?? DEFAULT_SLICE_MS;
  }

  /**
   * Starts `work` for the jobs that are neither running nor put aside, as far as there is room. Does not wait for it.
   * @throws what `work` threw since the last call and is no OrionError
   */
  start(jobs: readonly JobRecord[], work: JobWork): void {
    this.#throwBug();
    this.#arrive(jobs);
    this.#retireSlow();
    const now = this.#now();
    const ready = jobs.filter(({ jobId }) => !this.#running.has(jobId) && now >= (this.#aside.get(jobId)?.until ?? 0));
    const room = this.#parallel - [...this.#running.values()].filter(({ slow }) => !slow).length;
    for (const job of this.#choose(ready, room)) this.#run(job, work);
  }

  /** Waits for everything under way. */
  async drain(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    this.#throwBug();
  }

  #now(): number {
    return monotonic(this.#options.clock);
  }

  /** Forgets the jobs that are not wanted any more, and queues the new ones behind those that wait. */
  #arrive(jobs: readonly JobRecord[]): void {
    const wanted = new Set(jobs.map(({ jobId }) => jobId));
    for (const jobId of this.#aside.keys()) if (!wanted.has(jobId)) this.#aside.delete(jobId);
    for (const jobId of this.#turns.keys()) if (!wanted.has(jobId)) this.#turns.delete(jobId);
    let least = Infinity;
    for (const { rounds } of this.#turns.values()) least = Math.min(least, rounds);
    const rounds = least === Infinity ? 0 : least;
    for (const { jobId } of jobs) {
      if (!this.#turns.has(jobId)) this.#turns.set(jobId, { waiting: this.#serial++, rounds });
    }
  }

  /** The jobs that get the free places: by turns the most urgent one of the least served, and the one that waits longest. */
  #choose(ready: readonly JobRecord[], room: number): JobRecord[] {
    const { urgency } = this.#options;
    const entries = ready.map((job, place) => {
      const { waiting, rounds } = this.#turns.get(job.jobId) ?? { waiting: 0, rounds: 0 };
      return { job, waiting, rounds, urgency: urgency === undefined ? place : urgency(job) };
    });
    const byUrgency = entries.toSorted((a, b) => a.rounds - b.rounds || a.urgency - b.urgency || a.waiting - b.waiting);
    const byWaiting = entries.toSorted((a, b) => a.waiting - b.waiting);
    const chosen = new Set<JobRecord>();
    // The place that is left over by an odd number goes to the queue: it alone bears the guarantee.
    const queues = room % 2 === 0 ? [byUrgency, byWaiting] : [byWaiting, byUrgency];
    for (let i = 0; chosen.size < Math.min(room, ready.length); i++) {
      const next = queues[i % 2]?.find(({ job }) => !chosen.has(job));
      if (next !== undefined) chosen.add(next.job);
    }
    return [...chosen];
  }

  #run(job: JobRecord, work: JobWork): void {
    const turn = this.#turns.get(job.jobId);
    if (turn !== undefined) {
      turn.waiting = this.#serial++;
      turn.rounds++;
    }
    const stop = new AbortController();
    const done = this.#attempt(job, work, stop.signal).finally(() => this.#running.delete(job.jobId));
    this.#running.set(job.jobId, { since: this.#now(), stop, done, slow: false });
  }

  /** Work beyond its slice gives its place away; of too much of it the oldest is stopped. */
  #retireSlow(): void {
    const now = this.#now();
    for (const running of this.#running.values()) running.slow = now - running.since >= this.#sliceMs;
    const slow = [...this.#running.values()].filter((running) => running.slow && !running.stop.signal.aborted);
    for (const { stop } of slow.slice(0, Math.max(0, slow.length - this.#parallel))) stop.abort();
  }

  async #attempt(job: JobRecord, work: JobWork, signal: AbortSignal): Promise<void> {
    try {
      if ((await work(job, signal)) === "idle") this.#putAside(job, LONGEST_IDLE_PAUSE_MS);
      else this.#aside.delete(job.jobId);
    } catch (error) {
      if (!(error instanceof OrionError)) this.#bug ??= error instanceof Error ? error : new Error(String(error));
      else this.#fail(job, error, signal.aborted);
    }
  }

  #fail(job: JobRecord, error: OrionError, tooSlow: boolean): void {
    const { jobId } = job;
    if (error.code === "ABORTED" && !tooSlow) return;
    const again = error.retryable || error.code === "REVERT" || tooSlow;
    const pause = this.#putAside(job, again ? LONGEST_PAUSE_MS : Infinity);
    const next = again ? `tried again in ${String(pause / 1000)} s` : "not tried again";
    const reason = tooSlow ? "it took too long while other jobs waited" : error.message;
    this.#options.log.warn({ jobId, code: error.code, hint: error.hint }, `${reason} (${next})`);
  }

  /** @returns milliseconds */
  #putAside(job: JobRecord, longest: number): number {
    const failures = (this.#aside.get(job.jobId)?.failures ?? 0) + 1;
    const pause = longest === Infinity ? Infinity : growingPause(failures, FIRST_PAUSE_MS, longest);
    this.#aside.set(job.jobId, { until: this.#now() + pause, failures });
    return pause;
  }

  #throwBug(): void {
    if (this.#bug === undefined) return;
    const bug = this.#bug;
    this.#bug = undefined;
    throw bug;
  }
}
