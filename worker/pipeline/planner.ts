import type { JobSession } from "@orion/protocol/jobs";
import { memoryOf, type Mode } from "@orion/protocol/kernels";

import { dueOf, shardsMemory, type JobClocks } from "../rules.ts";
import type { Trials } from "../trials.ts";
import type { PlannedClaim } from "./budget.ts";
import type { Pace } from "./pace.ts";

/** What is done of a claim. */
export type Stage = "claimed" | "computed" | "journalled";

/** What of a claim its plan follows from. */
export interface Planned {
  readonly jobId: string;
  readonly shards: number;
  /** Chain time, s. */
  readonly deadline: number;
  readonly stage: Stage;
  readonly stalled: boolean;
}

/** Says what claims take here, by the programs' facts and what was measured of this machine. */
export class Planner {
  readonly #trials: Trials;
  readonly #pace: Pace;
  readonly #mode: Mode;
  readonly #programBytes = new WeakMap<JobSession, bigint>();

  /** @param mode how this machine computes: what a program takes of its memory follows from it */
  constructor(trials: Trials, pace: Pace, mode: Mode) {
    this.#trials = trials;
    this.#pace = pace;
    this.#mode = mode;
  }

  /** Seconds in which so many shards are expected to be computed. */
  computeSeconds(session: JobSession, shards: number): number {
    return this.#pace.of(session, shards, this.#trials.known(session)?.secondsPerShard).compute;
  }

  /** @param session undefined while the job cannot be opened: then the claim takes all the time that a unit may take, and no memory yet */
  plan(claim: Planned, session: JobSession | undefined, clocks: JobClocks): PlannedClaim {
    const { jobId, shards, deadline, stage, stalled } = claim;
    const due = dueOf(deadline, clocks);
    const when = { jobId, due, deadline, stalled };
    if (stage === "journalled") return { ...when, seconds: 0, bytes: 0n, programBytes: 0n };
    if (session === undefined) return { ...when, seconds: deadline - due, bytes: 0n, programBytes: 0n };
    const { compute, upload } = this.#pace.of(session, shards, this.#trials.known(session)?.secondsPerShard);
    return {
      ...when,
      seconds: upload + (stage === "claimed" ? compute : 0),
      bytes: shardsMemory(session.loaded.facts, shards),
      programBytes: this.#programMemory(session),
    };
  }

  #programMemory(session: JobSession): bigint {
    const bytes = this.#programBytes.get(session) ?? BigInt(memoryOf(session.loaded.program, this.#mode).outputs);
    this.#programBytes.set(session, bytes);
    return bytes;
  }
}
