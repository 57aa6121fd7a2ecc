import { readClocks, type JobClocks, type JobRecord } from "@orion/protocol/chain";
import type { Backend } from "@orion/protocol/kernels";

import { openJobSession, type JobSession, type ServiceContext } from "@orion/protocol/jobs";
import type { KeptContent } from "./kept-content.ts";
import { DEFAULT_MAX_MEMORY_BYTES, type WorkerRules } from "./rules.ts";

/** Programs and kernels of so many jobs are kept ready. */
const MAX_SESSIONS = 2;

/** The jobs that this worker has opened, least recently used ones dropped. */
export class Sessions {
  readonly #context: ServiceContext & { readonly backend: Backend };
  readonly #rules: WorkerRules;
  readonly #signal: AbortSignal;
  readonly #kept: KeptContent;
  readonly #open = new Map<string, JobSession>();
  readonly #clocks = new Map<number, JobClocks>();

  constructor(
    context: ServiceContext & { readonly backend: Backend },
    rules: WorkerRules,
    signal: AbortSignal,
    kept: KeptContent,
  ) {
    this.#context = context;
    this.#rules = rules;
    this.#signal = signal;
    this.#kept = kept;
  }

  async of(job: JobRecord): Promise<JobSession> {
    const { jobId } = job;
    const session = this.#open.get(jobId) ?? (await this.#openNew(job));
    // Map order is age: what was used last goes to the end.
    this.#open.delete(jobId);
    this.#open.set(jobId, session);
    return session;
  }

  /** Seconds from claim to commit in this job's profile. */
  async claimPeriod(job: JobRecord): Promise<number> {
    const { profile } = job.terms;
    const clocks = this.#clocks.get(profile) ?? (await readClocks(this.#context.chain, profile));
    this.#clocks.set(profile, clocks);
    return clocks.claimPeriod;
  }

  dispose(): void {
    for (const session of this.#open.values()) session.dispose();
    this.#open.clear();
  }

  async #openNew(job: JobRecord): Promise<JobSession> {
    const { backend, follower } = this.#context;
    const store = this.#kept.storeOf(job.jobId, this.#context.store);
    const session = await openJobSession({ ...this.#context, store }, job, {
      backend,
      signal: this.#signal,
      maxMemoryBytes: this.#rules.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES,
      manifests: () => follower.state.jobs.get(job.jobId)?.manifests ?? [],
    });
    for (const [jobId, old] of this.#open) {
      if (this.#open.size < MAX_SESSIONS) break;
      old.dispose();
      this.#open.delete(jobId);
    }
    return session;
  }
}
