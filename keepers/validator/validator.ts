import {
  Admissions,
  bringHome,
  challengeStep,
  ClaimCheck,
  endByTimeout,
  forfeit,
  type ChallengeContext,
  type ShardCache,
} from "@orion/protocol/challenge";
import {
  activeKeys,
  chainNow,
  isFinished,
  type JobRecord,
  type MarketState,
  type UnitRecord,
} from "@orion/protocol/chain";
import { createLoop, monotonic, timeLimit, type Service } from "@orion/protocol/common";
import { DisputeReader, openDemands, PrepaymentCollector, prepaidClaims, subjectOf } from "@orion/protocol/disputes";
import type { WorkTally } from "@orion/protocol/jobs";
import type { Backend, Compute } from "@orion/protocol/kernels";

import { backlogTeller } from "./backlog-teller.ts";
import { CheckedClaims, type Checked } from "./checked-claims.ts";
import { CheckedJobs } from "./checked-jobs.ts";
import { nextClaim, type Backlog, type Waiting } from "./queue.ts";

export interface ValidatorContext extends ChallengeContext {
  readonly backend: Backend | Compute;
  readonly tally?: WorkTally;
}

export interface ValidatorOptions {
  readonly intervalMs?: number;
  /** Share of the claims that are recomputed, 0 to 1; which ones, nobody can foresee. */
  readonly rate?: number;
  /** Refuse programs that need more memory than this. */
  readonly maxMemoryBytes?: bigint;
  /** Most seconds of computing that one claim gets; ten minutes unless given. */
  readonly maxSecondsPerClaim?: number;
  /** Told at each look how much is waiting. */
  readonly onBacklog?: (backlog: Backlog) => void;
}

const DEFAULT_MAX_SECONDS_PER_CLAIM = 600;
/** Of the window, what passes before a worker that has published nothing is asked for its outputs on chain. */
const PATIENCE_PART_OF_WINDOW = 0.1;
/** Longest single look for what a worker published. */
const PUBLISHED_TIMEOUT_MS = 10_000;
/** Claims whose content is fetched at the same time. */
const MOST_PREPARING = 4;
const COLLECT_INTERVAL_MS = 2_000;
const OVERDUE_INTERVAL_MS = 2_000;

/**
 * Recomputes the claims of others and ends the wrong ones: by one proof where everything is published, by demands where it is withheld. One queue holds the claims of all jobs; a shard is
 * computed at a time, so that no claim, however large, holds up the others for longer than that. Keeps nothing but what it computed; everything else is read from the chain at
 * each step.
 */
export function createValidator(context: ValidatorContext, options: ValidatorOptions = {}): Service {
  const { clock, log } = context;
  return {
    name: "validator",
    async run(signal) {
      const ending = new AbortController();
      const stop = AbortSignal.any([signal, ending.signal]);
      const validator = new Validator(context, options, stop);
      const loop = createLoop({
        name: "validator",
        clock,
        log,
        intervalMs: options.intervalMs ?? 1_000,
        tick: () => validator.tick(),
      });
      const collector = createLoop({
        name: "validator-prepayments",
        clock,
        log,
        intervalMs: COLLECT_INTERVAL_MS,
        tick: () => validator.collect(),
      });
      const runs = [loop, collector].map((part) => part.run(stop).finally(() => ending.abort()));
      await Promise.allSettled(runs);
      await validator.end();
      await Promise.all(runs);
    },
  };
}

class Validator {
  readonly #context: ValidatorContext;
  readonly #options: ValidatorOptions;
  readonly #stop: AbortSignal;
  readonly #claims: CheckedClaims;
  readonly #jobs: CheckedJobs;
  readonly #admissions: Admissions;
  /** Jobs of which it was said that this account may not demand of their claims. */
  readonly #closed = new Set<string>();
  readonly #reader: DisputeReader;
  readonly #cache: ShardCache = new Map();
  readonly #prepayments: PrepaymentCollector;
  readonly #tell: (waiting: readonly Waiting[]) => void;
  #computing = false;

  constructor(context: ValidatorContext, options: ValidatorOptions, stop: AbortSignal) {
    this.#context = context;
    this.#options = options;
    this.#stop = stop;
    this.#claims = new CheckedClaims(context, options.rate);
    this.#tell = backlogTeller(context, options.onBacklog);
    this.#jobs = new CheckedJobs(context, options, stop);
    this.#admissions = new Admissions(context, stop);
    this.#reader = new DisputeReader(context.chain);
    this.#prepayments = new PrepaymentCollector(context.chain, context.sender, prepaidClaims);
  }

