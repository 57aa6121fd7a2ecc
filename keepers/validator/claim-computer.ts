import type { ClaimCheck } from "@orion/protocol/challenge";
import { monotonic, timeLimit, UnavailableError, unlessLate } from "@orion/protocol/common";

import type { Checked, CheckedClaims } from "./checked-claims.ts";
import { contentSeconds } from "./checked-jobs.ts";
import type { CommittedClaim } from "./claim-preparer.ts";
import type { Fetch } from "./fetch-places.ts";
import { LoadingTurns } from "./loading-turns.ts";
import { byUrgency, type Waiting } from "./queue.ts";
import type { ValidatorContext } from "./validator-context.ts";

export interface ComputerParts {
  readonly claims: CheckedClaims;
  /** The claims of others that are committed now. */
  readonly committed: () => readonly CommittedClaim[];
  readonly stop: AbortSignal;
}

const DEFAULT_MAX_SECONDS_PER_CLAIM = 600;
/** Claims whose next shard's inputs are here, or on their way, before they are needed. */
const AHEAD = 2;
/** Where more urgent ones come again and again, so many keep their inputs; the others fetch them once more. */
const MOST_LOADED = 4;

interface Computable extends Waiting {
  readonly jobId: string;
  readonly checked: Checked;
  readonly check: ClaimCheck;
}

/**
 * Recomputes claims that are prepared, a shard at a time, so that no claim, however large, holds up the others for longer than that. What a shard is computed from is fetched before its
 * turn comes: content that does not arrive holds up nobody who computes.
 */
export class ClaimComputer {
  readonly #context: ValidatorContext;
  readonly #most: number;
  readonly #parts: ComputerParts;
  readonly #turns = new LoadingTurns();
  #computing = false;

  /** @param options.maxSecondsPerClaim most seconds of computing that one claim gets */
  constructor(context: ValidatorContext, options: { readonly maxSecondsPerClaim?: number }, parts: ComputerParts) {
    this.#context = context;
    this.#most = options.maxSecondsPerClaim ?? DEFAULT_MAX_SECONDS_PER_CLAIM;
    this.#parts = parts;
  }

  /** Starts what can be done now; does not wait for it. */
  start(committed: readonly CommittedClaim[]): void {
    const claims = byUrgency(this.#computable(committed), this.#context.follower.time);
    const loaded = claims.filter(({ check }) => check.isLoaded);
    const missing = claims.filter(({ check }) => !check.isLoaded);
    // The most urgent one is fetched however many others are here already.
    const wanted = Math.max(AHEAD - loaded.length, claims[0] === missing[0] ? 1 : 0);
    const now = monotonic(this.#context.clock);
    for (const { claim, fetch } of this.#turns.take(missing, wanted, now)) this.#load(claim, fetch);
    for (const { check } of loaded.slice(MOST_LOADED)) check.unload();
    const [next] = loaded;
    if (next !== undefined && !this.#computing) this.#compute(next);
  }

  /** Claims that are prepared and not decided, with the time that they are expected to wait for their inputs. */
  waiting(committed: readonly CommittedClaim[]): Waiting[] {
    const claims = this.#prepared(committed);
    const waits = this.#turns.waits(claims.filter(({ check }) => !check.isLoaded).map(({ jobId }) => jobId));
    return claims.map((claim) => ({ ...claim, wait: claim.check.isLoaded ? 0 : (waits.get(claim.jobId) ?? 0) }));
  }

  /** Seconds that a shard of a job is expected to take, before one was computed. */
  expected(workPerShard: bigint): number {
    return Number(workPerShard) / this.#context.backend.macsPerSecond;
  }

  /** Forgets all other jobs. */
  keepOnly(jobIds: ReadonlySet<string>): void {
    this.#turns.keepOnly(jobIds);
  }

  /** Those for which nothing is under way. */
  #computable(committed: readonly CommittedClaim[]): Computable[] {
    return this.#prepared(committed).filter(({ checked }) => this.#parts.claims.isReady(checked));
  }

  #prepared(committed: readonly CommittedClaim[]): Computable[] {
    const { claims } = this.#parts;
    return committed.flatMap(([{ jobId, terms }, { key, windowEnd }]) => {
      const checked = claims.of(key);
      const { check, spent } = checked;
      if (checked.state !== "ready" || check === undefined) return [];
      const secondsPerShard = check.secondsPerShard ?? this.expected(terms.workPerShard);
      return [{ key, windowEnd, spent, left: check.left, secondsPerShard, jobId, checked, check }];
    });
  }

  #load({ checked, check, windowEnd }: Computable, fetch: Fetch): void {
    const { clock, follower } = this.#context;
    this.#start(checked, async () => {
      const ended = new AbortController();
      const seconds = contentSeconds(windowEnd - follower.time);
      const late = (): never => {
        throw new UnavailableError("the inputs of a shard did not arrive in time");
      };
      try {
        const load = check.loadNext(ended.signal);
        await unlessLate(clock, Math.ceil(1_000 * seconds), load, late, fetch.signal);
      } finally {
        // What drips in is not fetched any further.
        ended.abort();
        this.#turns.end(fetch, check.isLoaded, monotonic(clock));
      }
    });
  }

  #compute({ checked, check }: Computable): void {
    this.#computing = true;
    this.#start(checked, async () => {
      try {
        await this.#computeOne(checked, check);
      } finally {
        this.#computing = false;
      }
    });
  }

  #start(checked: Checked, work: () => Promise<void>): void {
    // What comes next does not wait for the next look.
    void this.#parts.claims.start(checked, work).then(() => {
      if (!this.#parts.stop.aborted) this.start(this.#parts.committed());
    });
  }

  async #computeOne(checked: Checked, check: ClaimCheck): Promise<void> {
    const { log, step } = this.#context;
    const start = performance.now();
    const limit = timeLimit(Math.ceil(1_000 * Math.max(1, this.#most - checked.spent)), this.#parts.stop);
    const found = { key: checked.key, unit: check.unit.index, worker: check.unit.worker };
    try {
      const verdict = await check.checkOne(limit);
      if (verdict === "open") return;
      checked.state = verdict;
      if (verdict === "right") log.debug(found, "the claim is right");
      else log.warn(found, "the claim is wrong");
      step?.("validator:checked");
    } catch (error) {
      if (!limit.aborted || this.#parts.stop.aborted) throw error;
      checked.state = "given up";
      log.error(
        found,
        `the claim is not guarded: it takes more than the ${String(this.#most)} s that one may take here`,
      );
    } finally {
      checked.spent += (performance.now() - start) / 1_000;
    }
  }
}
