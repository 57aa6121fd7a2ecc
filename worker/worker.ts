import type { MarketState } from "@orion/protocol/chain";
import { createLoop, type Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";
import type { Backend } from "@orion/protocol/kernels";

import { Journal } from "./journal.ts";
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
      const sessions = new Sessions(ready, rules, stop);
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
        await createLoop({ name: "worker", clock, log, intervalMs: rules.intervalMs ?? 500, tick }).run(stop);
      } finally {
        sessions.dispose();
        journal.close();
      }
    },
  };
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