  /** One look at the market; starts what is to be done and does not wait for it. */
  async tick(): Promise<void> {
    this.#claims.throwBug();
    const { follower, sender } = this.#context;
    const state = await follower.sync(sender.lastBlock);
    const committed = this.#committed(state);
    this.#forgetOthers(state);
    for (const [job, unit] of committed) this.#advance(job, unit);
    this.#startComputing(committed);
    this.#tellBacklog(committed);
  }

  /** Takes home what was prepaid on claims that are over. */
  async collect(): Promise<void> {
    const { follower, sender, log } = this.#context;
    await bringHome(this.#prepayments, await follower.sync(sender.lastBlock), log);
  }

  /** Waits for what is under way, and closes everything. */
  async end(): Promise<void> {
    await this.#claims.ended();
    this.#jobs.dispose();
    this.#claims.throwBug();
  }

  #committed(state: MarketState): [JobRecord, UnitRecord][] {
    const { address } = this.#context.sender;
    return [...state.jobs.values()].flatMap((job) =>
      job.units
        .active()
        .filter(({ status, worker }) => status === "committed" && worker !== address)
        .map((unit): [JobRecord, UnitRecord] => [job, unit]),
    );
  }

  /** Starts whatever comes next for a claim, except computing. */
  #advance(job: JobRecord, unit: UnitRecord): void {
    const checked = this.#claims.of(unit.key);
    if (!this.#claims.isReady(checked)) return;
    const { time } = this.#context.follower;
    if (checked.state !== "wrong" && unit.windowEnd < time && monotonic(this.#context.clock) >= checked.overdueAt) {
      checked.overdueAt = monotonic(this.#context.clock) + OVERDUE_INTERVAL_MS;
      this.#claims.start(checked, () => this.#endOverdue(checked, job, unit));
      return;
    }
    switch (checked.state) {
      case "new":
        if (this.#claims.preparing < MOST_PREPARING) {
          this.#claims.start(checked, () => this.#prepare(checked, job, unit));
        }
        return;
      case "wrong":
        this.#claims.start(checked, () => this.#pursue(checked, job, unit));
        return;
      case "ready":
        if (this.#isTimeForTop(checked, unit)) this.#claims.start(checked, () => this.#seeOutputs(checked, job, unit));
        return;
      default:
    }
  }

  /** Fetches what a claim is checked with: the job's content, and what the worker published. */
  async #prepare(checked: Checked, job: JobRecord, unit: UnitRecord): Promise<void> {
    const admission = await this.#admissions.of(job, unit);
    if (admission === undefined) {
      // Computing would be in vain; demands of others that are not answered are still seen to.
      checked.state = "given up";
      this.#tellClosed(job);
      return;
    }
    const session = await this.#jobs.of(job, unit);
    checked.check ??= new ClaimCheck(this.#context, session, job, unit, {
      reader: this.#reader,
      signal: this.#stop,
      admission,
      cache: this.#cache,
    });
    await this.#lookForPublished(checked.check, unit);
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

  async #lookForPublished(check: ClaimCheck, unit: UnitRecord): Promise<boolean> {
    const left = 1_000 * (unit.windowEnd - (await chainNow(this.#context.chain)));
    const most = Math.max(500, Math.min(PUBLISHED_TIMEOUT_MS, left * PATIENCE_PART_OF_WINDOW));
    return check.lookForPublished(this.#context, timeLimit(most, this.#stop));
  }

  /** Whether a worker that has published nothing is asked for its outputs: after a tenth of the window. */
  #isTimeForTop({ check, firstSeen }: Checked, unit: UnitRecord): boolean {
    if (check === undefined || check.isComparable) return false;
    const { time } = this.#context.follower;
    return time - firstSeen >= (unit.windowEnd - firstSeen) * PATIENCE_PART_OF_WINDOW;
  }

  async #seeOutputs(checked: Checked, job: JobRecord, unit: UnitRecord): Promise<void> {
    const { check } = checked;
    if (check === undefined || (await this.#lookForPublished(check, unit))) return;
    const progress = await check.demandTop(this.#context);
    if (progress === "moved") this.#prepaid(job, unit);
    if (progress === "over") await this.#forfeit(checked, job, unit);
    if (progress === "nothing" && check.isContradicted) checked.state = "wrong";
  }

  #startComputing(committed: readonly [JobRecord, UnitRecord][]): void {
    if (this.#computing) return;
    const next = nextClaim(this.#waiting(committed), this.#context.follower.time);
    const checked = next === undefined ? undefined : this.#claims.get(next.key);
    if (checked?.check === undefined) return;
    this.#computing = true;
    this.#claims.start(checked, async () => {
      try {
        await this.#computeOne(checked);
      } finally {
        this.#computing = false;
      }
      // The next shard does not wait for the next look.
      if (!this.#stop.aborted) this.#startComputing(this.#committed(this.#context.follower.state));
    });
  }

  #waiting(committed: readonly [JobRecord, UnitRecord][]): Waiting[] {
    return committed.flatMap(([job, unit]) => {
      const checked = this.#claims.of(unit.key);
      if (checked.state !== "ready" || checked.check === undefined || !this.#claims.isReady(checked)) return [];
      const { check, key } = checked;
      const { windowEnd } = unit;
      const secondsPerShard = check.secondsPerShard ?? this.#expected(job);
      return [{ key, windowEnd, done: check.done, left: check.left, secondsPerShard }];
    });
  }

  #expected(job: JobRecord): number {
    return Number(job.terms.workPerShard) / this.#context.backend.macsPerSecond;
  }

  async #computeOne(checked: Checked): Promise<void> {
    const { check } = checked;
    if (check === undefined) return;
    const { log, step } = this.#context;
    const start = performance.now();
    const most = this.#options.maxSecondsPerClaim ?? DEFAULT_MAX_SECONDS_PER_CLAIM;
    const limit = timeLimit(Math.ceil(1_000 * Math.max(1, most - checked.spent)), this.#stop);
    const found = { key: checked.key, unit: check.unit.index, worker: check.unit.worker };
    try {
      const verdict = await check.checkOne(limit);
      if (verdict === "open") return;
      checked.state = verdict;
      if (verdict === "right") log.debug(found, "the claim is right");
      else log.warn(found, "the claim is wrong");
      step?.("validator:checked");
    } catch (error) {
      if (!limit.aborted || this.#stop.aborted) throw error;
      checked.state = "given up";
      log.error(found, `the claim is not guarded: it takes more than the ${String(most)} s that one may take here`);
    } finally {
      checked.spent += (performance.now() - start) / 1_000;
    }
  }

  /** Steps until somebody else has to move. */
  async #pursue(checked: Checked, job: JobRecord, unit: UnitRecord): Promise<void> {
    const { check } = checked;
    while (check !== undefined && !this.#stop.aborted) {
      const progress = await challengeStep(this.#context, check.pursuit);
      if (progress === "moved") {
        this.#prepaid(job, unit);
        continue;
      }
      if (progress === "late") {
        checked.state = "late";
        this.#context.log.error({ key: unit.key }, "a wrong claim can no longer be challenged: its window has passed");
      }
      if (progress === "over") await this.#forfeit(checked, job, unit);
      return;
    }
  }

  #prepaid(job: JobRecord, { key, from, to }: UnitRecord): void {
    this.#prepayments.add({ key, shards: { from, to }, sinceBlock: job.postedAtBlock });
  }

  /** Claims that are not pursued, but not settled either after their window: perhaps a demand of somebody else was not answered. */
  async #endOverdue(checked: Checked, job: JobRecord, unit: UnitRecord): Promise<void> {
    const { chain, follower } = this.#context;
    const { market } = chain.network.addresses;
    const disputes = await this.#reader.read([{ key: unit.key, sinceBlock: job.postedAtBlock }]);
    const dispute = disputes.of(market, unit.key);
    const overdue = openDemands(dispute).find(({ deadline }) => deadline < follower.time);
    if (dispute?.fallen !== true && overdue === undefined) return;
    if (dispute?.fallen !== true && overdue !== undefined) {
      const subject = subjectOf(overdue.what, { shards: unit.to - unit.from }, unit.from);
      await endByTimeout(this.#context, { chain, unit }, subject);
    }
    await this.#forfeit(checked, job, unit);
  }

  async #forfeit(checked: Checked, job: JobRecord, unit: UnitRecord): Promise<void> {
    await forfeit(this.#context, job, unit);
    checked.state = "late";
    this.#claims.forget(unit.key);
  }

  #tellBacklog(committed: readonly [JobRecord, UnitRecord][]): void {
    const unopened = committed
      .filter(([, { key }]) => this.#claims.of(key).state === "new")
      .map(([job, { key, windowEnd, from, to }]): Waiting => {
        return { key, windowEnd, done: 0, left: to - from, secondsPerShard: this.#expected(job) };
      });
    this.#tell([...this.#waiting(committed), ...unopened]);
  }

  #forgetOthers(state: MarketState): void {
    this.#claims.keepOnly(activeKeys(state));
    const active = new Set(
      [...state.jobs.values()].filter((job) => job.units.active().length > 0).map((job) => job.jobId),
    );
    this.#jobs.keepOnly(active);
    // A unit that falls is claimed again: what is known of its job's list holds until the job is over.
    const open = new Set([...state.jobs.values()].filter((job) => !isFinished(job)).map(({ jobId }) => jobId));
    this.#admissions.keepOnly(open);
    for (const jobId of this.#closed) if (!open.has(jobId)) this.#closed.delete(jobId);
  }
}
