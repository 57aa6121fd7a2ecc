import { Admissions, ClaimCheck, ShardCache } from "@orion/protocol/challenge";
import { chainNow, type JobRecord, type UnitRecord } from "@orion/protocol/chain";
import { timeLimit } from "@orion/protocol/common";
import type { DisputeReader } from "@orion/protocol/disputes";

import type { Checked, CheckedClaims } from "./checked-claims.ts";
import { CheckedJobs } from "./checked-jobs.ts";
import { PreparingTurns, type Unprepared } from "./preparing-turns.ts";
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
    for (const { checked, job, unit } of this.#turns.take(unprepared, this.#context.follower.time)) {
      void claims.start(checked, async () => {
        try {
          await this.#prepare(checked, job, unit);
        } finally {
          this.#turns.end(job.jobId, checked.check !== undefined);
        }
        // The next claim does not wait for the next look.
        if (!stop.aborted) this.start(this.#parts.committed());
      });
    }
  }

  /** Looks, for a part of the claim's window at most, for what its worker published. @returns whether it is here */
  async lookForPublished(check: ClaimCheck, unit: UnitRecord): Promise<boolean> {
    const left = 1_000 * (unit.windowEnd - (await chainNow(this.#context.chain)));
    const most = Math.max(500, Math.min(PUBLISHED_TIMEOUT_MS, left * PATIENCE_PART_OF_WINDOW));
    return check.lookForPublished(this.#context, timeLimit(most, this.#parts.stop));
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

  async #prepare(checked: Checked, job: JobRecord, unit: UnitRecord): Promise<void> {
    const admission = await this.#jobs.unlessLate(this.#admissions.of(job, unit), unit);
    if (admission === undefined) {
      // Computing would be in vain; demands of others that are not answered are still seen to.
      checked.state = "given up";
      this.#tellClosed(job);
      return;
    }
    const session = await this.#jobs.of(job, unit);
    checked.check ??= new ClaimCheck(this.#context, session.loaded, () => this.#jobs.of(job, unit), job, unit, {
      reader: this.#parts.reader,
      signal: this.#parts.stop,
      admission,
      cache: this.#cache,
    });
    await this.lookForPublished(checked.check, unit);
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
