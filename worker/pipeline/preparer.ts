import type { JobRecord, UnitRecord } from "@orion/protocol/chain";
import { OrionError, UnavailableError, unlessLate } from "@orion/protocol/common";
import type { JobSession, ShardInputs } from "@orion/protocol/jobs";

import type { OpenClaims } from "../open-claims.ts";
import type { Refusals } from "../refusals.ts";
import { DEFAULT_MAX_MEMORY_BYTES, type JobClocks, type WorkerRules } from "../rules.ts";
import type { Sessions } from "../sessions.ts";
import type { Trials } from "../trials.ts";
import { downloadUnit, type UnitContext } from "../unit-work.ts";
import { fitsInTime, memoryTaken, type PlannedClaim } from "./budget.ts";
import type { Lanes } from "./claim-run.ts";
import { Openings } from "./openings.ts";
import type { Planner } from "./planner.ts";

export const REFUSED_FOR_MS = 10_000;
/** A job whose content does not arrive is left alone for so long. */
const SLOW_FOR_MS = 600_000;
/** Longest that the inputs of one unit may take to arrive. */
const DOWNLOAD_MS = 60_000;
/** What no manifest mends: it lies in the program or in this machine. */
const LASTING = new Set(["INVALID_INPUT", "SELF_CHECK", "PROGRAM"]);

/** A unit whose data lies here and is right. */
export interface Prepared {
  readonly unit: UnitRecord;
  readonly inputs: readonly ShardInputs[];
}

/** Units of one job that are claimed together. */
export interface Batch {
  readonly job: JobRecord;
  readonly units: readonly Prepared[];
  readonly plans: readonly PlannedClaim[];
}

/** Why nothing of a job is prepared. */
export type Unprepared = "wait" | "refused" | "opening";

export interface PreparerParts {
  readonly sessions: Sessions;
  readonly trials: Trials;
  readonly refusals: Refusals;
  readonly rules: WorkerRules;
  readonly claims: OpenClaims;
  readonly planner: Planner;
  readonly lanes: Lanes;
  /** Those whose claim is on its way. */
  readonly batches: ReadonlySet<Batch>;
}

/** Fetches units before they are claimed, tries their program, and sees that they fit beside all that is claimed already, in time and in memory. */
export class Preparer {
  readonly #context: UnitContext;
  readonly #parts: PreparerParts;
  readonly #signal: AbortSignal;
  readonly #openings: Openings;
  /** Units that somebody else had claimed first, and the newest block that was known by then. */
  readonly #outrun = new Map<string, number>();

  constructor(context: UnitContext, parts: PreparerParts, signal: AbortSignal) {
    this.#context = context;
    this.#parts = parts;
    this.#signal = signal;
    this.#openings = new Openings(parts.sessions, context.clock, signal);
  }

