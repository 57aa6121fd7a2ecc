import { reading, type JobRecord, type MarketState, type UnitRecord } from "@orion/protocol/chain";
import { AbortedError, growingPause, monotonic, OrionError, RevertError } from "@orion/protocol/common";

import type { ClaimWindow } from "./pipeline/claim-window.ts";
import { Preparer, REFUSED_FOR_MS, type Batch, type PreparerParts, type Unprepared } from "./pipeline/preparer.ts";
import { byPrice, DEFAULT_INTERVAL_MS, refusal } from "./rules.ts";
import type { Stake } from "./stake.ts";
import { claimUnits, type UnitContext } from "./unit-work.ts";

const LONGEST_PAUSE_MS = 30_000;
/** A stake that did not suffice is looked at again after this time: only a claim's end, or the provider, changes it. */
const STAKE_LOOK_MS = 5_000;
/** Where what is claimed must be done first, the next look is so much later. */
const WAIT_MS = 500;
/** Units of one transaction: it must fit into any block. */
const MOST_IN_ONE_CALL = 32;

/** Somebody else was faster. */
const OUTRUN = new Set(["UnitNotFree", "Outrun"]);

const NOT_POOR = { until: -Infinity, ended: 0 };

/** What a taker chooses by. */
export interface TakerParts extends Omit<PreparerParts, "batches"> {
  readonly stake: Stake;
  readonly window: ClaimWindow;
  /** Called when a claim is made. */
  readonly wake: () => void;
}

/**
 * Chooses work by the provider's rules, and claims it once its data lies here and is right: several units in one transaction, and the next ones while that is on its way. It never claims more
 * than can be committed in time beside all that is claimed already, nor more than fits into memory.
 */
export class UnitTaker {
  readonly #context: UnitContext;
  readonly #parts: TakerParts;
  readonly #signal: AbortSignal;
  readonly #batches = new Set<Batch>();
  readonly #preparer: Preparer;
  readonly #tasks = new Set<Promise<void>>();
  #claimCollateral: bigint | undefined;
  #choosing = false;
  #failures = 0;
  #notBefore = -Infinity;
  /** Until then the stake does not suffice, as long as none of this account's claims ends. */
  #poor = NOT_POOR;
  #fatal: { readonly error: unknown } | undefined;

  constructor(context: UnitContext, parts: TakerParts, signal: AbortSignal) {
    this.#context = context;
    this.#parts = parts;
    this.#signal = signal;
    this.#preparer = new Preparer(context, { ...parts, batches: this.#batches }, signal);
  }

