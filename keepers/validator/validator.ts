import { chainNow, isFinished, type JobRecord, type UnitRecord } from "@orion/protocol/chain";
import { createLoop, fromHex, OrionError, type Service, timeLimit, toHex } from "@orion/protocol/common";
import {
  claimShape,
  KnownClaim,
  PrepaymentCollector,
  prepaidKeys,
  readDisputes,
  type DemandRecord,
} from "@orion/protocol/disputes";
import { openJobSession, traceUnit, UnitTrace, type JobSession } from "@orion/protocol/jobs";
import type { Backend } from "@orion/protocol/kernels";

import { createJobService } from "../job-service.ts";
import { challengeStep, endByTimeout, type ChallengeContext, type Pursuit } from "./challenge.ts";
import { forfeit } from "./forfeit.ts";
import { learnPublished } from "./published.ts";
import { isSampled } from "./sampling.ts";

export interface ValidatorContext extends ChallengeContext {
  readonly backend: Backend;
}

export interface ValidatorOptions {
  readonly intervalMs?: number;
  /** Share of the claims that are recomputed, 0 to 1; which ones, nobody can foresee. */
  readonly rate?: number;
  /** Refuse programs that need more memory than this. */
  readonly maxMemoryBytes?: bigint;
}

const DEFAULT_MAX_MEMORY_BYTES = 2n ** 31n;
/** Longest wait for what a worker published. A withholder's content never comes, and the window does not wait. */
const PUBLISHED_TIMEOUT_MS = 10_000;
/** Of what is left of the window, this part at most is spent on that wait. */
const PUBLISHED_PART_OF_WINDOW = 0.25;

const COLLECT_INTERVAL_MS = 2_000;
/** After a failure a claim is left alone for a time that doubles; a window does not wait long. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

/** What contradicts a claim. The own values themselves are not kept: wrong claims must not fill the memory. */
interface Contradiction extends Pick<Pursuit, "known"> {
  readonly nodeRoots: UnitTrace["nodeRoots"];
  outrun: boolean;
}

/** What became of a claim: right, wrong but past its window, or what contradicts it. */
type Verdict = "right" | "late" | Contradiction;

/**
 * Recomputes the claims of others and ends the wrong ones: by one proof where everything is published, by demands where it is withheld. Keeps
 * nothing but what it computed; everything else is read from the chain at each step.
 */
export function createValidator(context: ValidatorContext, options: ValidatorOptions = {}): Service {
  const validator = new Validator(context, options);
  const service = createJobService(context, {
    name: "validator",
    intervalMs: options.intervalMs ?? 1_000,
    select: (jobs) => jobs.filter((job) => validator.isWanted(job)),
    serve: (job, signal) => validator.serve(job, signal),
  });
  const { clock, log } = context;
  const collector = createLoop({
    name: "validator-prepayments",
    clock,
    log,
    intervalMs: COLLECT_INTERVAL_MS,
    tick: () => validator.collect(),
  });
  return {
    name: service.name,
    async run(signal) {
      const ending = new AbortController();
      const both = AbortSignal.any([signal, ending.signal]);
      const runs = [service, collector].map((part) => part.run(both).finally(() => ending.abort()));
      await Promise.allSettled(runs);
      validator.dispose();
      await Promise.all(runs);
    },
  };
}

class Validator {
  readonly #context: ValidatorContext;
  readonly #options: ValidatorOptions;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #sessions = new Map<string, JobSession>();
  readonly #prepayments: PrepaymentCollector;
  /** Claims that failed to be checked, and when they are tried again. */
  readonly #aside = new Map<string, { readonly until: number; readonly failures: number }>();

  constructor(context: ValidatorContext, options: ValidatorOptions) {
    this.#context = context;
    this.#options = options;
    this.#prepayments = new PrepaymentCollector(context.chain, context.sender, prepaidKeys);
  }

  isWanted(job: JobRecord): boolean {
    return this.#toCheck(job).length > 0 || this.#overdue(job).length > 0;
  }

