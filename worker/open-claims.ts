import type { JobRecord, MarketState, UnitRecord } from "@orion/protocol/chain";
import { growingPause, monotonic, OrionError, RevertError } from "@orion/protocol/common";

import type { PlannedClaim } from "./pipeline/budget.ts";
import { ClaimRun, type CommitParts, type OpenClaim } from "./pipeline/claim-run.ts";
import type { ClaimWindow } from "./pipeline/claim-window.ts";
import type { UnitContext } from "./unit-work.ts";

/** Refusals of a commit that say that the claim is not this account's any more, as far as the chain is seen now. */
const LOST = new Set(["NotAssignee", "WrongKey", "DeadlinePassed", "UnknownJob"]);
/** It is committed: by an earlier life of this worker, or by another one with this key. */
const COMMITTED = "AlreadyCommitted";
/** What must end the work where no retry mends it: nothing more may be signed. */
const FATAL = new Set(["SECOND_ROOT", "JOURNAL"]);
const LONGEST_PAUSE_MS = 30_000;
/** No pause is longer than this part of the time that is left. */
const LONGEST_PART_OF_REST = 0.25;

export interface OpenClaimsOptions {
  /** Milliseconds before the second attempt; twice as long before each further one, up to 30 s. */
  readonly firstPauseMs: number;
  /** Called when something has ended that lets more be done now. */
  readonly wake: () => void;
}

/** One claim that is not known to be over. */
interface Tracked {
  readonly run: ClaimRun;
  /** The newest block that says something of it: its claim's, or its commit's. A state that is older says nothing. */
  block: number;
  status: "open" | "running" | "committed" | "lost" | "given up";
  failures: number;
  /** It was said once that it is lost. */
  isTold: boolean;
  /** It counts as finished. */
  isCounted: boolean;
  /** Monotonic time before which it is left alone. */
  until: number;
}

const UNTOUCHED = { isTold: false, isCounted: false, until: -Infinity } as const;

/**
 * The claims of this account that are not committed, those of an earlier life included, each on its way to its commit, all at the same time. The chain decides what is
 * open: a commit that a reorganisation takes back is made again, and what the chain shows as over is forgotten.
 */
export class OpenClaims {
  readonly #context: UnitContext;
  readonly #parts: CommitParts;
  readonly #window: ClaimWindow;
  readonly #options: OpenClaimsOptions;
  readonly #signal: AbortSignal;
  readonly #tracked = new Map<string, Tracked>();
  readonly #tasks = new Set<Promise<void>>();
  #finished = 0;
  #fatal: { readonly error: unknown } | undefined;

  constructor(
    context: UnitContext,
    parts: CommitParts,
    window: ClaimWindow,
    options: OpenClaimsOptions,
    signal: AbortSignal,
  ) {
    this.#context = context;
    this.#parts = parts;
    this.#window = window;
    this.#options = options;
    this.#signal = signal;
  }

  /** Units committed by this process. */
  get finished(): number {
    return this.#finished;
  }

  /** Claims that are to be committed still. */
  get pending(): number {
    return this.#open().length;
  }

  /** Claims that wait for their computation; those that have failed wait for something else. */
  get waiting(): number {
    return this.#open().filter((tracked) => tracked.run.stage === "claimed" && !isStalled(tracked)).length;
  }