  /** Units whose claim is on its way. */
  get claiming(): number {
    return [...this.#batches].reduce((sum, { units }) => sum + units.length, 0);
  }

  /** Nothing is chosen or claimed now. */
  get isIdle(): boolean {
    return !this.#choosing && this.#batches.size === 0;
  }

  /**
   * Looks for units to claim, unless it does so already.
   * @param mayTake how many more may be taken; asked again before anything is signed
   * @throws what ends the work
   */
  look(state: MarketState, mayTake: () => number): void {
    if (this.#fatal !== undefined) throw this.#fatal.error;
    const isEarly = monotonic(this.#context.clock) < this.#notBefore;
    if (this.#choosing || isEarly || this.#signal.aborted || this.#room(mayTake()) === 0) return;
    this.#choosing = true;
    this.#run(async () => {
      try {
        await this.#choose(state, mayTake);
      } finally {
        this.#choosing = false;
      }
    });
  }

  /** Resolves when nothing is under way any more; the signal must have been aborted. */
  async ended(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.allSettled(this.#tasks);
  }

  /** Runs beside everything else; what fails for now is tried again after a pause. */
  #run(work: () => Promise<void>): void {
    const task = work()
      .then(
        () => {
          this.#failures = 0;
        },
        (error: unknown) => this.#failed(error),
      )
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }

  #failed(error: unknown): void {
    if (this.#signal.aborted) return;
    if (!(error instanceof OrionError) || !error.retryable) {
      this.#fatal ??= { error };
      this.#parts.wake();
      return;
    }
    this.#failures++;
    const { clock, log } = this.#context;
    const first = this.#parts.rules.intervalMs ?? DEFAULT_INTERVAL_MS;
    this.#notBefore = monotonic(clock) + growingPause(this.#failures, first, LONGEST_PAUSE_MS);
    log.warn({ code: error.code, hint: error.hint, failures: this.#failures }, error.message);
  }

  /** How many units may be claimed now. */
  #room(mayTake: number): number {
    const { claims, window } = this.#parts;
    return Math.max(0, Math.min(mayTake, MOST_IN_ONE_CALL, window.room(claims.waiting + this.claiming)));
  }

  /** Claims units of the best job that has some. */
  async #choose(state: MarketState, mayTake: () => number): Promise<void> {
    const lowest = (this.#claimCollateral ??= await this.#readClaimCollateral());
    const jobs = [...state.jobs.values()]
      .filter((job) => this.#mayTake(job, lowest) && this.#preparer.hasSome(job))
      .sort(byPrice);
    if (jobs.length === 0 || this.#isPoor(state)) return;
    // What is on its way now may, or may not, be locked by the time of the answer.
    const locking = [...this.#batches].map(({ job, units }) => BigInt(units.length) * job.terms.collateralPerClaim);
    const free = locking.reduce((left, lock) => left - lock, await this.#parts.stake.free());
    let isPoor = true;
    for (const job of jobs) {
      const lock = job.terms.collateralPerClaim;
      if (lock > free) continue;
      isPoor = false;
      const most = Number(free / lock < MOST_IN_ONE_CALL ? free / lock : MOST_IN_ONE_CALL);
      const taken = await this.#take(job, () => Math.min(most, this.#room(mayTake())));
      if (taken === "refused" || taken === "opening") continue;
      if (taken === "wait") this.#notBefore = monotonic(this.#context.clock) + WAIT_MS;
      return;
    }
    if (!isPoor) return;
    this.#poor = { until: monotonic(this.#context.clock) + STAKE_LOOK_MS, ended: endedClaims(state) };
  }

  async #readClaimCollateral(): Promise<bigint> {
    const { chain } = this.#context;
    return (await reading(chain, () => chain.contracts.market.collateralBounds())).perClaim;
  }

  #isPoor(state: MarketState): boolean {
    return monotonic(this.#context.clock) < this.#poor.until && endedClaims(state) === this.#poor.ended;
  }

  #mayTake(job: JobRecord, claimCollateral: bigint): boolean {
    const { refusals, rules } = this.#parts;
    if (job.cancelled || job.manifests.length === 0 || job.units.freeCount === 0 || refusals.has(job)) return false;
    const reason = refusal(job, rules, claimCollateral);
    if (reason !== undefined) refusals.add(job, undefined, reason, "for ever");
    return reason === undefined;
  }

  /** Prepares and claims units of one job. */
  async #take(job: JobRecord, room: () => number): Promise<"taken" | Unprepared> {
    const batch = await this.#pinned(job, () => this.#preparer.prepare(job, room));
    if (typeof batch === "string") return batch;
    this.#batches.add(batch);
    this.#run(() => this.#pinned(job, () => this.#claim(batch)));
    return "taken";
  }

  /** Keeps the job open meanwhile. Nothing of a job that is refused then is kept. */
  async #pinned<T>(job: JobRecord, work: () => Promise<T>): Promise<T> {
    const { sessions, refusals } = this.#parts;
    const unpin = sessions.pin(job.jobId);
    try {
      return await work();
    } finally {
      unpin();
      if (refusals.has(job)) await sessions.drop(job.jobId);
    }
  }

  async #claim(batch: Batch): Promise<void> {
    const { job, units } = batch;
    try {
      if (this.#signal.aborted) throw new AbortedError("stopped before anything was claimed");
      const { claimed, block } = await claimUnits(
        this.#context,
        job,
        units.map(({ unit }) => unit),
      );
      for (const [i, { inputs }] of units.entries()) {
        this.#parts.claims.add({ job, unit: claimed[i] as UnitRecord, inputs }, block);
      }
      this.#parts.wake();
    } catch (error) {
      if (!(error instanceof RevertError)) throw error;
      this.#poor = NOT_POOR;
      if (OUTRUN.has(error.revert)) {
        this.#preparer.outrun(job, outrunIn(error, batch));
        // Others may still be free: the loop looks again, at what the chain shows now.
        await this.#context.follower.sync(this.#context.sender.lastBlock);
        this.#parts.wake();
        return;
      }
      // No money for gas, a pause, a stake that was withdrawn: it may pass.
      this.#parts.window.shrink();
      this.#parts.refusals.add(job, undefined, error.message, REFUSED_FOR_MS);
    } finally {
      this.#batches.delete(batch);
    }
  }
}

/** The unit that the refusal names, otherwise all of the batch. */
function outrunIn({ revert, values }: RevertError, { units }: Batch): number[] {
  return revert === "UnitNotFree" ? [Number(values[1])] : units.map(({ unit }) => unit.index);
}

/** Claims that have ended, of whomever: a number that changes when stake may have become free. */
function endedClaims(state: MarketState): number {
  return [...state.jobs.values()].reduce((sum, job) => sum + job.payments.length + job.penalties.length, 0);
}
