import { RetiredJobs } from "./retired-jobs.ts";
import { normaliseTerms, type RawTerms, type Terms } from "./terms.ts";
import { UnitTable, type UnitRecord } from "./unit-table.ts";

export interface ManifestRecord {
  readonly publisher: string;
  readonly digest: string;
  readonly earnsFee: boolean;
}

export interface ResultRecord {
  readonly publisher: string;
  readonly root: string;
  readonly digest: string;
}

export interface PaymentRecord {
  readonly key: string;
  readonly unit: number;
  readonly worker: string;
  readonly provider: string;
  readonly pay: bigint;
  readonly tip: bigint;
  readonly fee: bigint;
  readonly feeTo: string;
}

/** A lock that was cut: an expired or a forfeited claim. */
export interface PenaltyRecord {
  readonly kind: "expired" | "forfeited";
  readonly key: string;
  readonly unit: number;
  readonly worker: string;
  readonly burned: bigint;
  readonly compensation: bigint;
  readonly reward: bigint;
  /** What waits for the verdict of the unit's next claim. */
  readonly reserved: bigint;
  /** The claim as it stood until then. */
  readonly claim: UnitRecord;
}

export interface JobRecord {
  readonly jobId: string;
  readonly terms: Terms;
  readonly postedAtBlock: number;
  readonly units: UnitTable;
  readonly manifests: ManifestRecord[];
  readonly results: ResultRecord[];
  readonly payments: PaymentRecord[];
  readonly penalties: PenaltyRecord[];
  settledShards: number;
  cancelled: boolean;
  /** CU returned to the poster so far. */
  refunded: bigint;
  /** Block of the event that finished the job. */
  finishedAtBlock: number | undefined;
}

/** One decoded event of the market, in chain order. */
export interface MarketEvent {
  readonly name: string;
  readonly args: Record<string, unknown>;
  readonly block: number;
  readonly transaction: string;
}

/** Takes one event back; events are taken back in the reverse of their order. */
export type Undo = () => void;

/**
 * The market as a pure function of its events: applying the same events always gives the same state. Finished jobs can be retired: only their totals stay.
 */
export class MarketState {
  /** All jobs that are not retired, the oldest first. */
  readonly jobs = new Map<string, JobRecord>();
  readonly retired: RetiredJobs;
  /** Events that do not fit what came before them: an endpoint has left out others. Where they would need those, they have no effect. */
  gaps = 0;

  constructor(retired = new RetiredJobs()) {
    this.retired = retired;
  }

  apply(event: MarketEvent): Undo {
    if (this.#fits(event)) return this.#change(event);
    this.gaps++;
    const undo = event.name === "UnitClaimed" ? this.#change(event) : nothing;
    return () => {
      undo();
      this.gaps--;
    };
  }

  #fits({ name, args }: MarketEvent): boolean {
    const needed = NEEDED_STATUS[name];
    if (needed === undefined) return true;
    const job = this.jobs.get(args.jobId as string);
    // What is finished may have been forgotten.
    if (job === undefined) return name !== "UnitClaimed" && name !== "ClaimCommitted";
    const { status, key } = job.units.get(Number(args.unit));
    return status === needed && (needed === "free" || key === args.key);
  }

  #change(event: MarketEvent): Undo {
    const { args } = event;
    const jobId = args.jobId as string | undefined;
    if (jobId === undefined) return nothing;
    if (event.name === "JobPosted") {
      this.jobs.set(jobId, newJob(jobId, normaliseTerms(args.terms as RawTerms), event.block));
      return () => this.jobs.delete(jobId);
    }
    const job = this.jobs.get(jobId);
    const change = CHANGES[event.name];
    if (job === undefined || change === undefined) return nothing;
    const { settledShards, cancelled, refunded, finishedAtBlock } = job;
    const undo = change(job, args);
    if (job.finishedAtBlock === undefined && isFinished(job)) job.finishedAtBlock = event.block;
    return () => {
      undo();
      Object.assign(job, { settledShards, cancelled, refunded, finishedAtBlock });
    };
  }

  /** Forgets the chosen jobs, whose events must not be taken back any more. `readJob` reads them from the chain. */
  retire(isChosen: (job: JobRecord) => boolean): void {
    for (const [jobId, job] of this.jobs) {
      if (!isChosen(job)) continue;
      this.jobs.delete(jobId);
      this.retired.add(job);
    }
  }
}

