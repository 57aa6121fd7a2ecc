import { Admissions, ClaimCheck, ShardCache } from "@orion/protocol/challenge";
import { chainNow, type JobRecord, type UnitRecord } from "@orion/protocol/chain";
import { monotonic, timeLimit } from "@orion/protocol/common";
import type { DisputeReader } from "@orion/protocol/disputes";
import type { JobSession } from "@orion/protocol/jobs";

import type { Checked, CheckedClaims } from "./checked-claims.ts";
import { CheckedJobs } from "./checked-jobs.ts";
import { PreparingTurns, type Unprepared } from "./preparing-turns.ts";
import type { Waiting } from "./queue.ts";
import type { ValidatorContext } from "./validator-context.ts";

export type CommittedClaim = readonly [JobRecord, UnitRecord];

export interface PreparerParts {
  readonly claims: CheckedClaims;
  readonly reader: DisputeReader;
  /** The claims of others that are committed now. */
  readonly committed: () => readonly CommittedClaim[];
  readonly stop: AbortSignal;
}

/** Of the window, what passes before a worker that has published nothing is asked for its outputs on chain. */
export const PATIENCE_PART_OF_WINDOW = 0.1;
/** Longest single look for what a worker published. */
const PUBLISHED_TIMEOUT_MS = 10_000;

interface Preparable extends Unprepared {
  readonly checked: Checked;
  readonly job: JobRecord;
  readonly unit: UnitRecord;
}

/** Fetches what claims are checked with: the jobs' content, and what the workers published. */
export class ClaimPreparer {
  readonly #context: ValidatorContext;
  readonly #parts: PreparerParts;
  readonly #turns = new PreparingTurns();
  readonly #jobs: CheckedJobs;
  readonly #admissions: Admissions;
  /** Jobs of which it was said that this account may not demand of their claims. */
  readonly #closed = new Set<string>();
  readonly #cache = new ShardCache();

  /** @param options.maxMemoryBytes programs that need more are refused */
  constructor(context: ValidatorContext, options: { readonly maxMemoryBytes?: bigint }, parts: PreparerParts) {
    this.#context = context;
    this.#parts = parts;
    this.#jobs = new CheckedJobs(context, options, parts.stop);
    this.#admissions = new Admissions(context, parts.stop);
  }

  /** Prepares those of the claims whose turn it is; does not wait for it. */
  start(committed: readonly CommittedClaim[]): void {
    const { claims, stop } = this.#parts;
    const unprepared = committed.flatMap(([job, unit]): Preparable[] => {
      const checked = claims.of(unit.key);
      if (checked.state !== "new" || !claims.isReady(checked)) return [];
      return [{ jobId: job.jobId, windowEnd: unit.windowEnd, attempts: checked.failures, checked, job, unit }];
    });
    const { clock, follower } = this.#context;
    for (const { claim, fetch } of this.#turns.take(unprepared, follower.time, monotonic(clock))) {
      const { checked, job, unit } = claim;
      void claims.start(checked, async () => {
        try {
          await this.#prepare(checked, job, unit, fetch.signal);
        } finally {
          this.#turns.end(fetch, checked.check !== undefined, monotonic(clock));
        }
        // The next claim does not wait for the next look.
        if (!stop.aborted) this.start(this.#parts.committed());
      });
    }
  }

  /** Claims that were not prepared yet, with the time that they are expected to wait until they are. @param secondsOf a shard of a job */
  waiting(committed: readonly CommittedClaim[], secondsOf: (job: JobRecord) => number): Waiting[] {
    const unprepared = committed.filter(([, { key }]) => this.#parts.claims.of(key).state === "new");
    const waits = this.#turns.waits(unprepared.map(([{ jobId }]) => jobId));
    return unprepared.map(([job, { key, windowEnd, from, to }]) => {
      const computing = { spent: 0, left: to - from, secondsPerShard: secondsOf(job) };
      return { key, windowEnd, ...computing, wait: waits.get(job.jobId) ?? 0 };
    });
  }

  /** Looks, for a part of the claim's window at most, for what its worker published. @returns whether it is here */
  async lookForPublished(check: ClaimCheck, unit: UnitRecord, signal = this.#parts.stop): Promise<boolean> {
    const left = 1_000 * (unit.windowEnd - (await chainNow(this.#context.chain)));
    const most = Math.max(500, Math.min(PUBLISHED_TIMEOUT_MS, left * PATIENCE_PART_OF_WINDOW));
    return check.lookForPublished(this.#context, timeLimit(most, AbortSignal.any([this.#parts.stop, signal])));
  }

  /**
   * Forgets all other jobs.
   * @param active jobs with claims
   * @param open jobs that are not over
   */
  keepOnly(active: ReadonlySet<string>, open: ReadonlySet<string>): void {
    this.#jobs.keepOnly(active);
    this.#turns.keepOnly(active);
    this.#admissions.keepOnly(open);
    for (const jobId of this.#closed) if (!open.has(jobId)) this.#closed.delete(jobId);
  }

  dispose(): void {
    this.#jobs.dispose();
  }

  async #prepare(checked: Checked, job: JobRecord, unit: UnitRecord, signal: AbortSignal): Promise<void> {
    const admission = await this.#jobs.unlessLate(this.#admissions.of(job, unit), unit, signal);
    if (admission === undefined) {
      // Computing would be in vain; demands of others that are not answered are still seen to.
      checked.state = "given up";
      this.#tellClosed(job);
      return;
    }
    const session = await this.#jobs.of(job, unit, signal);
    const again = (ended?: AbortSignal): Promise<JobSession> => this.#jobs.of(job, unit, ended);
    checked.check ??= new ClaimCheck(this.#context, session.loaded, again, job, unit, {
      reader: this.#parts.reader,
      signal: this.#parts.stop,
      admission,
      cache: this.#cache,
    });
    await this.lookForPublished(checked.check, unit, signal);
    checked.state = "ready";
  }

  #tellClosed({ jobId }: JobRecord): void {
    if (this.#closed.has(jobId)) return;
    this.#closed.add(jobId);
    const { log, sender } = this.#context;
    log.warn(
      { jobId, address: sender.address },
      "not guarded: the job names its challengers, and this account is not one",
    );
  }
}