  async serve(job: JobRecord, signal: AbortSignal): Promise<void> {
    for (const unit of this.#overdue(job)) await this.#attempt(unit, () => this.#endOverdue(job, unit));
    const open = this.#toCheck(job);
    const session = open.length === 0 ? undefined : await this.#sessionOf(job, signal);
    for (const unit of open) {
      if (signal.aborted || session === undefined) return;
      await this.#attempt(unit, () => this.#check(job, unit, session, signal));
    }
    const active = new Set(job.units.active().map(({ key }) => key));
    if (isFinished(job) || active.size === 0) this.#close(job);
  }

  /** Takes home what was prepaid on claims that are over. */
  async collect(): Promise<void> {
    const { follower, sender, log } = this.#context;
    const { jobs } = await follower.sync(sender.lastBlock);
    const active = new Set([...jobs.values()].flatMap((job) => job.units.active().map(({ key }) => key)));
    try {
      const wei = await this.#prepayments.collect((key) => active.has(key));
      if (wei > 0n) log.info({ wei: wei.toString() }, "prepayments are back");
    } catch (error) {
      if (!(error instanceof OrionError) || error.code === "ABORTED") throw error;
      log.warn({ code: error.code }, `prepayments stay with the judge for now: ${error.message}`);
    }
  }

  dispose(): void {
    for (const session of this.#sessions.values()) session.dispose();
    this.#sessions.clear();
  }

  /** Claims of others that are to be recomputed, or pursued; the window that ends first comes first. */
  #toCheck(job: JobRecord): UnitRecord[] {
    return this.#committed(job)
      .filter(({ key }) => !this.#isDone(key) && this.#isSampled(key))
      .sort((a, b) => a.windowEnd - b.windowEnd);
  }

  /** Claims that are not pursued, but not settled either long after their window: perhaps a demand of somebody else was not answered. */
  #overdue(job: JobRecord): UnitRecord[] {
    const { time } = this.#context.follower;
    return this.#committed(job).filter(
      ({ key, windowEnd }) => windowEnd < time && (this.#isDone(key) || !this.#isSampled(key)),
    );
  }

  #committed(job: JobRecord): UnitRecord[] {
    const { sender, clock } = this.#context;
    const isAside = (key: string): boolean => clock.now() < (this.#aside.get(key)?.until ?? 0);
    return job.units
      .active()
      .filter(({ key, status, worker }) => status === "committed" && worker !== sender.address && !isAside(key));
  }

  #isDone(key: string): boolean {
    const verdict = this.#verdicts.get(key);
    return verdict === "right" || verdict === "late";
  }

  #isSampled(key: string): boolean {
    return isSampled(this.#context.sealSecret, key, this.#options.rate ?? 1);
  }

  /** One claim that makes trouble must not keep the others of its job from being checked. */
  async #attempt(unit: UnitRecord, work: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#context;
    try {
      await work();
      this.#aside.delete(unit.key);
    } catch (error) {
      if (!(error instanceof OrionError) || error.code === "ABORTED") throw error;
      const failures = (this.#aside.get(unit.key)?.failures ?? 0) + 1;
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
      this.#aside.set(unit.key, { until: clock.now() + pause, failures });
      log.warn({ key: unit.key, code: error.code, failures }, `a claim cannot be checked for now: ${error.message}`);
    }
  }

