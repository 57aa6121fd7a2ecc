import path from "node:path";

import { hexlify, randomBytes } from "ethers";

import type { ChallengeContext } from "@orion/protocol/challenge";
import type { UnitRecord } from "@orion/protocol/chain";
import { ConfigurationError, OrionError, type Service } from "@orion/protocol/common";
import type { ServiceContext, WorkTally } from "@orion/protocol/jobs";
import type { Backend, Compute } from "@orion/protocol/kernels";

import { ClaimedOutputs } from "./claimed-outputs.ts";
import type { Carrier } from "./defence/carrier.ts";
import { createDefender } from "./defence/defender.ts";
import { OwnReserves } from "./reserves/own-reserves.ts";
import { createReserveWatch, type ReserveWatchParts } from "./reserves/reserve-watch.ts";
import { Journal } from "./journal.ts";
import { KeptContent } from "./kept-content.ts";
import { createPipeline } from "./pipeline/pipeline.ts";
import { Precedence } from "./pipeline/precedence.ts";
import type { WorkerProgress } from "./progress.ts";
import { DEFAULT_MAX_DISK_BYTES, type WorkerRules } from "./rules.ts";
import { Sessions } from "./sessions.ts";
import { ShardTraces } from "./shard-traces.ts";
import { Trials } from "./trials.ts";
import type { UnitContext } from "./unit-work.ts";

export interface WorkerContext extends ServiceContext {
  readonly backend: Backend | Compute;
  /** What the defence computes with; the same as the work unless given. */
  readonly defenceBackend?: Backend | Compute;
  /** Folder of the journal and of what claims are defended from; one per key. */
  readonly journalDir: string;
  /** A second account that sends the defence's answers. */
  readonly carrier?: Carrier;
  /** 0x-hex of 32 bytes that only this account knows; makes its seals unguessable. Random for each run unless given. */
  readonly sealSecret?: string;
  /** Counts what is computed. */
  readonly tally?: WorkTally;
  readonly onProgress?: (progress: WorkerProgress) => void;
}

export interface Worker extends Service {
  /** Takes no new unit; `run` ends once the claims at hand are committed. */
  drain(): void;
}

/** Programs and kernels of so many jobs are kept ready for the work, for the defence, and for challenges of later claims. */
const SESSIONS = { work: 2, defence: 8, reserves: 2 } as const;
const AT_STAKE_LOOK_MS = 1_000;
const JOURNAL_RETRY_MS = 5_000;

/**
 * Watches the market, takes units by the provider's rules, computes and commits them; and defends what it has committed. Whatever ends the work, the defence goes on while a
 * claim is at stake.
 */
export function createWorker(context: WorkerContext, rules: WorkerRules = {}): Worker {
  const draining = new AbortController();
  return {
    name: "worker",
    drain: () => draining.abort(),
    async run(signal) {
      const parts = partsOf(context, rules, signal);
      const ending = new AbortController();
      const stop = AbortSignal.any([signal, ending.signal]);
      const watch = createReserveWatch(parts.watch.context, parts.watch, intervalOf(rules)).run(stop);
      const defence = createDefender(parts.defence.context, parts.defence, parts.defence.options).run(stop);
      // If the defence fails nothing more may be signed; if the work does, the defence goes on.
      const guarded = defence.catch((error: unknown) => {
        ending.abort();
        throw error;
      });
      // What waits in reserve is no reason to stop the work or the defence.
      const watched = watch.catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        context.log.error({}, `units with a reserve are not watched any more: ${reason}`);
      });
      try {
        await Promise.all([guarded, watched, work(parts, draining.signal, stop).then(() => ending.abort())]);
      } catch (error) {
        // Another worker that holds the folder defends as well.
        if (!stop.aborted && !(error instanceof ConfigurationError)) await defendFor(context, error, stop);
        throw error;
      } finally {
        ending.abort();
        await Promise.allSettled([guarded, watched]);
        parts.sessions.dispose();
        parts.watch.sessions.dispose();
        parts.defence.sessions.dispose();
        warnOfWindows(context);
      }
    },
  };
}

interface Parts {
  readonly context: WorkerContext;
  readonly rules: WorkerRules;
  readonly sessions: Sessions;
  readonly outputs: ClaimedOutputs;
  readonly trials: Trials;
  readonly precedence: Precedence;
  readonly watch: ReserveWatchParts & { readonly context: ChallengeContext };
  readonly defence: {
    readonly context: UnitContext;
    readonly reserves: OwnReserves;
    readonly sessions: Sessions;
    readonly outputs: ClaimedOutputs;
    readonly traces: ShardTraces;
    readonly kept: KeptContent;
    readonly precedence: Precedence;
    readonly options: { readonly carrier?: Carrier };
  };
}

