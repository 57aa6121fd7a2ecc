import { randomInt } from "node:crypto";

import type { JobRecord, UnitRecord } from "../chain/index.ts";
import { fromHex, toHex } from "../common/index.ts";
import { claimShape, type Admission, firstDifference, KnownClaim, type DisputeReader } from "../disputes/index.ts";
import type { CheckedProgram } from "../jobs/index.ts";

import { demandOutputsTop } from "./challenge.ts";
import type { ChallengeContext, Progress, Pursuit } from "./pursuit.ts";
import { OwnClaim, type SessionSource } from "./own-claim.ts";
import { learnPublished } from "./published.ts";
import { ShardCache } from "./shard-cache.ts";
import { shuffled } from "./shuffled.ts";

export interface CheckOptions {
  readonly reader: DisputeReader;
  readonly signal: AbortSignal;
  /** What shows that this account may demand of the claim. */
  readonly admission: Admission;
  /** Leaves of the claim's shards, in order, where they were computed before. */
  readonly leaves?: readonly Uint8Array[];
  readonly cache?: ShardCache;
}

/**
 * The recomputation of one claim, shard by shard in a secret random order: the first shard that differs settles it, and nobody knows which ones a validator that runs out of time has
 * looked at.
 */
export class ClaimCheck {
  readonly unit: UnitRecord;
  readonly job: JobRecord;
  readonly own: OwnClaim;
  readonly pursuit: Pursuit;
  readonly #program: CheckedProgram;
  readonly #cache: ShardCache;
  readonly #order: number[];
  /** Whether the leaves of all shards are known, so that a shard can be compared as soon as it is computed. */
  #comparable: boolean;

  /**
   * @param loaded the job's program, checked
   * @param session asked each time something is computed or fetched
   */
  constructor(
    context: ChallengeContext,
    loaded: CheckedProgram,
    session: SessionSource,
    job: JobRecord,
    unit: UnitRecord,
    { reader, signal, admission, leaves = [], cache = new ShardCache() }: CheckOptions,
  ) {
    const { program } = loaded;
    const shards = unit.to - unit.from;
    const shape = claimShape(program, shards);
    const known = new KnownClaim(shape, fromHex(unit.outputsRoot, 32), context.sha256);
    this.job = job;
    this.unit = unit;
    // The checked program only: what is given here may hold weights as well.
    this.#program = { program, root: loaded.root, facts: loaded.facts };
    this.#cache = cache;
    this.own = new OwnClaim(session, program, unit, shape, context.sha256, { leaves, cache });
    const seen = { looked: new Set<number>(), answerTimes: new Map<number, number>() };
    this.pursuit = { job, unit, program, own: this.own, known, reader, signal, admission, ...seen };
    this.#order = shuffled(shards, (below) => randomInt(below));
    this.#comparable = shards === 1;
  }

  /** Shards that are left to compute. */
  get left(): number {
    return this.#order.length;
  }

  get done(): number {
    return this.own.done;
  }

  get secondsPerShard(): number | undefined {
    return this.#cache.secondsPerShard(this.job.jobId);
  }

  /** Whether the worker's leaves are known: from what it published, or from its answer to the demand for them. */
  get isComparable(): boolean {
    return this.#comparable;
  }

  /** Whether what is known of the claim contradicts what was computed so far. */
  get isContradicted(): boolean {
    const { known, program } = this.pursuit;
    return firstDifference(known, this.own.hash, program).kind !== "none";
  }

  /** Looks for what the worker published. */
  async lookForPublished(context: ChallengeContext, signal: AbortSignal): Promise<boolean> {
    if (this.#comparable && this.pursuit.published !== undefined) return true;
    const { known } = this.pursuit;
    this.pursuit.published = await learnPublished(context, known, this.unit, this.#program, signal);
    this.#comparable ||= this.pursuit.published !== undefined;
    return this.pursuit.published !== undefined;
  }

  /** Has the worker show the top of its outputs tree; "nothing" once it is known. */
  async demandTop(context: ChallengeContext): Promise<Progress> {
    const progress = await demandOutputsTop(context, this.pursuit);
    if (progress === "nothing") this.#comparable = true;
    return progress;
  }

  /** Whether the next shard can be computed at once, without anything fetched. */
  get isLoaded(): boolean {
    const shard = this.#order.at(-1);
    return shard === undefined || this.own.isLoaded(shard);
  }

  /** Fetches what the next shard is computed from. @throws UnavailableError when it is missing for now */
  async loadNext(signal?: AbortSignal): Promise<void> {
    const shard = this.#order.at(-1);
    if (shard !== undefined) await this.own.load(shard, signal);
  }

  /** Lets go of what was fetched for the next shard. */
  unload(): void {
    const shard = this.#order.at(-1);
    if (shard !== undefined) this.own.unload(shard);
  }

  /** Computes one more shard. @returns whether the claim is right, wrong, or not decided yet */
  async checkOne(signal: AbortSignal): Promise<"right" | "wrong" | "open"> {
    const shard = this.#order.at(-1);
    if (shard !== undefined) {
      await this.own.compute(shard, signal);
      this.#order.pop();
      if (this.isContradicted) return "wrong";
    }
    if (this.#order.length > 0) return "open";
    const root = this.own.hash("outputs", 1);
    return root !== undefined && toHex(root) === this.unit.outputsRoot ? "right" : "wrong";
  }
}
