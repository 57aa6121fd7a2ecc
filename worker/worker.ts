import path from "node:path";

import type { MarketState } from "@orion/protocol/chain";
import { createLoop, type Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";
import type { Backend } from "@orion/protocol/kernels";

import { createDefender } from "./defender.ts";
import { Journal } from "./journal.ts";
import { KeptContent } from "./kept-content.ts";
import { OpenClaims } from "./open-claims.ts";
import { Payments } from "./payments.ts";
import type { WorkerProgress } from "./progress.ts";
import type { WorkerRules } from "./rules.ts";
import { Sessions } from "./sessions.ts";
import { UnitTaker } from "./unit-taker.ts";
import type { UnitContext } from "./unit-work.ts";

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

/** Watches the market, takes units by the provider's rules, computes and commits them. */
export function createWorker(context: WorkerContext, rules: WorkerRules = {}): Worker {
  let draining = false;
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
      const kept = new KeptContent(path.join(context.journalDir, "content"));
      const sessions = new Sessions(ready, rules, stop, kept);
      // Apart from the work's, so that neither drops what the other is computing with.
      const defence = new Sessions(ready, rules, stop, kept);
      const parts: Parts = {
        context: ready,
        payments: new Payments(ready, journal, context.onProgress),
        claims: new OpenClaims(ready, sessions, stop),
        taker: new UnitTaker(ready, sessions, rules, stop),
      };
      const maxUnits = rules.maxUnits ?? Infinity;
      const tick = async (): Promise<void> => {
        const mayTake = (): boolean => !draining && parts.claims.finished < maxUnits;
        if (await round(parts, mayTake, stop)) ending.abort();
      };
      const { clock, log } = context;
      try {
        const work = createLoop({ name: "worker", clock, log, intervalMs: rules.intervalMs ?? 500, tick });
        await Promise.all([work.run(stop), createDefender(ready, defence, kept).run(stop)]);
      } finally {
        // If one of the two has failed, the other must not go on signing.
        ending.abort();
        sessions.dispose();
        defence.dispose();
        warnOfWindows(context);
        journal.close();
      }
    },
  };
}

/** Whoever stops a worker should know what is still at stake. */
function warnOfWindows({ follower, sender, log }: WorkerContext): void {
  const atStake = [...follower.state.jobs.values()]
    .flatMap((job) => job.units.active())
    .filter((unit) => unit.status === "committed" && unit.worker === sender.address);
  if (atStake.length === 0) return;
  const until = Math.max(...atStake.map((unit) => unit.windowEnd));
  log.warn(
    { claims: atStake.length, until },
    `${String(atStake.length)} claim(s) are still in their window: start again soon, an unanswered demand costs the lock`,
  );
}

interface Parts {
  readonly context: UnitContext;
  readonly payments: Payments;
  readonly claims: OpenClaims;
  readonly taker: UnitTaker;
}

/** Works until there is nothing to do for now; true when nothing more is to be done at all. */
async function round(parts: Parts, mayTake: () => boolean, signal: AbortSignal): Promise<boolean> {
  const { follower, sender } = parts.context;
  while (!signal.aborted) {
    const state: MarketState = await follower.sync(sender.lastBlock);
    await parts.payments.report(state);
    if (await parts.claims.finishAll(state)) continue;
    if (!mayTake()) return true;
    const taken = await parts.taker.takeOne(state);
    if (taken === "nothing") return false;
    if (taken !== "outrun") await parts.claims.finish(taken);
  }
  return false;
}
