import { bringHome, endByTimeout, forfeit, pursue } from "@orion/protocol/challenge";
import { activeKeys, isFinished, type JobRecord, type MarketState, type UnitRecord } from "@orion/protocol/chain";
import { createLoop, monotonic, type Service } from "@orion/protocol/common";
import { DEMANDED, DisputeReader, openDemands, PrepaymentCollector, subjectOf } from "@orion/protocol/disputes";

import { backlogTeller } from "./backlog-teller.ts";
import { CheckedClaims, type Checked } from "./checked-claims.ts";
import { ClaimComputer } from "./claim-computer.ts";
import { ClaimPreparer, PATIENCE_PART_OF_WINDOW, type CommittedClaim } from "./claim-preparer.ts";
import type { Backlog, Waiting } from "./queue.ts";
import type { ValidatorContext } from "./validator-context.ts";

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

const COLLECT_INTERVAL_MS = 2_000;
const OVERDUE_INTERVAL_MS = 2_000;

/**
 * Recomputes the claims of others and ends the wrong ones: by one proof where everything is published, by demands where it is withheld. One queue holds the claims of all jobs. Keeps nothing but what it computed; everything else is read from the chain at
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
  readonly #stop: AbortSignal;
  readonly #claims: CheckedClaims;
  readonly #preparer: ClaimPreparer;
  readonly #computer: ClaimComputer;
  readonly #reader: DisputeReader;
  readonly #prepayments: PrepaymentCollector;
  readonly #tell: (waiting: readonly Waiting[]) => void;

  constructor(context: ValidatorContext, options: ValidatorOptions, stop: AbortSignal) {
    this.#context = context;
    this.#stop = stop;
    this.#claims = new CheckedClaims(context, options.rate);
    this.#tell = backlogTeller(context, options.onBacklog);
    this.#reader = new DisputeReader(context.chain);
    const committed = (): CommittedClaim[] => this.#committed(context.follower.state);
    const parts = { claims: this.#claims, committed, stop };
    this.#preparer = new ClaimPreparer(context, options, { ...parts, reader: this.#reader });
    this.#computer = new ClaimComputer(context, options, parts);
    this.#prepayments = new PrepaymentCollector(context, DEMANDED, "validator");
  }

  /** One look at the market; starts what is to be done and does not wait for it. */
  async tick(): Promise<void> {
    this.#claims.throwBug();
    const { follower, sender } = this.#context;
    const state = await follower.sync(sender.lastBlock);
    const committed = this.#committed(state);
    this.#forgetOthers(state);
    for (const [job, unit] of committed) this.#advance(job, unit);
    this.#preparer.start(committed);
    this.#computer.start(committed);
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
    this.#preparer.dispose();
    this.#claims.throwBug();
  }

  #committed(state: MarketState): CommittedClaim[] {
    const { address } = this.#context.sender;
    return [...state.jobs.values()].flatMap((job) =>
      job.units
        .active()
        .filter(({ status, worker }) => status === "committed" && worker !== address)
        .map((unit): CommittedClaim => [job, unit]),
    );
  }

  /** Starts whatever comes next for a claim, except what waits for its turn: preparing and computing. */
  #advance(job: JobRecord, unit: UnitRecord): void {
    const checked = this.#claims.of(unit.key);
    if (!this.#claims.isReady(checked)) return;
    const { time } = this.#context.follower;
    if (checked.state !== "wrong" && unit.windowEnd < time && monotonic(this.#context.clock) >= checked.overdueAt) {
      checked.overdueAt = monotonic(this.#context.clock) + OVERDUE_INTERVAL_MS;
      void this.#claims.start(checked, () => this.#endOverdue(checked, job, unit));
      return;
    }
    switch (checked.state) {
      case "wrong":
        void this.#claims.start(checked, () => this.#pursue(checked, job, unit));
        return;
      case "ready":
        if (this.#isTimeForTop(checked, unit)) {
          void this.#claims.start(checked, () => this.#seeOutputs(checked, job, unit));
        }
        return;
      default:
    }
  }

  /** Whether a worker that has published nothing is asked for its outputs: after a tenth of the window. */
  #isTimeForTop({ check, firstSeen }: Checked, unit: UnitRecord): boolean {
    if (check === undefined || check.isComparable) return false;
    const { time } = this.#context.follower;
    return time - firstSeen >= (unit.windowEnd - firstSeen) * PATIENCE_PART_OF_WINDOW;
  }

  async #seeOutputs(checked: Checked, job: JobRecord, unit: UnitRecord): Promise<void> {
    const { check } = checked;
    if (check === undefined || (await this.#preparer.lookForPublished(check, unit))) return;
    const progress = await check.demandTop(this.#context);
    if (progress === "moved") this.#prepaid(job, unit);
    if (progress === "over") await this.#forfeit(checked, job, unit);
    if (progress === "nothing" && check.isContradicted) checked.state = "wrong";
  }

  /** Steps until somebody else has to move. */
  async #pursue(checked: Checked, job: JobRecord, unit: UnitRecord): Promise<void> {
    const { check } = checked;
    if (check === undefined) return;
    const progress = await pursue(this.#context, check.pursuit, this.#stop, () => this.#prepaid(job, unit));
    if (progress === "late") {
      checked.state = "late";
      this.#context.log.error({ key: unit.key }, "a wrong claim can no longer be challenged: its window has passed");
    }
    if (progress === "over") await this.#forfeit(checked, job, unit);
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

  #tellBacklog(committed: readonly CommittedClaim[]): void {
    const secondsOf = ({ terms }: JobRecord): number => this.#computer.expected(terms.workPerShard);
    this.#tell([...this.#computer.waiting(committed), ...this.#preparer.waiting(committed, secondsOf)]);
  }

  #forgetOthers(state: MarketState): void {
    this.#claims.keepOnly(activeKeys(state));
    const active = new Set(
      [...state.jobs.values()].filter((job) => job.units.active().length > 0).map((job) => job.jobId),
    );
    // A unit that falls is claimed again: what is known of its job's list holds until the job is over.
    const open = new Set([...state.jobs.values()].filter((job) => !isFinished(job)).map(({ jobId }) => jobId));
    this.#preparer.keepOnly(active, open);
    this.#computer.keepOnly(active);
  }
}
