import type { JobRecord, MarketState, UnitRecord } from "@orion/protocol/chain";
import {
  Admissions,
  bringHome,
  ClaimCheck,
  forfeit,
  NotAChallengerError,
  pursue,
  type ChallengeContext,
} from "@orion/protocol/challenge";
import {
  createLoop,
  growingPause,
  monotonic,
  OrionError,
  timeLimit,
  toHex,
  type Service,
} from "@orion/protocol/common";
import { DEMANDED, DisputeReader, PrepaymentCollector } from "@orion/protocol/disputes";
import type { JobSession } from "@orion/protocol/jobs";
import { MerkleTree } from "@orion/protocol/tensor";

import type { ClaimedOutputs } from "../claimed-outputs.ts";
import { sharedLookMs } from "../rules.ts";
import type { Sessions } from "../sessions.ts";
import type { OwnReserve, OwnReserves } from "./own-reserves.ts";

export interface ReserveWatchParts {
  readonly reserves: OwnReserves;
  readonly sessions: Sessions;
  readonly outputs: ClaimedOutputs;
}

const INTERVAL_MS = 1_000;
const COLLECT_INTERVAL_MS = 10_000;
/** Claims that are recomputed at the same time, and those against which a step is taken. A dispute that waits for an answer holds no place. */
const PLACES = { unchecked: 2, wrong: 4 } as const;
/** Whoever has computed for so long lets others go first. */
const SLICE_MS = 30_000;
/** Longest wait for what the worker published. */
const PUBLISHED_TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

/** A later claim of a unit of which this account knows the outputs, and that has others. */
interface Wrong {
  readonly own: OwnReserve;
  readonly unit: UnitRecord;
}

interface Attempt {
  readonly stop: AbortController;
  /** What is next: recomputing the claim, or a step against it. */
  state: "unchecked" | "wrong";
  check?: ClaimCheck | undefined;
  /** Serial number of its last turn, or of its arrival: who waits longest has the smallest. */
  turn: number;
  busy: boolean;
  failures: number;
  until: number;
}

/**
 * Watches the units in which this account has a reserve. A claim of it fell there because a demand was not answered in time, and what it lost waits for the unit's next verdict: a later
 * claim with other outputs is challenged until it falls, so that no wrong claim decides, and what a verdict leaves is paid out. The roots of the fallen claim's outputs stay on disk for it; where they
 * are lost they are computed again. How many claims are disputed at the same time is bounded by the reserves alone: each has locked the collateral of a wrong claim.
 */
export function createReserveWatch(
  context: ChallengeContext,
  parts: ReserveWatchParts,
  options: { readonly intervalMs?: number } = {},
): Service {
  const { clock, log } = context;
  const intervalMs = Math.min(INTERVAL_MS, options.intervalMs ?? INTERVAL_MS);
  return {
    name: "reserves",
    async run(signal) {
      const watch = new ReserveWatch(context, parts, intervalMs, signal);
      const loop = createLoop({ name: "reserves", clock, log, intervalMs, tick: () => watch.tick() });
      await loop.run(signal).finally(() => watch.end());
    },
  };
}

class ReserveWatch {
  readonly #context: ChallengeContext;
  readonly #parts: ReserveWatchParts;
  readonly #intervalMs: number;
  readonly #signal: AbortSignal;
  readonly #admissions: Admissions;
  readonly #prepayments: PrepaymentCollector;
  readonly #reader: DisputeReader;
  readonly #attempts = new Map<string, Attempt>();
  readonly #tasks = new Set<Promise<void>>();
  #serial = 0;
  #collectAt = 0;

  constructor(context: ChallengeContext, parts: ReserveWatchParts, intervalMs: number, signal: AbortSignal) {
    this.#context = context;
    this.#parts = parts;
    this.#intervalMs = intervalMs;
    this.#signal = signal;
    this.#admissions = new Admissions(context, signal);
    this.#reader = new DisputeReader(context.chain);
    this.#prepayments = new PrepaymentCollector(context, DEMANDED, "worker");
  }

