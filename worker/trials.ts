import { randomInt } from "node:crypto";

import { InvalidInputError, OrionError, timeLimit, toHex } from "@orion/protocol/common";
import {
  traceShard,
  type JobSession,
  type ServiceContext,
  type ShardInputs,
  type WorkTally,
} from "@orion/protocol/jobs";

import { DEFAULT_CHECK_RATE, timeRefusal, trialLimit, type JobClocks, type WorkerRules } from "./rules.ts";

/** How long one shard of a program takes on this machine. */
export interface Measured {
  readonly secondsPerShard: number;
  /** With its trace, as a demand for it would have it computed. */
  readonly secondsPerTrace: number;
}

/** The kernels and the tracing of the same kernels came to different outputs: nothing may be committed of this program. */
export class SelfCheckError extends OrionError {
  readonly code = "SELF_CHECK";
  readonly retryable = false;
}

const ONE_IN = 1_000_000;

/**
 * Computes one shard twice, once as outputs are computed and once with its trace: before the first claim of a program here, and for a secret random share of the units after it. A
 * worker that is right but whose tracing is wrong would lose its lock to the first demand; and what a trace takes decides which units it can defend.
 */
export class Trials {
  readonly #context: ServiceContext;
  readonly #rules: WorkerRules;
  readonly #tally: WorkTally | undefined;
  readonly #measured = new Map<string, Measured>();

  constructor(context: ServiceContext, rules: WorkerRules, tally?: WorkTally) {
    this.#tally = tally;
    this.#context = context;
    this.#rules = rules;
  }

  /** How long a program takes here, once it was tried. */
  known(session: JobSession): Measured | undefined {
    return this.#measured.get(toHex(session.loaded.root));
  }

  /**
   * Tries one shard of a program that was not tried yet, and judges whether units of so many shards are computed and defended in time.
   * @throws InvalidInputError when they are not, SelfCheckError
   */
  async require(
    session: JobSession,
    shard: number,
    inputs: ShardInputs,
    shards: number,
    clocks: JobClocks,
    signal: AbortSignal,
  ): Promise<Measured> {
    const measured = this.known(session) ?? (await this.#first(session, shard, inputs, shards, clocks, signal));
    const reason = timeRefusal(measured, shards, clocks, this.#rules);
    if (reason !== undefined) throw new InvalidInputError(reason);
    return measured;
  }

  /** Whether this unit is among those that are checked before their commit; nobody can foresee which. */
  isChosen(): boolean {
    return randomInt(ONE_IN) < (this.#rules.checkRate ?? DEFAULT_CHECK_RATE) * ONE_IN;
  }

  /** A random shard of a unit. */
  choose({ from, to }: { readonly from: number; readonly to: number }): number {
    return randomInt(from, to);
  }

  /** Traces a shard and requires that its outputs are the ones that were computed. @throws SelfCheckError */
  async check(session: JobSession, shard: number, leaf: Uint8Array, signal: AbortSignal): Promise<void> {
    const start = performance.now();
    const traced = await traceShard(session, shard, { sha256: this.#context.sha256, signal, hold: false });
    if (this.#tally !== undefined) {
      this.#tally.checks++;
      this.#tally.checking += (performance.now() - start) / 1000;
    }
    if (toHex(traced.leaf) === toHex(leaf)) return;
    throw new SelfCheckError(
      `shard ${String(shard)} of job ${session.jobId} was computed to ${toHex(leaf)}, and traced to ${toHex(traced.leaf)}`,
      { hint: "this machine does not compute reproducibly: check its memory and drivers before it works again" },
    );
  }

  async #first(
    session: JobSession,
    shard: number,
    inputs: ShardInputs,
    shards: number,
    clocks: JobClocks,
    signal: AbortSignal,
  ): Promise<Measured> {
    const seconds = trialLimit(shards, clocks);
    const limit = timeLimit(Math.ceil(seconds * 1000), signal);
    try {
      const start = performance.now();
      const { leaf } = await session.compute(inputs, { signal: limit });
      const computed = performance.now();
      await this.check(session, shard, leaf, limit);
      const end = performance.now();
      const measured = { secondsPerShard: (computed - start) / 1000, secondsPerTrace: (end - computed) / 1000 };
      this.#measured.set(toHex(session.loaded.root), measured);
      this.#context.log.info({ jobId: session.jobId, ...measured }, "a program was tried");
      this.#context.step?.("worker:tried");
      return measured;
    } catch (error) {
      if (signal.aborted || !limit.aborted) throw error;
      throw new InvalidInputError(`a shard and its trace take more than ${seconds.toFixed(1)} s here`, {
        cause: error,
      });
    }
  }
}