function partsOf(context: WorkerContext, rules: WorkerRules, signal: AbortSignal): Parts {
  const { journalDir, sha256, log, carrier, follower, sender } = context;
  const kept = new KeptContent(path.join(journalDir, "content"), rules.maxDiskBytes ?? DEFAULT_MAX_DISK_BYTES);
  const outputs = new ClaimedOutputs(path.join(journalDir, "outputs"), sha256);
  const reserves = new OwnReserves(context);
  const isClaimed = (jobId: string): boolean =>
    follower.state.jobs
      .get(jobId)
      ?.units.active()
      .some(({ worker }) => worker === sender.address) === true || reserves.needed(follower.state).jobIds.has(jobId);
  const precedence = new Precedence();
  const defending = { ...context, backend: context.defenceBackend ?? context.backend };
  return {
    context,
    rules,
    precedence,
    outputs,
    trials: new Trials(context, rules, context.tally),
    // Two sets, so that neither drops what the other is computing with.
    sessions: new Sessions(context, rules, signal, kept, { most: SESSIONS.work, isClaimed }),
    watch: {
      context: { ...context, sealSecret: context.sealSecret ?? hexlify(randomBytes(32)) },
      reserves,
      sessions: new Sessions(context, rules, signal, kept, { most: SESSIONS.reserves, isClaimed: () => true }),
      outputs,
    },
    defence: {
      context: defending,
      reserves,
      // Demands may go from one of its jobs to another faster than weights are read anew.
      sessions: new Sessions(defending, rules, signal, kept, {
        most: SESSIONS.defence,
        mostBytes: Infinity,
        isClaimed: () => true,
      }),
      outputs,
      traces: new ShardTraces(path.join(journalDir, "traces"), log),
      kept,
      precedence,
      options: carrier === undefined ? {} : { carrier },
    },
  };
}

function intervalOf({ intervalMs }: WorkerRules): { readonly intervalMs?: number } {
  return intervalMs === undefined ? {} : { intervalMs };
}

/** Works until there is nothing more to do. @param draining aborts when no further unit is to be taken */
async function work(parts: Parts, draining: AbortSignal, stop: AbortSignal): Promise<void> {
  const journal = await openJournal(parts.context, stop);
  if (journal === undefined) return;
  const ending = new AbortController();
  const signal = AbortSignal.any([stop, ending.signal]);
  const pipeline = createPipeline({ ...parts, journal }, () => draining.aborted, signal);
  draining.addEventListener("abort", () => pipeline.drain(), { once: true, signal });
  try {
    await pipeline.run(signal);
  } finally {
    ending.abort();
    await pipeline.ended();
    journal.close();
  }
}

/** Opens the journal as soon as the disk allows it; undefined when stopped before that. @throws ConfigurationError while another worker holds it */
async function openJournal({ journalDir, clock, log }: WorkerContext, stop: AbortSignal): Promise<Journal | undefined> {
  while (!stop.aborted) {
    try {
      return await Journal.open(journalDir);
    } catch (error) {
      if (!(error instanceof OrionError) || !error.retryable) throw error;
      log.error({ code: error.code, hint: error.hint }, `no unit is taken: ${error.message}`);
      await clock.sleep(JOURNAL_RETRY_MS, stop);
    }
  }
  return undefined;
}

/** After the work has failed: waits while claims of this account are at stake, which the defence goes on to defend. */
async function defendFor(context: WorkerContext, error: unknown, stop: AbortSignal): Promise<void> {
  const { log, clock } = context;
  let isTold = false;
  while (!stop.aborted && atStake(context).length > 0) {
    if (!isTold) {
      const reason = error instanceof Error ? error.message : String(error);
      log.error({ claims: atStake(context).length }, `the work has ended, the defence goes on: ${reason}`);
      isTold = true;
    }
    await clock.sleep(AT_STAKE_LOOK_MS, stop);
  }
}

function atStake(context: WorkerContext): UnitRecord[] {
  return claimsOf(context).filter(({ status }) => status === "committed");
}

function claimsOf({ follower, sender }: WorkerContext): UnitRecord[] {
  return [...follower.state.jobs.values()]
    .flatMap((job) => job.units.active())
    .filter(({ worker }) => worker === sender.address);
}

/** Whoever stops a worker should know what is still at stake. */
function warnOfWindows(context: WorkerContext): void {
  const due = claimsOf(context).filter(({ status }) => status === "claimed");
  if (due.length > 0) {
    const first = Math.min(...due.map(({ deadline }) => deadline));
    context.log.warn(
      { claims: due.length, deadline: first },
      `${String(due.length)} claim(s) are not committed: start again before ${dateOf(first)}, the first deadline, or they cost collateral`,
    );
  }
  const claims = atStake(context);
  if (claims.length === 0) return;
  const until = Math.max(...claims.map((unit) => unit.windowEnd));
  context.log.warn(
    { claims: claims.length, until },
    `${String(claims.length)} claim(s) are in their window until ${dateOf(until)}: start again soon, an unanswered demand costs the lock`,
  );
}

/** Of a time of the chain, s. */
function dateOf(seconds: number): string {
  return `${new Date(1_000 * seconds).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
