import { createLoop } from "@orion/protocol/common";

import type { ClaimedOutputs } from "../claimed-outputs.ts";
import type { Journal } from "../journal.ts";
import { OpenClaims } from "../open-claims.ts";
import { Payments } from "../payments.ts";
import { Refusals } from "../refusals.ts";
import { DEFAULT_INTERVAL_MS, sharedLookMs, type WorkerRules } from "../rules.ts";
import type { Sessions } from "../sessions.ts";
import { Stake } from "../stake.ts";
import type { Trials } from "../trials.ts";
import { UnitTaker } from "../unit-taker.ts";
import type { UnitContext } from "../unit-work.ts";
import { ClaimWindow } from "./claim-window.ts";
import { Lane } from "./lane.ts";
import { Pace } from "./pace.ts";
import { Planner } from "./planner.ts";
import type { Precedence } from "./precedence.ts";
import { wakingClock } from "./wake.ts";

export interface PipelineParts {
  readonly context: UnitContext;
  readonly rules: WorkerRules;
  readonly journal: Journal;
  readonly sessions: Sessions;
  readonly outputs: ClaimedOutputs;
  readonly trials: Trials;
  readonly precedence: Precedence;
}

export interface Pipeline {
  /** Works until there is nothing more to do, or the signal aborts; throws what ends the work. */
  run(signal: AbortSignal): Promise<void>;
  /** Called when no further unit is to be taken: ends at once where nothing is under way. */
  drain(): void;
  /** Resolves when nothing is under way any more; the signal must have been aborted. */
  ended(): Promise<void>;
}

/** Units that are fetched after their claim, those of an earlier life: one is computed, the next one comes. */
const FETCHED_AT_ONCE = 2;

/**
 * Claims, fetches, computes, uploads and commits, all at the same time. One loop looks at the chain, starts what can be started, and waits for the next look or for whatever ends first.
 * @param isDraining no further unit is to be taken
 */
export function createPipeline(parts: PipelineParts, isDraining: () => boolean, signal: AbortSignal): Pipeline {
  const { context, rules, journal, sessions, outputs, trials, precedence } = parts;
  const { follower, sender, log } = context;
  const { intervalMs = DEFAULT_INTERVAL_MS, maxUnits = Infinity } = rules;
  const clock = wakingClock(context.clock);
  const wake = (): void => clock.wake();
  const lanes = {
    compute: new Lane(1, (stop) => precedence.clear(stop)),
    fetch: new Lane(FETCHED_AT_ONCE),
    upload: new Lane(),
  };
  const pace = new Pace();
  const planner = new Planner(trials, pace, context.backend.mode);
  const window = new ClaimWindow();
  const commit = { journal, outputs, trials, sessions, lanes, pace, planner };
  const claims = new OpenClaims(context, commit, window, { firstPauseMs: intervalMs, wake }, signal);
  const stake = new Stake(context.chain, sender, log);
  const refusals = new Refusals(context.clock, log);
  const taker = new UnitTaker(
    context,
    { sessions, trials, stake, refusals, rules, claims, window, planner, lanes, wake },
    signal,
  );
  const payments = new Payments(context, journal, context.onProgress);
  const ending = new AbortController();
  const mayTake = (): number => (isDraining() ? 0 : maxUnits - claims.finished - claims.pending - taker.claiming);
  let hasLooked = false;
  const endIfDone = (): void => {
    const takesNoMore = isDraining() || claims.finished >= maxUnits;
    if (takesNoMore && claims.pending === 0 && taker.isIdle) ending.abort();
  };
  const tick = async (): Promise<void> => {
    const state = await follower.sync(sender.lastBlock, sharedLookMs(intervalMs));
    await payments.report(state);
    claims.look(state);
    taker.look(state, mayTake);
    hasLooked = true;
    endIfDone();
  };
  return {
    run: (stop) =>
      createLoop({ name: "worker", clock, log, intervalMs, tick }).run(AbortSignal.any([stop, ending.signal])),
    // Whoever has nothing under way needs no look at the chain to end: the chain may be gone.
    drain() {
      // Before the first look nobody knows what an earlier life has left.
      if (hasLooked) endIfDone();
    },
    async ended() {
      await taker.ended();
      await claims.ended();
    },
  };
}
