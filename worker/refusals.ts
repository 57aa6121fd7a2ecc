import type { JobRecord } from "@orion/protocol/chain";
import { monotonic, type Clock, type Logger } from "@orion/protocol/common";

/** Oldest refusals are forgotten above this number; a job is then judged once more. */
const MAX_REFUSALS = 10_000;

/**
 * How long a reason lasts: for ever, where nothing can change it (the terms, the program); until another manifest is published, where the content is wrong; or for some
 * milliseconds.
 */
export type Lasts = "for ever" | "until another manifest" | number;

interface Refusal {
  readonly until: number;
  /** Manifests that there were; undefined where no further one changes anything. */
  readonly manifests: number | undefined;
}

/**
 * Jobs and units that are left alone for a while. A further manifest may make good what was wrong with the content of a job, so it ends such a refusal; what lies in the terms or in the
 * program it cannot change, and whoever publishes one must not make a worker look again.
 */
export class Refusals {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #refused = new Map<string, Refusal>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Leaves a job, or one unit of it, alone. */
  add(job: JobRecord, unit: number | undefined, reason: string, lasts: Lasts): void {
    const [oldest] = this.#refused.size < MAX_REFUSALS ? [] : this.#refused.keys();
    if (oldest !== undefined) this.#refused.delete(oldest);
    this.#refused.set(nameOf(job, unit), {
      until: typeof lasts === "number" ? monotonic(this.#clock) + lasts : Infinity,
      manifests: lasts === "for ever" ? undefined : job.manifests.length,
    });
    this.#log.warn({ jobId: job.jobId, ...(unit === undefined ? {} : { unit }) }, `not taken: ${reason}`);
  }

  has(job: JobRecord, unit?: number): boolean {
    const refusal = this.#refused.get(nameOf(job, unit));
    if (refusal === undefined || monotonic(this.#clock) >= refusal.until) return false;
    return refusal.manifests === undefined || refusal.manifests === job.manifests.length;
  }
}

function nameOf(job: JobRecord, unit: number | undefined): string {
  return unit === undefined ? job.jobId : `${job.jobId}:${String(unit)}`;
}