/** Keys of all claims that are neither settled nor fallen. */
export function activeKeys(state: MarketState): Set<string> {
  return new Set([...state.jobs.values()].flatMap((job) => job.units.active().map(({ key }) => key)));
}

/** Nothing of the job is under way, and nobody can claim any more of it. */
export function isFinished(job: JobRecord): boolean {
  return job.settledShards === job.terms.shards || (job.cancelled && job.units.active().length === 0);
}

const nothing: Undo = () => undefined;

/** A job to which nothing has happened since its post. */
export function newJob(jobId: string, terms: Terms, block: number): JobRecord {
  return {
    jobId,
    terms,
    postedAtBlock: block,
    units: new UnitTable(terms),
    manifests: [],
    results: [],
    payments: [],
    penalties: [],
    settledShards: 0,
    cancelled: false,
    refunded: 0n,
    finishedAtBlock: undefined,
  };
}

type Args = Record<string, unknown>;

/** Where a unit stands before an event of its own. */
const NEEDED_STATUS: Readonly<Record<string, UnitRecord["status"]>> = {
  UnitClaimed: "free",
  ClaimCommitted: "claimed",
  UnitSettled: "committed",
  UnitExpired: "claimed",
  UnitForfeited: "committed",
};

function append<T>(list: T[], item: T): Undo {
  list.push(item);
  return () => list.pop();
}

function returnUnit(job: JobRecord, args: Args, kind: PenaltyRecord["kind"]): Undo {
  const index = Number(args.unit);
  const before = job.units.release(index);
  const undo = append(job.penalties, {
    kind,
    key: args.key as string,
    unit: index,
    worker: args.worker as string,
    burned: args.burned as bigint,
    compensation: args.compensation as bigint,
    reward: (args.reward as bigint | undefined) ?? 0n,
    reserved: (args.reserved as bigint | undefined) ?? 0n,
    claim: before,
  });
  return () => {
    undo();
    job.units.put(before);
  };
}

/** What each event does to its job. The undo takes back everything but the job's plain fields, which the caller restores. */
const CHANGES: Record<string, (job: JobRecord, args: Args) => Undo> = {
  ManifestPublished: (job, args) =>
    append(job.manifests, {
      publisher: args.publisher as string,
      digest: args.manifest as string,
      earnsFee: args.earnsFee as boolean,
    }),
  UnitClaimed(job, args) {
    const before = job.units.update(Number(args.unit), {
      status: "claimed",
      attempt: Number(args.attempt),
      worker: args.worker as string,
      provider: args.provider as string,
      key: args.key as string,
      deadline: Number(args.deadline),
    });
    return () => job.units.put(before);
  },
  ClaimCommitted(job, args) {
    const before = job.units.update(Number(args.unit), {
      status: "committed",
      outputsRoot: args.outputsRoot as string,
      outputs: args.outputs as string,
      windowEnd: Number(args.windowEnd),
    });
    return () => job.units.put(before);
  },
  UnitSettled(job, args) {
    const before = job.units.update(Number(args.unit), {
      status: "settled",
      accepted: args.accepted as boolean,
    });
    job.settledShards += before.to - before.from;
    const undo = append(job.payments, {
      key: args.key as string,
      unit: before.index,
      worker: args.worker as string,
      provider: args.provider as string,
      pay: args.pay as bigint,
      tip: args.tip as bigint,
      fee: args.fee as bigint,
      feeTo: args.feeTo as string,
    });
    return () => {
      undo();
      job.units.put(before);
    };
  },
  UnitExpired: (job, args) => returnUnit(job, args, "expired"),
  UnitForfeited: (job, args) => returnUnit(job, args, "forfeited"),
  UnitRefunded(job, args) {
    job.refunded += (args.refund as bigint) + (args.tip as bigint);
    return nothing;
  },
  JobCancelled(job, args) {
    job.cancelled = true;
    job.refunded += (args.refund as bigint) + (args.tip as bigint);
    return nothing;
  },
  ResultPublished: (job, args) =>
    append(job.results, {
      publisher: args.publisher as string,
      root: args.resultRoot as string,
      digest: args.result as string,
    }),
};
