import type { JobRecord, UnitRecord } from "@orion/protocol/chain";
import { AbortedError, toHex } from "@orion/protocol/common";
import type { ComputedUnit, JobSession, ShardInputs } from "@orion/protocol/jobs";

import type { ClaimedOutputs } from "../claimed-outputs.ts";
import type { Journal, JournalEntry } from "../journal.ts";
import type { JobClocks } from "../rules.ts";
import type { Sessions } from "../sessions.ts";
import type { Trials } from "../trials.ts";
import { checkClaim, commitClaim, computeClaim, downloadUnit, uploadClaim, type UnitContext } from "../unit-work.ts";
import type { PlannedClaim } from "./budget.ts";
import type { Lane } from "./lane.ts";
import type { Pace } from "./pace.ts";
import type { Planner, Stage } from "./planner.ts";

/** What takes turns. */
export interface Lanes {
  /** One unit, or one trial, is computed at a time. */
  readonly compute: Lane;
  /** Units that are fetched after their claim: the next one's inputs come while one is computed, those of more wait. */
  readonly fetch: Lane;
  readonly upload: Lane;
}

/** What brings a claim to its commit. */
export interface CommitParts {
  readonly journal: Journal;
  readonly outputs: ClaimedOutputs;
  readonly trials: Trials;
  readonly sessions: Sessions;
  readonly lanes: Lanes;
  readonly pace: Pace;
  readonly planner: Planner;
}

/** A claim of this account. */
export interface OpenClaim {
  readonly job: JobRecord;
  readonly unit: UnitRecord;
  /** What was fetched for it before it was made. */
  readonly inputs?: readonly ShardInputs[];
}

/**
 * Brings one claim to its commit: fetches, computes, checks, keeps, uploads, journals, signs. What is done stays done when a later step fails, so
 * that another attempt goes on from there; after a restart it begins anew unless the journal has the claim.
 */
export class ClaimRun {
  readonly job: JobRecord;
  readonly unit: UnitRecord;
  readonly #context: UnitContext;
  readonly #parts: CommitParts;
  readonly #onComputed: () => void;
  readonly #unpin: () => void;
  readonly #stop = new AbortController();
  #inputs: readonly ShardInputs[] | undefined;
  #session: JobSession | undefined;
  #clocks: JobClocks | undefined;
  #computed: ComputedUnit | undefined;
  #entry: JournalEntry | undefined;
  #isCommitting = false;
  #isMoving = false;

  constructor(context: UnitContext, parts: CommitParts, claim: OpenClaim, onComputed: () => void) {
    this.#context = context;
    this.#parts = parts;
    this.job = claim.job;
    this.unit = claim.unit;
    this.#inputs = claim.inputs;
    this.#onComputed = onComputed;
    // The programs of all claims at hand stay open.
    this.#unpin = parts.sessions.pin(claim.job.jobId);
  }

  get stage(): Stage {
    if (this.#entry !== undefined) return "journalled";
    return this.#computed === undefined ? "claimed" : "computed";
  }

  /** True while its commit is on its way. */
  get isCommitting(): boolean {
    return this.#isCommitting;
  }

  /** True from when its inputs are here until the attempt ends. */
  get isMoving(): boolean {
    return this.#isMoving;
  }

  /** What it takes of this machine; undefined before the first attempt has shown that. */
  plan(stalled: boolean): PlannedClaim | undefined {
    if (this.#clocks === undefined || (this.#session === undefined && !stalled)) return undefined;
    const { job, unit, stage } = this;
    const claim = { jobId: job.jobId, shards: unit.to - unit.from, deadline: unit.deadline, stage, stalled };
    return this.#parts.planner.plan(claim, this.#session, this.#clocks);
  }

  /**
   * One attempt. Only one may be under way at a time.
   * @returns the block of the commit
   * @throws a retryable error for another attempt later; any other one says that the claim is lost or the work must end
   */
  async attempt(signal: AbortSignal): Promise<number> {
    const { job, unit } = this;
    const running = AbortSignal.any([signal, this.#stop.signal]);
    try {
      this.#clocks ??= await this.#parts.sessions.clocks(job);
      this.#entry ??= (await this.#parts.journal.get(unit.key)) ?? (await this.#produce(running));
      if (running.aborted) throw new AbortedError("stopped before the commit was signed");
      this.#isCommitting = true;
      return await commitClaim(this.#context, job, unit, this.#entry);
    } finally {
      this.#isCommitting = this.#isMoving = false;
    }
  }

  /** Stops what is under way and gives back what is held; a commit that is on its way is not called back. */
  end(): void {
    this.#stop.abort();
    this.#unpin();
    this.#inputs = this.#computed = undefined;
  }

  /** Everything up to the journal's entry, without which nothing is signed. */
  async #produce(signal: AbortSignal): Promise<JournalEntry> {
    const { journal, outputs, lanes, pace, sessions } = this.#parts;
    const { job, unit } = this;
    const session = (this.#session = await sessions.of(job));
    const computed = (this.#computed ??= await this.#compute(session, signal));
    this.#inputs = undefined;
    const digest = await lanes.upload.run(unit.deadline, signal, async () => {
      const start = performance.now();
      const stored = await uploadClaim(this.#context, outputs, job.jobId, unit, computed);
      pace.uploaded(session, unit.to - unit.from, (performance.now() - start) / 1000);
      return stored;
    });
    const entry = await journal.record({ key: unit.key, outputsRoot: toHex(computed.tree.root), outputs: digest });
    this.#context.step?.("worker:journalled");
    this.#computed = undefined;
    return entry;
  }

  #compute(session: JobSession, signal: AbortSignal): Promise<ComputedUnit> {
    if (this.#inputs !== undefined) return this.#computeFrom(session, this.#inputs, signal);
    return this.#parts.lanes.fetch.run(this.unit.deadline, signal, async () => {
      const inputs = await downloadUnit(this.#context, session, this.unit, signal);
      return this.#computeFrom(session, inputs, signal);
    });
  }

  async #computeFrom(session: JobSession, inputs: readonly ShardInputs[], signal: AbortSignal): Promise<ComputedUnit> {
    const { lanes, pace, planner, trials } = this.#parts;
    const { unit } = this;
    const shards = unit.to - unit.from;
    this.#isMoving = true;
    const computed = await lanes.compute.run(unit.deadline, signal, async () => {
      const start = performance.now();
      const expected = planner.computeSeconds(session, shards);
      const done = await computeClaim(this.#context, session, unit, inputs, expected, signal);
      pace.computed(session, shards, (performance.now() - start) / 1000);
      await checkClaim(trials, session, unit, done, signal);
      return done;
    });
    this.#onComputed();
    return computed;
  }
}