  async tick(): Promise<void> {
    const { follower, sender } = this.#context;
    const state = await follower.sync(sender.lastBlock, sharedLookMs(this.#intervalMs));
    await this.#payOut(state);
    const wrong = this.#wrongClaims(state);
    this.#forgetOthers(new Set(wrong.map(({ unit }) => unit.key)));
    this.#start(wrong);
    await this.#collect(state);
  }

  /** Ends what is under way, and waits for it. */
  async end(): Promise<void> {
    for (const { stop } of this.#attempts.values()) stop.abort();
    await Promise.allSettled(this.#tasks);
  }

  /** Claims of others that differ from what this account has committed to. */
  #wrongClaims(state: MarketState): Wrong[] {
    const { address } = this.#context.sender;
    return this.#parts.reserves.undecided(state).flatMap((own) => {
      const unit = own.job.units.get(own.fallen.unit);
      const isOthers = unit.status === "committed" && unit.worker !== address;
      return isOthers && unit.outputsRoot !== own.fallen.claim.outputsRoot ? [{ own, unit }] : [];
    });
  }

  #forgetOthers(keys: ReadonlySet<string>): void {
    for (const [key, { stop }] of this.#attempts) {
      if (keys.has(key)) continue;
      stop.abort();
      this.#attempts.delete(key);
    }
  }

