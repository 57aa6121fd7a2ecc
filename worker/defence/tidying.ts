import { isFinished, type MarketState } from "@orion/protocol/chain";
import { monotonic } from "@orion/protocol/common";

import { endedClaims, endedJobs, knownKeys } from "../ended-claims.ts";
import type { ClaimedOutputs } from "../claimed-outputs.ts";
import type { KeptContent } from "../kept-content.ts";
import type { OwnReserves } from "../reserves/own-reserves.ts";
import type { ShardTraces } from "../shard-traces.ts";
import type { UnitContext } from "../unit-work.ts";

const INTERVAL_MS = 5_000;

/** What lies on disk. */
export interface Kept {
  readonly outputs: ClaimedOutputs;
  readonly traces: ShardTraces;
  readonly kept: KeptContent;
  /** Claims that fell by silence, whose outputs may still be needed. */
  readonly reserves: OwnReserves;
}

/** Removes from disk what the defence of claims needed that are over. */
export class Tidying {
  readonly #context: UnitContext;
  readonly #parts: Kept;
  /** Keys of claims and ids of jobs that are over, though not in memory. */
  readonly #retired = new Set<string>();
  readonly #askedFor = new Set<string>();
  #tidyAt = -Infinity;

  constructor(context: UnitContext, parts: Kept) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Of claims that are over nothing is kept. */
  async tidy(state: MarketState): Promise<void> {
    const { clock } = this.#context;
    if (monotonic(clock) < this.#tidyAt) return;
    this.#tidyAt = monotonic(clock) + INTERVAL_MS;
    const jobs = [...state.jobs.values()];
    const over = new Set(jobs.flatMap(({ payments, penalties }) => [...payments, ...penalties].map(({ key }) => key)));
    const known = knownKeys(state);
    const unknown = { keys: new Set<string>(), jobIds: new Set<string>() };
    const isOpen = (key: string): boolean => {
      if (!known.has(key)) unknown.keys.add(key);
      return !over.has(key) && !this.#retired.has(key);
    };
    const { keys, jobIds } = this.#parts.reserves.needed(state);
    await this.#parts.outputs.forgetExcept(isOpen, keys);
    await this.#parts.traces.forgetExcept(isOpen);
    await this.#parts.kept.forgetExcept((jobId) => {
      const job = state.jobs.get(jobId);
      if (job === undefined) unknown.jobIds.add(jobId);
      return job === undefined ? !this.#retired.has(jobId) : !isFinished(job) || jobIds.has(jobId);
    });
    await this.#lookUp(state, unknown);
  }

  /** What is on disk of jobs that are not in memory: retired while no worker ran, or not seen yet. Each is asked about once. */
  async #lookUp(state: MarketState, unknown: Record<"keys" | "jobIds", ReadonlySet<string>>): Promise<void> {
    const { chain } = this.#context;
    const isNew = (id: string): boolean => !this.#askedFor.has(id);
    const [keys, jobIds] = [[...unknown.keys].filter(isNew), [...unknown.jobIds].filter(isNew)];
    if (keys.length + jobIds.length === 0) return;
    for (const id of await endedClaims(chain, keys)) this.#retired.add(id);
    for (const id of await endedJobs(chain, state, jobIds)) this.#retired.add(id);
    for (const id of [...keys, ...jobIds]) this.#askedFor.add(id);
  }
}
