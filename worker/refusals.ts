import type { JobRecord } from "@orion/protocol/chain";
import type { Clock, Logger } from "@orion/protocol/common";

/** Oldest refusals are forgotten above this number; a job is then judged once more. */
const MAX_REFUSALS = 10_000;

interface Refusal {
  readonly until: number;
  readonly manifests: number;
}

/**
 * Jobs and units that are left alone for a while. A further manifest may make good what was wrong, so it ends every refusal of its job.
 */
export class Refusals {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #refused = new Map<string, Refusal>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Leaves a job, or one unit of it, alone for `forMs` milliseconds. */
  add(job: JobRecord, unit: number | undefined, reason: string, forMs: number): void {
    const [oldest] = this.#refused.size < MAX_REFUSALS ? [] : this.#refused.keys();
    if (oldest !== undefined) this.#refused.delete(oldest);
    this.#refused.set(nameOf(job, unit), { until: this.#clock.now() + forMs, manifests: job.manifests.length });
    this.#log.warn({ jobId: job.jobId, ...(unit === undefined ? {} : { unit }) }, `not taken: ${reason}`);
  }

  has(job: JobRecord, unit?: number): boolean {
    const refusal = this.#refused.get(nameOf(job, unit));
    return refusal !== undefined && refusal.manifests === job.manifests.length && this.#clock.now() < refusal.until;
  }
}

function nameOf(job: JobRecord, unit: number | undefined): string {
  return unit === undefined ? job.jobId : `${job.jobId}:${String(unit)}`;
}
