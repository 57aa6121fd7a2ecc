import type { JobRecord, UnitRecord } from "@orion/protocol/chain";
import { UnavailableError, unlessLate } from "@orion/protocol/common";
import {
  openJobSession,
  SessionCache,
  type JobSession,
  type ServiceContext,
  type WorkTally,
} from "@orion/protocol/jobs";
import type { Backend, Compute } from "@orion/protocol/kernels";

import { MOST_FETCH_MS } from "./fetch-places.ts";

const DEFAULT_MAX_MEMORY_BYTES = 2n ** 31n;
/** Longest that the content of one job may take to arrive, and the part at most of what is left of a claim's window. */
const MOST_CONTENT_SECONDS = MOST_FETCH_MS / 1_000;
const PART_OF_WINDOW = 0.5;
const LEAST_CONTENT_SECONDS = 10;
const MAX_SESSIONS = 16;

/** Seconds that what a claim is checked with may take to arrive. @param left seconds until the claim's window ends */
export function contentSeconds(left: number): number {
  return Math.max(LEAST_CONTENT_SECONDS, Math.min(MOST_CONTENT_SECONDS, left * PART_OF_WINDOW));
}

/** The jobs whose claims are checked, opened once each, least recently used ones closed. All together hold no more than one of them may. */
export class CheckedJobs {
  readonly #context: ServiceContext & { readonly backend: Backend | Compute; readonly tally?: WorkTally };
  readonly #maxMemoryBytes: bigint;
  readonly #stop: AbortSignal;
  readonly #open: SessionCache;

  constructor(
    context: ServiceContext & { readonly backend: Backend | Compute; readonly tally?: WorkTally },
    options: { readonly maxMemoryBytes?: bigint },
    stop: AbortSignal,
  ) {
    this.#context = context;
    this.#maxMemoryBytes = options.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES;
    this.#stop = stop;
    this.#open = new SessionCache({ most: MAX_SESSIONS, mostBytes: Number(this.#maxMemoryBytes) });
  }

  /**
   * @param signal ends the opening
   * @throws as `openJobSession`; UnavailableError when the content takes too long for the claim's window, or for others that wait
   */
  async of(job: JobRecord, unit: UnitRecord, signal?: AbortSignal): Promise<JobSession> {
    const session = this.#open.of(job.jobId, (closed) => this.#openNew(job, closed));
    try {
      return await this.unlessLate(session, unit, signal);
    } catch (error) {
      // What drips in for hours is not held meanwhile, and the next try begins anew.
      this.#open.giveUp(job.jobId);
      throw error;
    }
  }

  /**
   * Waits for something that a claim is checked with.
   * @param signal ends the waiting
   * @throws what `work` throws; UnavailableError when it takes too long for the claim's window, or for others that wait
   */
  async unlessLate<T>(work: Promise<T>, { windowEnd }: UnitRecord, signal?: AbortSignal): Promise<T> {
    const { clock, follower } = this.#context;
    const seconds = contentSeconds(windowEnd - follower.time);
    const late = (): never => {
      const limit = signal?.aborted === true ? "before others had to have its place" : `within ${seconds.toFixed(0)} s`;
      throw new UnavailableError(`the content of a job did not arrive ${limit}`);
    };
    return unlessLate(clock, Math.ceil(1_000 * seconds), work, late, signal);
  }

  /** Closes the jobs that have no claims any more. */
  keepOnly(jobIds: ReadonlySet<string>): void {
    for (const jobId of this.#open.jobIds) if (!jobIds.has(jobId)) this.#open.close(jobId);
  }

  dispose(): void {
    this.#open.dispose();
  }

  #openNew(job: JobRecord, signal: AbortSignal): Promise<JobSession> {
    const { backend, follower, tally } = this.#context;
    const manifests = (): JobRecord["manifests"] => follower.state.jobs.get(job.jobId)?.manifests ?? [];
    return openJobSession(this.#context, job, {
      backend,
      signal: AbortSignal.any([this.#stop, signal]),
      maxMemoryBytes: this.#maxMemoryBytes,
      manifests,
      ...(tally === undefined ? {} : { tally }),
    });
  }
}
