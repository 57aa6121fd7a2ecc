import type { JobRecord, MarketState, UnitRecord } from "@orion/protocol/chain";
import { OrionError, RevertError, UnavailableError } from "@orion/protocol/common";

import type { JobSession, ShardInputs } from "@orion/protocol/jobs";
import type { Sessions } from "./sessions.ts";
import { finishUnit, type UnitContext } from "./unit-work.ts";

/** Refusals of a commit that no retry mends. */
const LOST = new Set(["NotAssignee", "WrongKey", "AlreadyCommitted", "DeadlinePassed", "UnknownJob"]);
/** What must end the worker: it may sign nothing more. */
const FATAL = new Set(["SECOND_ROOT", "JOURNAL", "ABORTED"]);

/** A claim of this account, and what is already at hand for it. */
export interface OpenClaim {
  readonly job: JobRecord;
  readonly unit: UnitRecord;
  readonly ready?: { readonly session: JobSession; readonly inputs: ShardInputs[] };
}

/** Brings the claims of this account to their commits, those of an earlier life included. */
export class OpenClaims {
  readonly #context: UnitContext;
  readonly #sessions: Sessions;
  readonly #signal: AbortSignal;
  /** Claims that this worker can do nothing for any more; somebody will expire them. */
  readonly #lost = new Set<string>();
  #finished = 0;

  constructor(context: UnitContext, sessions: Sessions, signal: AbortSignal) {
    this.#context = context;
    this.#sessions = sessions;
    this.#signal = signal;
  }

  /** Units committed by this process. */
  get finished(): number {
    return this.#finished;
  }

  /**
   * Finishes what is claimed and not committed, oldest deadline first; false when there was nothing.
   * @throws the first retryable error, after all claims were tried: one whose content is missing holds up no other
   */
  async finishAll(state: MarketState): Promise<boolean> {
    const open = this.#open(state);
    let failure: OrionError | undefined;
    for (const claim of open) {
      try {
        await this.finish(claim);
      } catch (error) {
        if (!(error instanceof OrionError) || !error.retryable || error.code === "ABORTED") throw error;
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return open.length > 0;
  }

  /** @throws a retryable error to try again, any other one to end the worker */
  async finish({ job, unit, ready }: OpenClaim): Promise<void> {
    try {
      const session = ready?.session ?? (await this.#sessions.of(job));
      await finishUnit(this.#context, session, job, unit, ready?.inputs, this.#signal);
      this.#finished++;
    } catch (error) {
      if (!(error instanceof OrionError) || error.retryable || FATAL.has(error.code)) throw error;
      if (error instanceof RevertError && !LOST.has(error.revert)) {
        throw new UnavailableError(`cannot commit a claim yet: ${error.message}`, {
          cause: error,
          ...(error.hint === undefined ? {} : { hint: error.hint }),
        });
      }
      this.#lost.add(unit.key);
      this.#context.log.error({ jobId: job.jobId, unit: unit.index }, `the claim is lost: ${error.message}`);
    }
  }

  #open(state: MarketState): OpenClaim[] {
    const { follower, sender } = this.#context;
    return [...state.jobs.values()]
      .flatMap((job) => job.units.active().map((unit) => ({ job, unit })))
      .filter(({ unit }) => unit.status === "claimed" && unit.worker === sender.address)
      .filter(({ unit }) => unit.deadline >= follower.time && !this.#lost.has(unit.key))
      .sort((a, b) => a.unit.deadline - b.unit.deadline);
  }
}
