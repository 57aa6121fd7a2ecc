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

const DEFAULT_MAX_MEMORY_BYTES = 2n ** 31n;
/** Longest that the content of one job may take to arrive, and the part of a claim's window at most. */
const MOST_CONTENT_SECONDS = 120;
const PART_OF_WINDOW = 0.5;
const LEAST_CONTENT_SECONDS = 10;
const MAX_SESSIONS = 16;

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

  /** @throws as `openJobSession`; UnavailableError when the content takes too long for the claim's window */
  async of(job: JobRecord, unit: UnitRecord): Promise<JobSession> {
    const session = this.#open.of(job.jobId, (signal) => this.#openNew(job, signal));
    try {
      return await this.unlessLate(session, unit);
    } catch (error) {
      // What drips in for hours is not held meanwhile, and the next try begins anew.
      this.#open.giveUp(job.jobId);
      throw error;
    }
  }

  /**
   * Waits for something that a claim is checked with.
   * @throws what `work` throws; UnavailableError when it takes too long for the claim's window
   */
  async unlessLate<T>(work: Promise<T>, unit: UnitRecord): Promise<T> {
    const seconds = this.#seconds(unit);
    return unlessLate(this.#context.clock, Math.ceil(1_000 * seconds), work, (): never => {
      throw new UnavailableError(`the content of a job did not arrive within ${seconds.toFixed(0)} s`);
    });
  }

  /** Closes the jobs that have no claims any more. */
  keepOnly(jobIds: ReadonlySet<string>): void {
    for (const jobId of this.#open.jobIds) if (!jobIds.has(jobId)) this.#open.close(jobId);
  }

  dispose(): void {
    this.#open.dispose();
  }

  #seconds(unit: UnitRecord): number {
    const window = unit.windowEnd - this.#context.follower.time;
    return Math.max(LEAST_CONTENT_SECONDS, Math.min(MOST_CONTENT_SECONDS, window * PART_OF_WINDOW));
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
