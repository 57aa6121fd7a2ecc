import { chainError, unitCollateral, type JobRecord, type MarketState, type UnitRecord } from "@orion/protocol/chain";
import { createLoop, OrionError, type Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";
import type { Backend } from "@orion/protocol/kernels";

import { openJobSession, type JobSession } from "./job-session.ts";
import { Journal } from "./journal.ts";
import { Payments } from "./payments.ts";
import type { WorkerProgress } from "./progress.ts";
import { byPrice, freeUnits, refusal, type WorkerRules } from "./rules.ts";
import { claimUnit, downloadUnit, finishUnit, type UnitContext } from "./unit-work.ts";

export interface WorkerContext extends ServiceContext {
  readonly backend: Backend;
  /** Folder of the journal; one per key. */
  readonly journalDir: string;
  readonly onProgress?: (progress: WorkerProgress) => void;
}

export interface Worker extends Service {
  /** Takes no new unit; `run` ends once the claims at hand are committed. */
  drain(): void;
}

/** Programs and kernels of so many jobs are kept ready. */
const SESSIONS = 2;
const REFUSED_FOR_MS = 30_000;

/** Watches the market, takes units by the provider's rules, computes and commits them. */
export function createWorker(context: WorkerContext, rules: WorkerRules = {}): Worker {
  const { clock, log, follower, sender, chain } = context;
  const sessions = new Map<string, JobSession>();
  const refused = new Map<string, number>();
  const payments = new Payments(context);
  let draining = false;
  let finished = 0;

  const sessionOf = async (job: JobRecord, signal: AbortSignal): Promise<JobSession> => {
    const known = sessions.get(job.jobId);
    if (known !== undefined) return known;
    for (const [jobId, session] of sessions) {
      if (sessions.size < SESSIONS) break;
      session.dispose();
      sessions.delete(jobId);
    }
    const limits = rules.maxMemoryBytes === undefined ? {} : { maxMemoryBytes: rules.maxMemoryBytes };
    const session = await openJobSession(context, job, { backend: context.backend, signal, ...limits });
    sessions.set(job.jobId, session);
    return session;
  };

  /** Claims that this account holds and has not committed, oldest deadline first. */
  const open = (state: MarketState): { job: JobRecord; unit: UnitRecord }[] =>
    [...state.jobs.values()]
      .flatMap((job) => job.units.map((unit) => ({ job, unit })))
      .filter(({ unit }) => unit.status === "claimed" && unit.worker === sender.address)
      .sort((a, b) => a.unit.deadline - b.unit.deadline);

  const finish = async (ready: UnitContext, job: JobRecord, unit: UnitRecord, signal: AbortSignal): Promise<void> => {
    await finishUnit(ready, await sessionOf(job, signal), job, unit, undefined, signal);
    finished++;
  };

  /** Claims and finishes one unit; false when there is nothing to take. */
  const takeOne = async (ready: UnitContext, state: MarketState, signal: AbortSignal): Promise<boolean> => {
    for (const job of [...state.jobs.values()].sort(byPrice)) {
      const free = freeUnits(job);
      if (free.length === 0 || (refused.get(job.jobId) ?? 0) > clock.now()) continue;
      const reason = refusal(job, rules);
      if (reason !== undefined) {
        refuse(job, reason, Infinity);
        continue;
      }
      // A random choice keeps workers out of each other's way.
      const unit = free[Math.floor(Math.random() * free.length)] as UnitRecord;
      if (!(await affordable(job, unit))) continue;
      if (await takeUnit(ready, job, unit, signal)) return true;
    }
    return false;
  };

  const takeUnit = async (ready: UnitContext, job: JobRecord, unit: UnitRecord, signal: AbortSignal): Promise<boolean> => {
    try {
      const session = await sessionOf(job, signal);
      const inputs = await downloadUnit(ready, session, unit, signal);
      await claimUnit(ready, job, unit);
      const fresh = (await follower.sync()).jobs.get(job.jobId);
      const mine = fresh?.units[unit.index];
      if (fresh === undefined || mine?.worker !== sender.address || mine.status !== "claimed") return true;
      await finishUnit(ready, session, fresh, mine, inputs, signal);
      finished++;
      return true;
    } catch (error) {
      if (!(error instanceof OrionError) || error.code === "ABORTED" || error.code === "SECOND_ROOT") throw error;
      if (error.code === "REVERT") {
        log.debug({ jobId: job.jobId, unit: unit.index }, error.message);
        return true;
      }
      refuse(job, error.message, error.retryable ? REFUSED_FOR_MS : Infinity);
      return false;
    }
  };

  const refuse = (job: JobRecord, reason: string, forMs: number): void => {
    refused.set(job.jobId, clock.now() + forMs);
    log.warn({ jobId: job.jobId }, `job not taken: ${reason}`);
  };

  const affordable = async (job: JobRecord, unit: UnitRecord): Promise<boolean> => {
    const account = await chain.contracts.registry.account(sender.address, chain.network.addresses.market).catch((error: unknown) => {
      throw chainError(error, chain.network.rpcUrl);
    });
    if (account.authorised && account.free >= unitCollateral(job.terms, unit.index)) return true;
    log.debug({ jobId: job.jobId, free: account.free.toString(), authorised: account.authorised }, "not enough free stake for this job now");
    return false;
  };

  const round = async (ready: UnitContext, signal: AbortSignal, end: () => void): Promise<void> => {
    for (;;) {
      const state = await follower.sync();
      await payments.report(state, ready.journal, context.onProgress);
      const mine = open(state);
      const now = (await chain.provider.getBlock("latest"))?.timestamp ?? 0;
      const next = mine.find(({ unit }) => unit.deadline >= now);
      if (next !== undefined) {
        await finish(ready, next.job, next.unit, signal);
        continue;
      }
      if (draining || finished >= (rules.maxUnits ?? Infinity)) return end();
      if (signal.aborted || !(await takeOne(ready, state, signal))) return;
    }
  };

  return {
    name: "worker",
    drain: () => {
      draining = true;
    },
    async run(signal) {
      const journal = await Journal.open(context.journalDir);
      const ending = new AbortController();
      const stop = AbortSignal.any([signal, ending.signal]);
      const ready: UnitContext = { ...context, journal };
      const tick = (): Promise<void> => round(ready, stop, () => ending.abort());
      try {
        await createLoop({ name: "worker", clock, log, intervalMs: rules.intervalMs ?? 500, tick }).run(stop);
      } finally {
        for (const session of sessions.values()) session.dispose();
        await journal.close();
      }
    },
  };
}