  has(jobId: string, unit: number): boolean {
    return [...this.#tracked.values()].some(({ run }) => run.job.jobId === jobId && run.unit.index === unit);
  }

  /** What the claims at hand take of this machine; undefined while that is not known of one of them. */
  plan(): PlannedClaim[] | undefined {
    const plans = this.#open().map((tracked) => tracked.run.plan(isStalled(tracked)));
    return plans.every((plan) => plan !== undefined) ? plans : undefined;
  }

  /** Takes in a claim that was just made. @param block of the claim */
  add(claim: OpenClaim, block: number): void {
    if (this.#tracked.has(claim.unit.key)) return;
    this.#start(this.#track(claim, block));
  }

  /**
   * Starts whatever is open and not under way.
   * @throws what ends the work
   */
  look(state: MarketState): void {
    if (this.#fatal !== undefined) throw this.#fatal.error;
    const shown = this.#shown(state);
    for (const [key, tracked] of this.#tracked) this.#compare(key, tracked, shown.get(key), state);
    for (const [key, claim] of shown) if (!this.#tracked.has(key)) this.#track(claim, 0);
    const now = monotonic(this.#context.clock);
    for (const tracked of this.#tracked.values()) {
      if ((tracked.status === "open" || tracked.status === "lost") && now >= tracked.until) this.#start(tracked);
    }
  }

  /** Resolves when nothing is under way any more; the signal must have been aborted. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#tasks);
    for (const { run } of this.#tracked.values()) run.end();
  }

  #open(): Tracked[] {
    return [...this.#tracked.values()].filter(({ status }) => status === "open" || status === "running");
  }

  /** What the chain shows as claimed by this account, and can be committed still. */
  #shown(state: MarketState): Map<string, { readonly job: JobRecord; readonly unit: UnitRecord }> {
    const { follower, sender } = this.#context;
    const own = [...state.jobs.values()]
      .flatMap((job) => job.units.active().map((unit) => ({ job, unit })))
      .filter(({ unit }) => unit.status === "claimed" && unit.worker === sender.address)
      .filter(({ unit }) => unit.deadline >= follower.time)
      .sort((a, b) => a.unit.deadline - b.unit.deadline);
    return new Map(own.map((claim) => [claim.unit.key, claim]));
  }

  #track(claim: OpenClaim, block: number): Tracked {
    const run = new ClaimRun(this.#context, this.#parts, claim, () => {
      this.#window.grow();
      this.#options.wake();
    });
    const tracked: Tracked = { run, block, status: "open", failures: 0, ...UNTOUCHED };
    this.#tracked.set(claim.unit.key, tracked);
    return tracked;
  }

  /** Holds what is known of a claim against the chain. */
  #compare(key: string, tracked: Tracked, shown: OpenClaim | undefined, state: MarketState): void {
    // The chain as it is seen now says nothing of a newer block, and a commit on its way says itself what becomes of it.
    if (this.#context.follower.block < tracked.block || tracked.run.isCommitting) return;
    if (shown === undefined) {
      if (tracked.status === "open" || tracked.status === "running") this.#tellOver(tracked, state);
      tracked.run.end();
      this.#tracked.delete(key);
    } else if (tracked.status === "committed") {
      this.#context.log.warn({ unit: shown.unit.index, jobId: shown.job.jobId }, "a commit is gone; it is made again");
      if (tracked.isCounted) this.#finished--;
      this.#track(shown, 0);
    }
  }

  #tellOver(tracked: Tracked, state: MarketState): void {
    const { job, unit } = tracked.run;
    const now = state.jobs.get(job.jobId)?.units.get(unit.index);
    if (now?.key === unit.key && (now.status === "committed" || now.status === "settled")) {
      this.#context.log.info({ jobId: job.jobId, unit: unit.index }, "the claim is committed already");
    } else if (unit.deadline < this.#context.follower.time) this.#tellLost(tracked, "its deadline has passed");
    else this.#tellLost(tracked, "the chain shows it no more");
  }

  #start(tracked: Tracked): void {
    if (this.#signal.aborted || this.#fatal !== undefined) return;
    tracked.status = "running";
    const task = tracked.run
      .attempt(this.#signal)
      .then(
        (block) => this.#committed(tracked, block),
        (error: unknown) => this.#failed(tracked, error),
      )
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  #committed(tracked: Tracked, block: number): void {
    tracked.status = "committed";
    tracked.block = block;
    tracked.isCounted = true;
    tracked.run.end();
    this.#finished++;
    this.#options.wake();
  }

  #failed(tracked: Tracked, error: unknown): void {
    const { run } = tracked;
    const { clock, log, follower, sender } = this.#context;
    const { job, unit } = run;
    const named = { jobId: job.jobId, unit: unit.index };
    const isGone = this.#tracked.get(unit.key) !== tracked;
    const isFatal = !(error instanceof OrionError) || (FATAL.has(error.code) && !error.retryable);
    if (this.#signal.aborted || (isGone && !isFatal)) return;
    if (isFatal) {
      this.#fatal ??= { error };
      for (const other of this.#tracked.values()) other.run.end();
      this.#options.wake();
      return;
    }
    tracked.failures++;
    const { firstPauseMs } = this.#options;
    const most = Math.max(firstPauseMs, (unit.deadline - follower.time) * 1000 * LONGEST_PART_OF_REST);
    const pause = growingPause(tracked.failures, firstPauseMs, Math.min(most, LONGEST_PAUSE_MS));
    tracked.until = monotonic(clock) + pause;
    if (error instanceof RevertError && error.revert === COMMITTED) {
      tracked.status = "committed";
      run.end();
      // The node that says so may be ahead of the one whose logs are read.
      tracked.block = Math.max(sender.lastBlock, follower.block + 1);
      log.info(named, "the claim is committed already");
      this.#options.wake();
    } else if (error.retryable || (error instanceof RevertError && !LOST.has(error.revert))) {
      tracked.status = "open";
      const { code, hint } = error;
      log.warn(
        { ...named, code, hint, failures: tracked.failures },
        `a claim cannot be committed yet: ${error.message}`,
      );
    } else {
      // What the chain refuses it may take after a reorganisation; what this machine cannot do it never can.
      tracked.status = error instanceof RevertError ? "lost" : "given up";
      if (tracked.status === "given up") run.end();
      if (!tracked.isTold) this.#tellLost(tracked, error.message);
      this.#options.wake();
    }
  }

  #tellLost(tracked: Tracked, reason: string): void {
    const { job, unit } = tracked.run;
    tracked.isTold = true;
    this.#window.shrink();
    this.#context.log.error({ jobId: job.jobId, unit: unit.index }, `the claim is lost: ${reason}`);
  }
}

/** It has failed, and has not come so far again that it takes time of this machine. */
function isStalled({ run, failures }: Tracked): boolean {
  return failures > 0 && !run.isMoving;
}
