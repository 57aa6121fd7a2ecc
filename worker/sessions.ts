import { reading, type JobRecord } from "@orion/protocol/chain";
import { profileOf } from "@orion/protocol/disputes";
import {
  openJobSession,
  SessionCache,
  type JobSession,
  type ServiceContext,
  type WorkTally,
} from "@orion/protocol/jobs";
import type { Backend, Compute } from "@orion/protocol/kernels";

import type { KeptContent } from "./kept-content.ts";
import { DEFAULT_MAX_MEMORY_BYTES, requireFeasible, type JobClocks, type WorkerRules } from "./rules.ts";

/** The jobs that this worker has opened. Of those that nobody works with, the least recently used ones are dropped. */
export class Sessions {
  readonly #context: ServiceContext & { readonly backend: Backend | Compute; readonly tally?: WorkTally };
  readonly #rules: WorkerRules;
  readonly #signal: AbortSignal;
  readonly #kept: KeptContent;
  readonly #isClaimed: (jobId: string) => boolean;
  readonly #maxMemoryBytes: bigint;
  readonly #open: SessionCache;
  readonly #clocks = new Map<number, Promise<JobClocks>>();
  /** How many hold each job open. */
  readonly #pins = new Map<string, number>();

  /**
   * @param options.most programs and kernels of so many jobs are kept ready
   * @param options.mostBytes weights, inputs and slot roots that they may hold together; what one job may hold unless given
   * @param options.isClaimed whether this account has claims of a job: what it has fetched for it stays on disk
   */
  constructor(
    context: ServiceContext & { readonly backend: Backend | Compute; readonly tally?: WorkTally },
    rules: WorkerRules,
    signal: AbortSignal,
    kept: KeptContent,
    options: {
      readonly most: number;
      readonly mostBytes?: number;
      readonly isClaimed: (jobId: string) => boolean;
    },
  ) {
    this.#context = context;
    this.#rules = rules;
    this.#signal = signal;
    this.#kept = kept;
    this.#isClaimed = options.isClaimed;
    this.#maxMemoryBytes = rules.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES;
    // All together may hold what one of them may, unless it is said otherwise.
    const { mostBytes = Number(this.#maxMemoryBytes) } = options;
    this.#open = new SessionCache({
      most: options.most,
      mostBytes,
      isPinned: (jobId) => this.#pins.has(jobId),
      onClosed: (jobId) => this.#forget(jobId),
    });
  }

  /** @throws as `openJobSession`; InvalidInputError for a program that this machine cannot do, before its weights are fetched */
  async of(job: JobRecord): Promise<JobSession> {
    return this.#open.of(job.jobId, (signal) => this.#openNew(job, signal));
  }

  clocks(job: JobRecord): Promise<JobClocks> {
    const profile = profileOf(job.terms);
    const known = this.#clocks.get(profile) ?? this.#readClocks(profile);
    this.#clocks.set(profile, known);
    known.catch(() => this.#clocks.delete(profile));
    return known;
  }

  /** Keeps a job open, once it is, until the pin is pulled; several may pin the same job. @returns what pulls the pin */
  pin(jobId: string): () => void {
    this.#pins.set(jobId, (this.#pins.get(jobId) ?? 0) + 1);
    let isPinned = true;
    return () => {
      if (!isPinned) return;
      isPinned = false;
      const left = (this.#pins.get(jobId) ?? 0) - 1;
      if (left > 0) this.#pins.set(jobId, left);
      else this.#pins.delete(jobId);
    };
  }

  /** Closes a job unless somebody works with it, and forgets what was fetched for it unless it has claims here. */
  async drop(jobId: string): Promise<void> {
    if (this.#pins.has(jobId)) return;
    this.#open.close(jobId);
    await this.#forget(jobId);
  }

  isOpen(jobId: string): boolean {
    return this.#open.isOpen(jobId);
  }

  /** Ends the opening of a job that takes too long. */
  giveUp(jobId: string): void {
    this.#open.giveUp(jobId);
  }

  dispose(): void {
    this.#open.dispose();
  }

  async #forget(jobId: string): Promise<void> {
    if (!this.#isClaimed(jobId)) await this.#kept.forget(jobId);
  }

  async #openNew(job: JobRecord, signal: AbortSignal): Promise<JobSession> {
    const { backend, follower, store, tally } = this.#context;
    const { jobId, terms } = job;
    const clocks = await this.clocks(job);
    const isClaimed = this.#isClaimed(jobId);
    const context = { ...this.#context, store: this.#kept.storeOf(jobId, store) };
    return openJobSession(context, job, {
      backend,
      signal: AbortSignal.any([this.#signal, signal]),
      maxMemoryBytes: this.#maxMemoryBytes,
      manifests: () => follower.state.jobs.get(jobId)?.manifests ?? job.manifests,
      ...(tally === undefined ? {} : { tally }),
      // A claim that is made is defended whatever the rules say.
      judge: (facts, program) => {
        if (!isClaimed) {
          requireFeasible(
            { program, facts },
            Math.min(terms.shards, terms.shardsPerClaim),
            backend,
            clocks,
            this.#rules,
          );
        }
      },
    });
  }

  async #readClocks(index: number): Promise<JobClocks> {
    const { chain } = this.#context;
    const profile = await reading(chain, () => chain.contracts.disputes.profile(index));
    return {
      claimPeriod: Number(profile.claimPeriod),
      answerPeriod: Number(profile.answerPeriod),
      kappa: Number(profile.kappa),
      traceFloor: Number(profile.traceFloor),
    };
  }
}
