import { normaliseTerms, type RawTerms, type Terms } from "./terms.ts";
import { UnitTable } from "./unit-table.ts";

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

/** The market as a pure function of its events: applying the same events always gives the same state. */
export class MarketState {
  readonly jobs = new Map<string, JobRecord>();

  apply(event: MarketEvent): Undo {
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
    const { settledShards, cancelled, refunded } = job;
    const undo = change(job, args);
    return () => {
      undo();
      Object.assign(job, { settledShards, cancelled, refunded });
    };
  }
}

/** Nothing of the job is under way, and nobody can claim any more of it. */
export function isFinished(job: JobRecord): boolean {
  return job.settledShards === job.terms.shards || (job.cancelled && job.units.active().length === 0);
}

const nothing: Undo = () => undefined;

function newJob(jobId: string, terms: Terms, block: number): JobRecord {
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
  };
}

type Args = Record<string, unknown>;

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
      key: args.key as string,
      deadline: Number(args.deadline),
    });
    return () => job.units.put(before);
  },
  ClaimCommitted(job, args) {
    const before = job.units.update(Number(args.unit), {
      status: "committed",
      claimRoot: args.claimRoot as string,
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
