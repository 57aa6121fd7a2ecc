import { getBytes, keccak256, toBeHex } from "ethers";

import { unitCollateral, type JobRecord, type UnitRecord } from "@orion/protocol/chain";
import { OrionError, toHex, type Service } from "@orion/protocol/common";
import { collectPrepayments, prepaidKeys } from "@orion/protocol/disputes";
import { openJobSession, traceUnit, UnitTrace, type JobSession } from "@orion/protocol/jobs";
import type { Backend } from "@orion/protocol/kernels";

import { createJobService } from "../job-service.ts";
import { challengeStep, type ChallengeContext } from "./challenge.ts";

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

/** Verdict on a claim: right, or the own roots that contradict it. */
type Verdict = "right" | UnitTrace["nodeRoots"];

/**
 * Recomputes the claims of others and ends the wrong ones: by one proof where everything is published, by demands where it is withheld. Keeps
 * nothing but what it computed; everything else is read from the chain at each step.
 */
export function createValidator(context: ValidatorContext, options: ValidatorOptions = {}): Service {
  const { sender, log, chain, step } = context;
  const verdicts = new Map<string, Verdict>();
  const rate = options.rate ?? 1;

  const isSampled = (unit: UnitRecord): boolean => {
    const drawn = getBytes(keccak256(`${context.sealSecret}${unit.key.slice(2)}`));
    return ((drawn[0] as number) * 256 + (drawn[1] as number)) / 65_536 < rate;
  };
  const toCheck = (job: JobRecord): UnitRecord[] =>
    job.units
      .active()
      .filter(
        (u) =>
          u.status === "committed" && u.worker !== sender.address && verdicts.get(u.key) !== "right" && isSampled(u),
      );

  /** The own computation if it contradicts the claim. */
  const contradiction = async (
    session: JobSession,
    unit: UnitRecord,
    signal: AbortSignal,
  ): Promise<UnitTrace | undefined> => {
    const known = verdicts.get(unit.key);
    if (known === "right") return undefined;
    if (known !== undefined) {
      return new UnitTrace(session, unit.from, known, await session.slotRoots(), context.sha256);
    }
    const trace = await traceUnit(session, unit, { sha256: context.sha256, signal });
    const right = toHex(trace.tree.root) === unit.claimRoot;
    verdicts.set(unit.key, right ? "right" : trace.nodeRoots);
    if (right) log.debug({ key: unit.key, unit: unit.index }, "the claim is right");
    else log.warn({ key: unit.key, unit: unit.index, worker: unit.worker }, "the claim is wrong");
    step?.("validator:checked");
    return right ? undefined : trace;
  };

  /** Sessions of jobs that have claims to check; a job is served by one call at a time. */
  const sessions = new Map<string, JobSession>();
  const sessionOf = async (job: JobRecord, signal: AbortSignal): Promise<JobSession> => {
    const known = sessions.get(job.jobId);
    if (known !== undefined) return known;
    const maxMemoryBytes = options.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES;
    const manifests = (): JobRecord["manifests"] => context.follower.state.jobs.get(job.jobId)?.manifests ?? [];
    const session = await openJobSession(context, job, { backend: context.backend, signal, maxMemoryBytes, manifests });
    sessions.set(job.jobId, session);
    return session;
  };

  const serve = async (job: JobRecord, signal: AbortSignal): Promise<void> => {
    const session = await sessionOf(job, signal);
    for (const unit of toCheck(job)) {
      if (signal.aborted) return;
      const own = await contradiction(session, unit, signal);
      if (own !== undefined) await pursue(job, unit, session, own, signal);
    }
    if (toCheck(job).length > 0) return;
    session.dispose();
    sessions.delete(job.jobId);
  };

  /** Steps until somebody else has to move. */
  const pursue = async (
    job: JobRecord,
    unit: UnitRecord,
    session: JobSession,
    own: UnitTrace,
    signal: AbortSignal,
  ): Promise<void> => {
    for (;;) {
      const progress = await challengeStep(context, job, unit, session.loaded.program, own, signal);
      if (progress === "moved") continue;
      if (progress === "late") {
        verdicts.set(unit.key, "right");
        log.error({ key: unit.key }, "a wrong claim can no longer be challenged: the window has passed");
      }
      if (progress === "over") await forfeit(job, unit);
      return;
    }
  };

  const forfeit = async (job: JobRecord, unit: UnitRecord): Promise<void> => {
    const data = chain.contracts.market.interface.encodeFunctionData("settle", [job.terms, [unit.index]]);
    await sender.send({ to: chain.network.addresses.market, data, label: "forfeit" });
    step?.("validator:forfeited");
    verdicts.delete(unit.key);
    log.info(
      { key: unit.key, lock: unitCollateral(job.terms, unit.index).toString() },
      "the lock of a wrong claim is forfeit",
    );
    try {
      const wei = await collectPrepayments(
        chain,
        sender,
        await prepaidKeys(chain, sender.address),
        chain.network.deployBlock,
      );
      if (wei > 0n) log.info({ wei: toBeHex(wei) }, "prepayments are back");
    } catch (error) {
      if (!(error instanceof OrionError)) throw error;
      log.warn({ code: error.code }, `prepayments stay with the judge for now: ${error.message}`);
    }
  };

  return createJobService(context, {
    name: "validator",
    intervalMs: options.intervalMs ?? 1_000,
    select: (jobs) => jobs.filter((job) => toCheck(job).length > 0),
    serve,
  });
}
