import { isFinished, type JobRecord, type UnitRecord } from "@orion/protocol/chain";
import { createLoop, OrionError, type Service } from "@orion/protocol/common";
import {
  answerAt,
  answeredKeys,
  answerOutput,
  claimShape,
  PrepaymentCollector,
  readDisputes,
  respondCall,
  respondOutputCall,
  type Case,
  type DemandRecord,
  type OutputRange,
} from "@orion/protocol/disputes";
import { traceUnit, UnitTrace, type JobSession } from "@orion/protocol/jobs";

import type { KeptContent } from "./kept-content.ts";
import type { Sessions } from "./sessions.ts";
import type { UnitContext } from "./unit-work.ts";

export interface DefenderOptions {
  readonly intervalMs?: number;
}

/** A claim of this account that can still be challenged. */
interface Defended {
  readonly job: JobRecord;
  readonly unit: UnitRecord;
}

/**
 * Answers every demand on this account's claims, by computing them again. An unanswered demand costs the whole lock, so this runs beside the work, and as
 * long as a claim is in its window. What it needs is on the chain and in what it
 * kept when it claimed: neither a restart nor a poster that takes its data back leaves it without an answer.
 */
export function createDefender(
  context: UnitContext,
  sessions: Sessions,
  kept: KeptContent,
  options: DefenderOptions = {},
): Service {
  const { chain, follower, sender, log, clock } = context;
  /** Roots of what was computed again; the values are computed when they are needed. */
  const traces = new Map<string, UnitTrace["nodeRoots"]>();
  const prepayments = new PrepaymentCollector(chain, sender, answeredKeys);

  const defended = (): Defended[] =>
    [...follower.state.jobs.values()].flatMap((job) =>
      job.units
        .active()
        .filter((unit) => unit.status === "committed" && unit.worker === sender.address)
        .map((unit) => ({ job, unit })),
    );

  const traceOf = async (session: JobSession, unit: UnitRecord, signal: AbortSignal): Promise<UnitTrace> => {
    const known = traces.get(unit.key);
    if (known !== undefined) {
      return new UnitTrace(session, unit.from, known, await session.slotRoots(), context.sha256);
    }
    const trace = await traceUnit(session, unit, { sha256: context.sha256, signal });
    traces.set(unit.key, trace.nodeRoots);
    return trace;
  };

  const answer = async ({ job, unit }: Defended, demand: DemandRecord, signal: AbortSignal): Promise<void> => {
    const session = await sessions.of(job);
    const own = await traceOf(session, unit, signal);
    const { program } = session.loaded;
    const of: Case = { chain, terms: job.terms, unit, program, sha256: context.sha256 };
    const shape = claimShape(program, unit.to - unit.from);
    const { at, range } = demand;
    const call =
      at === undefined
        ? respondOutputCall(
            of,
            range as OutputRange,
            await own.holding(() =>
              answerOutput({ tree: own.tree, tensors: own.bytes }, unit.from, program.outputNode, range as OutputRange),
            ),
          )
        : respondCall(
            of,
            at.place,
            at.hash,
            await own.holding(() => answerAt({ tree: own.tree, tensors: own.bytes }, shape, at.place)),
          );
    context.step?.("worker:answering");
    const receipt = await sender.send(call);
    context.step?.("worker:answered");
    prepayments.add(unit.key, job.postedAtBlock);
    log.info({ key: unit.key, gas: Number(receipt.gasUsed) }, "answered a demand");
  };

  const answerAll = async (signal: AbortSignal): Promise<void> => {
    await follower.sync(sender.lastBlock);
    const claims = defended();
    for (const key of traces.keys()) if (!claims.some(({ unit }) => unit.key === key)) traces.delete(key);
    if (claims.length === 0) return;
    const fromBlock = Math.min(...claims.map(({ job }) => job.postedAtBlock));
    const disputes = await readDisputes(
      chain,
      claims.map(({ unit }) => unit.key),
      fromBlock,
    );
    const open = claims.flatMap((claim) => {
      const dispute = disputes.of(chain.network.addresses.market, claim.unit.key);
      if (dispute === undefined || dispute.fallen) return [];
      return [...dispute.demands.values()]
        .filter((d) => d.answer === undefined && !d.timedOut)
        .map((demand) => ({ claim, demand }));
    });
    open.sort((a, b) => a.demand.deadline - b.demand.deadline);
    for (const { claim, demand } of open) {
      if (signal.aborted) return;
      await attempt(claim, demand, signal);
    }
  };

  /** One demand that cannot be answered must not keep the others from their answers. */
  const attempt = async (claim: Defended, demand: DemandRecord, signal: AbortSignal): Promise<void> => {
    try {
      await answer(claim, demand, signal);
    } catch (error) {
      if (!(error instanceof OrionError) || error.code === "ABORTED") throw error;
      log.error({ key: claim.unit.key, deadline: demand.deadline }, `cannot answer a demand: ${error.message}`);
    }
  };

  const collect = async (): Promise<void> => {
    const active = new Set(defended().map(({ unit }) => unit.key));
    try {
      const wei = await prepayments.collect((key) => active.has(key));
      if (wei > 0n) log.info({ wei: wei.toString() }, "prepayments of answered demands collected");
    } catch (error) {
      if (!(error instanceof OrionError) || error.code === "ABORTED") throw error;
      log.warn({ code: error.code }, `prepayments stay with the judge for now: ${error.message}`);
    }
  };

  /** Jobs that are not finished may still need what was kept: a claim may be under way. */
  const forget = (): Promise<void> =>
    kept.forgetExcept((jobId) => {
      const job = follower.state.jobs.get(jobId);
      return job === undefined || !isFinished(job);
    });

  return createLoop({
    name: "defender",
    clock,
    log,
    intervalMs: options.intervalMs ?? 1_000,
    async tick(signal) {
      await answerAll(signal);
      await collect();
      await forget();
    },
  });
}