  /** Gives the free places to those that have waited longest. */
  #start(wrong: readonly Wrong[]): void {
    const now = monotonic(this.#context.clock);
    const attempts = wrong.map((claim) => ({ claim, attempt: this.#attemptOf(claim.unit.key) }));
    const room: Record<Attempt["state"], number> = { ...PLACES };
    for (const { attempt } of attempts) if (attempt.busy) room[attempt.state]--;
    for (const { claim, attempt } of attempts.sort((a, b) => a.attempt.turn - b.attempt.turn)) {
      if (attempt.busy || now < attempt.until || room[attempt.state] <= 0) continue;
      room[attempt.state]--;
      this.#take(claim, attempt);
    }
  }

  #attemptOf(key: string): Attempt {
    const known = this.#attempts.get(key);
    if (known !== undefined) return known;
    const rest = { turn: this.#serial++, busy: false, failures: 0, until: 0 };
    const attempt: Attempt = { stop: new AbortController(), state: "unchecked", ...rest };
    this.#attempts.set(key, attempt);
    return attempt;
  }

  #take(claim: Wrong, attempt: Attempt): void {
    attempt.busy = true;
    attempt.turn = this.#serial++;
    const signal = AbortSignal.any([this.#signal, attempt.stop.signal]);
    const work = attempt.state === "wrong" ? this.#pursue(claim, attempt, signal) : this.#check(claim, attempt, signal);
    const task = work
      .then(
        () => {
          attempt.failures = 0;
        },
        (error: unknown) => this.#failed(claim.unit.key, attempt, error),
      )
      .finally(() => {
        attempt.busy = false;
        this.#tasks.delete(task);
      });
    this.#tasks.add(task);
  }

  /** Recomputes the claim for a while. */
  async #check({ own, unit }: Wrong, attempt: Attempt, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const check = (attempt.check ??= await this.#open({ own, unit }, signal));
    const since = monotonic(clock);
    let verdict = "open";
    while (verdict === "open" && !signal.aborted && monotonic(clock) - since < SLICE_MS) {
      verdict = await check.checkOne(signal);
    }
    if (verdict === "wrong") attempt.state = "wrong";
    if (verdict === "right") {
      this.#leave(
        own,
        unit,
        "a later claim of a unit is right, and this account's fallen one was wrong: check this machine",
      );
    }
  }

  async #open({ own, unit }: Wrong, signal: AbortSignal): Promise<ClaimCheck> {
    const { log } = this.#context;
    const { job } = own;
    log.warn(
      { key: unit.key, unit: unit.index },
      "a later claim of a unit has other outputs than this account's fallen one",
    );
    const admission = await this.#admissions.require(job, unit);
    const session = await this.#parts.sessions.of(job);
    const leaves = await this.#leaves(own, session);
    this.#prepaid(job, unit);
    const options = { reader: this.#reader, signal, admission, ...(leaves === undefined ? {} : { leaves }) };
    const again = (): Promise<JobSession> => this.#parts.sessions.of(job);
    const check = new ClaimCheck(this.#context, session.loaded, again, job, unit, options);
    await check.lookForPublished(this.#context, timeLimit(PUBLISHED_TIMEOUT_MS, signal));
    return check;
  }

  /** Steps until somebody else has to move. */
  async #pursue({ own, unit }: Wrong, { check }: Attempt, signal: AbortSignal): Promise<void> {
    if (check === undefined) return;
    const progress = await pursue(this.#context, check.pursuit, signal);
    if (progress === "over") await forfeit(this.#context, own.job, unit);
    if (progress === "late") {
      this.#leave(own, unit, "a wrong claim can no longer be challenged: its window has passed");
    }
  }

  /** The next look finds the same claim: what cannot be challenged now is left alone for good. */
  #leave({ fallen }: OwnReserve, { key }: UnitRecord, reason: string): void {
    const attempt = this.#attempts.get(key);
    if (attempt !== undefined) attempt.until = Infinity;
    this.#context.log.error({ key, fallen: fallen.key }, reason);
  }

  /** Leaves of the fallen claim's shards, from disk, where they make up what it was committed to. */
  async #leaves({ fallen }: OwnReserve, session: JobSession): Promise<readonly Uint8Array[] | undefined> {
    const { outputNodes } = session.loaded.program;
    const leaves = await this.#parts.outputs.leaves(fallen.key, outputNodes.length);
    if (leaves === undefined) return undefined;
    const { root } = MerkleTree.fromLeaves(leaves, this.#context.sha256);
    return toHex(root) === fallen.claim.outputsRoot ? leaves : undefined;
  }

  #prepaid(job: JobRecord, { key, from, to }: UnitRecord): void {
    this.#prepayments.add({ key, shards: { from, to }, sinceBlock: job.postedAtBlock });
  }

  #failed(key: string, attempt: Attempt, error: unknown): void {
    if (error instanceof OrionError && error.code === "ABORTED") return;
    const { clock, log } = this.#context;
    attempt.failures++;
    if (!(error instanceof OrionError && error.retryable)) {
      // Perhaps its job was closed meanwhile; the claim is opened and checked anew.
      attempt.check = undefined;
      attempt.state = "unchecked";
    }
    const pause = growingPause(attempt.failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    attempt.until = error instanceof NotAChallengerError ? Infinity : monotonic(clock) + pause;
    const reason = error instanceof Error ? error.message : String(error);
    log.error({ key, failures: attempt.failures }, `cannot challenge a later claim of a unit: ${reason}`);
  }

  /** Takes home what was prepaid on claims that are over, those of an earlier life of this process included. */
  async #collect(state: MarketState): Promise<void> {
    const { clock, log } = this.#context;
    if (monotonic(clock) < this.#collectAt) return;
    this.#collectAt = monotonic(clock) + COLLECT_INTERVAL_MS;
    await bringHome(this.#prepayments, state, log);
  }

  /** What the chain refuses now does not end the watch. */
  async #payOut(state: MarketState): Promise<void> {
    const { reserves } = this.#parts;
    try {
      await reserves.look(state);
      await reserves.payOut(state, this.#signal);
    } catch (error) {
      if (!(error instanceof OrionError) || error.code === "ABORTED") throw error;
      this.#context.log.warn({ code: error.code }, `a reserve cannot be paid out for now: ${error.message}`);
    }
  }
}