  async #check(job: JobRecord, unit: UnitRecord, session: JobSession, signal: AbortSignal): Promise<void> {
    const { sha256 } = this.#context;
    const { program } = session.loaded;
    const verdict = this.#verdicts.get(unit.key);
    if (typeof verdict === "object") {
      const own = new UnitTrace(session, unit.from, verdict.nodeRoots, await session.slotRoots(), sha256);
      return this.#pursue({ job, unit, program, own, ...verdict }, verdict, signal);
    }
    const own = await traceUnit(session, unit, { sha256, signal });
    const isRight = toHex(own.tree.root) === unit.claimRoot;
    if (isRight) this.#verdicts.set(unit.key, "right");
    const found = { key: unit.key, unit: unit.index, worker: unit.worker };
    if (isRight) this.#context.log.debug(found, "the claim is right");
    else this.#context.log.warn(found, "the claim is wrong");
    this.#context.step?.("validator:checked");
    if (isRight) return;
    const known = new KnownClaim(claimShape(program, unit.to - unit.from), fromHex(unit.claimRoot, 32), sha256);
    await learnPublished(this.#context, known, unit, program, own, await this.#patience(unit, signal));
    const contradiction: Contradiction = { known, nodeRoots: own.nodeRoots, outrun: false };
    this.#verdicts.set(unit.key, contradiction);
    return this.#pursue({ job, unit, program, own, known }, contradiction, signal);
  }

  /** How long what was published is waited for. */
  async #patience(unit: UnitRecord, signal: AbortSignal): Promise<AbortSignal> {
    const left = 1_000 * (unit.windowEnd - (await chainNow(this.#context.chain)));
    const most = Math.max(500, Math.min(PUBLISHED_TIMEOUT_MS, left * PUBLISHED_PART_OF_WINDOW));
    return timeLimit(most, signal);
  }

  /** Steps until somebody else has to move. */
  async #pursue(pursuit: Pursuit, contradiction: Contradiction, signal: AbortSignal): Promise<void> {
    const { job, unit } = pursuit;
    while (!signal.aborted) {
      const progress = await challengeStep(this.#context, pursuit);
      contradiction.outrun = pursuit.outrun === true;
      if (progress === "moved") {
        this.#prepayments.add(unit.key, job.postedAtBlock);
        continue;
      }
      if (progress === "late") {
        this.#verdicts.set(unit.key, "late");
        this.#context.log.error({ key: unit.key }, "a wrong claim can no longer be challenged: its window has passed");
      }
      if (progress === "over") await this.#forfeit(job, unit);
      return;
    }
  }

  async #endOverdue(job: JobRecord, unit: UnitRecord): Promise<void> {
    const { chain } = this.#context;
    const dispute = (await readDisputes(chain, [unit.key], job.postedAtBlock)).of(
      chain.network.addresses.market,
      unit.key,
    );
    const now = await chainNow(chain);
    const isOverdue = (d: DemandRecord): boolean => d.answer === undefined && !d.timedOut && d.deadline < now;
    const overdue = [...(dispute?.demands.values() ?? [])].find(isOverdue);
    if (dispute?.fallen !== true && overdue === undefined) return;
    if (dispute?.fallen !== true && overdue !== undefined) {
      await endByTimeout(this.#context, { chain, unit }, overdue.subject);
    }
    await this.#forfeit(job, unit);
  }

  async #forfeit(job: JobRecord, unit: UnitRecord): Promise<void> {
    await forfeit(this.#context, job, unit);
    this.#verdicts.delete(unit.key);
  }

  async #sessionOf(job: JobRecord, signal: AbortSignal): Promise<JobSession> {
    const known = this.#sessions.get(job.jobId);
    if (known !== undefined) return known;
    const { backend, follower } = this.#context;
    const maxMemoryBytes = this.#options.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES;
    const manifests = (): JobRecord["manifests"] => follower.state.jobs.get(job.jobId)?.manifests ?? [];
    const session = await openJobSession(this.#context, job, { backend, signal, maxMemoryBytes, manifests });
    this.#sessions.set(job.jobId, session);
    return session;
  }

  #close(job: JobRecord): void {
    this.#sessions.get(job.jobId)?.dispose();
    this.#sessions.delete(job.jobId);
    const keys = new Set(
      [...this.#context.follower.state.jobs.values()].flatMap((j) => j.units.active().map((u) => u.key)),
    );
    for (const key of this.#verdicts.keys()) if (!keys.has(key)) this.#verdicts.delete(key);
    for (const key of this.#aside.keys()) if (!keys.has(key)) this.#aside.delete(key);
  }
}
