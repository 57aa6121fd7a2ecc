import { reading, unitCollateral, type JobRecord, type MarketState, type UnitRecord } from "@orion/protocol/chain";
import { OrionError, RevertError } from "@orion/protocol/common";

import type { JobSession, ShardInputs } from "@orion/protocol/jobs";
import type { OpenClaim } from "./open-claims.ts";
import { Refusals } from "./refusals.ts";
import { byPrice, refusal, unitRefusal, type WorkerRules } from "./rules.ts";
import type { Sessions } from "./sessions.ts";
import { claimUnit, downloadUnit, type UnitContext } from "./unit-work.ts";

const REFUSED_FOR_MS = 10_000;

/** Somebody else was faster; the next look shows what is left. */
const OUTRUN = new Set(["UnitNotFree", "Outrun"]);

/** Chooses work by the provider's rules, and claims it once its data lies here and is right. */
export class UnitTaker {
  readonly #context: UnitContext;
  readonly #sessions: Sessions;
  readonly #rules: WorkerRules;
  readonly #signal: AbortSignal;
  readonly #refusals: Refusals;

  constructor(context: UnitContext, sessions: Sessions, rules: WorkerRules, signal: AbortSignal) {
    this.#context = context;
    this.#sessions = sessions;
    this.#rules = rules;
    this.#signal = signal;
    this.#refusals = new Refusals(context.clock, context.log);
  }

  /** Claims one unit of the best job that has one. */
  async takeOne(state: MarketState): Promise<OpenClaim | "outrun" | "nothing"> {
    const jobs = [...state.jobs.values()].filter((job) => this.#mayTake(job)).sort(byPrice);
    if (jobs.length === 0) return "nothing";
    const free = await this.#freeStake();
    for (const job of jobs) {
      // A random place to start keeps workers out of each other's way.
      const start = Math.floor(Math.random() * job.units.length);
      const fits = (unit: UnitRecord): boolean =>
        unitCollateral(job.terms, unit.index) <= free && !this.#refusals.has(job, unit.index);
      const unit = job.units.findFree(start, fits);
      if (unit === undefined) continue;
      const taken = await this.#take(job, unit);
      if (taken !== "refused") return taken;
    }
    return "nothing";
  }

  #mayTake(job: JobRecord): boolean {
    if (job.cancelled || job.manifests.length === 0 || job.units.freeCount === 0 || this.#refusals.has(job)) {
      return false;
    }
    const reason = refusal(job, this.#rules);
    if (reason !== undefined) this.#refusals.add(job, undefined, reason, Infinity);
    return reason === undefined;
  }

  /** ORION that a claim may lock; −1 where the account has not authorised the market. */
  async #freeStake(): Promise<bigint> {
    const { chain, sender, log } = this.#context;
    const { market } = chain.network.addresses;
    const account = await reading(chain, () => chain.contracts.registry.account(sender.address, market));
    if (!account.authorised) log.debug({ provider: sender.address }, "the market is not authorised to lock this stake");
    return account.authorised ? account.free : -1n;
  }

  async #take(job: JobRecord, unit: UnitRecord): Promise<OpenClaim | "outrun" | "refused"> {
    const session = await this.#openSession(job, unit);
    const inputs = session && (await this.#download(session, job, unit));
    if (session === undefined || inputs === undefined) return "refused";
    try {
      return { job, unit: await claimUnit(this.#context, job, unit), ready: { session, inputs } };
    } catch (error) {
      if (!(error instanceof RevertError)) throw error;
      if (OUTRUN.has(error.revert)) return "outrun";
      // No money for gas, a pause, a stake that was withdrawn: it may pass.
      this.#refusals.add(job, undefined, error.message, REFUSED_FOR_MS);
      return "refused";
    }
  }

  /** The session of a job whose units this machine can do; otherwise the job is refused. */
  async #openSession(job: JobRecord, { from, to }: UnitRecord): Promise<JobSession | undefined> {
    try {
      const session = await this.#sessions.of(job);
      const claimPeriod = await this.#sessions.claimPeriod(job);
      const reason = unitRefusal(session.loaded.facts, to - from, session.speed, claimPeriod, this.#rules);
      if (reason === undefined) return session;
      this.#refusals.add(job, undefined, reason, REFUSED_FOR_MS);
    } catch (error) {
      this.#refuse(job, undefined, error);
    }
    return undefined;
  }

  async #download(session: JobSession, job: JobRecord, unit: UnitRecord): Promise<ShardInputs[] | undefined> {
    try {
      return await downloadUnit(this.#context, session, unit, this.#signal);
    } catch (error) {
      this.#refuse(job, unit.index, error);
      return undefined;
    }
  }

  #refuse(job: JobRecord, unit: number | undefined, error: unknown): void {
    if (!(error instanceof OrionError) || error.code === "ABORTED") throw error;
    this.#refusals.add(job, unit, error.message, error.retryable ? REFUSED_FOR_MS : Infinity);
  }
}
