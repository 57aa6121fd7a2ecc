import type { JobRecord, MarketState, UnitRecord } from "@orion/protocol/chain";
import {
  Admissions,
  bringHome,
  challengeClaim,
  NotAChallengerError,
  type ChallengeContext,
} from "@orion/protocol/challenge";
import { createLoop, growingPause, monotonic, OrionError, toHex, type Service } from "@orion/protocol/common";
import { PrepaymentCollector, prepaidClaims } from "@orion/protocol/disputes";
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
/** Claims that are challenged at the same time. */
const MOST_CHALLENGED = 2;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

/** A later claim of a unit of which this account knows the outputs, and that has others. */
interface Wrong {
  readonly own: OwnReserve;
  readonly unit: UnitRecord;
}

interface Attempt {
  readonly stop: AbortController;
  busy: boolean;
  failures: number;
  until: number;
}

/**
 * Watches the units in which this account has a reserve. A claim of it fell there because a demand was not answered in time, and what it lost waits for the unit's next verdict: a later
 * claim with other outputs is challenged until it falls, so that no wrong claim decides, and what a verdict leaves is paid out. The roots of the fallen claim's outputs stay on disk for it; where they
 * are lost they are computed again.
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
  readonly #attempts = new Map<string, Attempt>();
  readonly #tasks = new Set<Promise<void>>();
  #collectAt = 0;

  constructor(context: ChallengeContext, parts: ReserveWatchParts, intervalMs: number, signal: AbortSignal) {
    this.#context = context;
    this.#parts = parts;
    this.#intervalMs = intervalMs;
    this.#signal = signal;
    this.#admissions = new Admissions(context, signal);
    this.#prepayments = new PrepaymentCollector(context.chain, context.sender, prepaidClaims);
  }

  async tick(): Promise<void> {
    const { follower, sender } = this.#context;
    const state = await follower.sync(sender.lastBlock, sharedLookMs(this.#intervalMs));
    await this.#payOut(state);
    const wrong = this.#wrongClaims(state);
    this.#forgetOthers(new Set(wrong.map(({ unit }) => unit.key)));
    for (const claim of wrong) this.#start(claim);
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

  #start(claim: Wrong): void {
    const { key } = claim.unit;
    const attempt = this.#attempts.get(key) ?? { stop: new AbortController(), busy: false, failures: 0, until: 0 };
    this.#attempts.set(key, attempt);
    const underWay = [...this.#attempts.values()].filter(({ busy }) => busy).length;
    if (attempt.busy || underWay >= MOST_CHALLENGED || monotonic(this.#context.clock) < attempt.until) return;
    attempt.busy = true;
    const task = this.#challenge(claim, AbortSignal.any([this.#signal, attempt.stop.signal]))
      .catch((error: unknown) => this.#failed(key, attempt, error))
      .finally(() => {
        attempt.busy = false;
        this.#tasks.delete(task);
      });
    this.#tasks.add(task);
  }

  async #challenge({ own, unit }: Wrong, signal: AbortSignal): Promise<void> {
    const { log } = this.#context;
    const { job, fallen } = own;
    const { key } = unit;
    log.warn({ key, unit: unit.index }, "a later claim of a unit has other outputs than this account's fallen one");
    const admission = await this.#admissions.require(job, unit);
    const session = await this.#parts.sessions.of(job);
    const leaves = await this.#leaves(own, session);
    this.#prepaid(job, unit);
    const options = { signal, intervalMs: this.#intervalMs, admission, ...(leaves === undefined ? {} : { leaves }) };
    const verdict = await challengeClaim(this.#context, session, job, unit, options);
    if (verdict === "fallen") return;
    // The next look finds the same claim: what cannot be challenged now is left alone for long.
    const attempt = this.#attempts.get(key);
    if (attempt !== undefined) attempt.until = Infinity;
    log.error(
      { key, fallen: fallen.key },
      verdict === "late"
        ? "a wrong claim can no longer be challenged: its window has passed"
        : "a later claim of a unit is right, and this account's fallen one was wrong: check this machine",
    );
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