  /**
   * Everything that claims of a job need, tried and at hand.
   * @param room how many units may be claimed now
   * @returns "refused" where the job, or a unit of it, is left alone now; "opening" where its content still arrives; "wait" where what is claimed comes first
   * @throws AbortedError
   */
  async prepare(job: JobRecord, room: () => number): Promise<Batch | Unprepared> {
    const { sessions, trials, claims } = this.#parts;
    const units: Prepared[] = [];
    let plans: PlannedClaim[] = [];
    let whose: number | undefined;
    try {
      const session = await this.#openings.of(job);
      if (session === "opening") return session;
      if (session === "too slow") {
        this.#parts.refusals.add(job, undefined, "its content arrives too slowly", SLOW_FOR_MS);
        return "refused";
      }
      const clocks = await sessions.clocks(job);
      // A trial takes as long as the program says: nothing that is claimed may wait for that.
      const isKnown = trials.known(session) !== undefined;
      if (!isKnown && claims.waiting + this.#parts.batches.size > 0) return "wait";
      for (const unit of this.#candidates(job)) {
        if (units.length >= room()) break;
        whose = unit.index;
        const inputs = await this.#download(session, unit);
        whose = undefined;
        await this.#try(session, unit, inputs, clocks);
        const more = this.#planned(job, session, unit, clocks);
        if (!this.#fits(plans, more)) break;
        units.push({ unit, inputs });
        plans = [...plans, more];
      }
    } catch (error) {
      if (!(error instanceof OrionError) || error.code === "ABORTED") throw error;
      const lasts = LASTING.has(error.code) ? "for ever" : error.retryable ? REFUSED_FOR_MS : "until another manifest";
      this.#parts.refusals.add(job, whose, error.message, lasts);
      // What was fetched before a unit that is refused is right.
      if (whose === undefined || units.length === 0) return "refused";
    }
    const most = room();
    if (units.length === 0 || most === 0) return most === 0 || this.hasSome(job) ? "wait" : "refused";
    return { job, units: units.slice(0, most), plans: plans.slice(0, most) };
  }

  /** @throws UnavailableError where they take too long; what is on its way ends by itself */
  #download(session: JobSession, unit: UnitRecord): Promise<ShardInputs[]> {
    const late = (): never => {
      throw new UnavailableError("its inputs arrive too slowly");
    };
    const download = downloadUnit(this.#context, session, unit, this.#signal);
    return unlessLate(this.#context.clock, DOWNLOAD_MS, download, late, this.#signal);
  }

  /** Whether there is a unit that nobody has and nothing speaks against. */
  hasSome(job: JobRecord): boolean {
    return this.#candidates(job).next().done !== true;
  }

  /** Notes units that somebody else was faster with: they are left alone until another block is known. */
  outrun(job: JobRecord, units: readonly number[]): void {
    const { block } = this.#context.follower;
    for (const [name, seen] of this.#outrun) if (seen < block) this.#outrun.delete(name);
    for (const unit of units) this.#outrun.set(nameOf(job, unit), block);
  }

  #isOutrun(job: JobRecord, unit: number): boolean {
    return (this.#outrun.get(nameOf(job, unit)) ?? -1) >= this.#context.follower.block;
  }

  /** Free units, from a random place on, which keeps workers out of each other's way. */
  *#candidates(job: JobRecord): Generator<UnitRecord, void, undefined> {
    const { refusals, claims } = this.#parts;
    const seen = new Set<number>();
    for (const { job: other, units } of this.#parts.batches) {
      if (other.jobId === job.jobId) for (const { unit } of units) seen.add(unit.index);
    }
    const isTaken = (unit: number): boolean =>
      seen.has(unit) || refusals.has(job, unit) || claims.has(job.jobId, unit) || this.#isOutrun(job, unit);
    let start = Math.floor(Math.random() * job.units.length);
    for (;;) {
      const unit = job.units.findFree(start, ({ index }) => !isTaken(index));
      if (unit === undefined) return;
      seen.add(unit.index);
      start = unit.index + 1;
      yield unit;
    }
  }

  #try(session: JobSession, unit: UnitRecord, inputs: readonly ShardInputs[], clocks: JobClocks): Promise<unknown> {
    const { lanes, trials } = this.#parts;
    const [first] = inputs as [ShardInputs];
    const signal = this.#signal;
    const shards = unit.to - unit.from;
    if (trials.known(session) !== undefined) return trials.require(session, unit.from, first, shards, clocks, signal);
    return lanes.compute.run(Infinity, signal, () => trials.require(session, unit.from, first, shards, clocks, signal));
  }

  #planned(job: JobRecord, session: JobSession, unit: UnitRecord, clocks: JobClocks): PlannedClaim {
    const deadline = this.#context.follower.time + clocks.claimPeriod;
    const [jobId, shards] = [job.jobId, unit.to - unit.from];
    return this.#parts.planner.plan({ jobId, shards, deadline, stage: "claimed", stalled: false }, session, clocks);
  }

  /** Whether one more claim can be committed in time, and held in memory, beside all that is claimed or about to be. */
  #fits(chosen: readonly PlannedClaim[], more: PlannedClaim): boolean {
    const open = this.#parts.claims.plan();
    if (open === undefined) return false;
    const all = [...open, ...[...this.#parts.batches].flatMap(({ plans }) => plans), ...chosen];
    // The trial has judged a unit on its own; to compute one also shows whether the machine is as slow as it was lately.
    if (all.length === 0) return true;
    const limit = this.#parts.rules.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES;
    return fitsInTime(all, more, this.#context.follower.time) && memoryTaken([...all, more]) <= limit;
  }
}

function nameOf({ jobId }: JobRecord, unit: number): string {
  return `${jobId}:${String(unit)}`;
}
