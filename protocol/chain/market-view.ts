import { normaliseTerms, unitCount, unitRange, type RawTerms, type Terms } from "./terms.ts";

/** Where a unit stands, as the events tell. */
export type UnitStatus = "free" | "claimed" | "committed" | "settled";

export interface UnitRecord {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  status: UnitStatus;
  attempt: number;
  worker: string;
  key: string;
  deadline: number;
  claimRoot: string;
  /** Digest of the outputs document. */
  outputs: string;
  windowEnd: number;
  accepted: boolean;
}

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
  readonly units: UnitRecord[];
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

/** The market as a pure function of its events: applying the same events always gives the same state. */
export class MarketState {
  readonly jobs = new Map<string, JobRecord>();

  apply(event: MarketEvent): void {
    const args = event.args;
    const jobId = args.jobId as string | undefined;
    if (jobId === undefined) return;
    if (event.name === "JobPosted") {
      this.jobs.set(jobId, newJob(jobId, normaliseTerms(args.terms as RawTerms), event.block));
      return;
    }
    const job = this.jobs.get(jobId);
    if (job !== undefined) APPLY[event.name]?.(job, args);
  }
}

export function isFinished(job: JobRecord): boolean {
  return job.settledShards === job.terms.shards || (job.cancelled && job.units.every((u) => u.status === "settled" || u.status === "free"));
}

function newJob(jobId: string, terms: Terms, block: number): JobRecord {
  const units = Array.from({ length: unitCount(terms) }, (_, index) => freeUnit(index, terms));
  return {
    jobId,
    terms,
    postedAtBlock: block,
    units,
    manifests: [],
    results: [],
    payments: [],
    penalties: [],
    settledShards: 0,
    cancelled: false,
    refunded: 0n,
  };
}

function freeUnit(index: number, terms: Terms): UnitRecord {
  return {
    index,
    ...unitRange(terms, index),
    status: "free",
    attempt: 0,
    worker: "",
    key: "",
    deadline: 0,
    claimRoot: "",
    outputs: "",
    windowEnd: 0,
    accepted: false,
  };
}

type Args = Record<string, unknown>;

function unitOf(job: JobRecord, args: Args): UnitRecord {
  const unit = job.units[Number(args.unit as bigint)];
  if (unit === undefined) throw new Error(`the market named unit ${String(args.unit)} of a job with ${String(job.units.length)} units`);
  return unit;
}

function freeAgain(job: JobRecord, args: Args, kind: PenaltyRecord["kind"]): void {
  const unit = unitOf(job, args);
  job.penalties.push({
    kind,
    key: args.key as string,
    unit: unit.index,
    worker: args.worker as string,
    burned: args.burned as bigint,
    compensation: args.compensation as bigint,
    reward: (args.reward as bigint | undefined) ?? 0n,
  });
  Object.assign(unit, freeUnit(unit.index, job.terms), { attempt: unit.attempt + 1 });
}

const APPLY: Record<string, (job: JobRecord, args: Args) => void> = {
  ManifestPublished(job, args) {
    job.manifests.push({ publisher: args.publisher as string, digest: args.manifest as string, earnsFee: args.earnsFee as boolean });
  },
  UnitClaimed(job, args) {
    const unit = unitOf(job, args);
    unit.status = "claimed";
    unit.attempt = Number(args.attempt as bigint);
    unit.worker = args.worker as string;
    unit.key = args.key as string;
    unit.deadline = Number(args.deadline as bigint);
  },
  ClaimCommitted(job, args) {
    const unit = unitOf(job, args);
    unit.status = "committed";
    unit.claimRoot = args.claimRoot as string;
    unit.outputs = args.outputs as string;
    unit.windowEnd = Number(args.windowEnd as bigint);
  },
  UnitSettled(job, args) {
    const unit = unitOf(job, args);
    unit.status = "settled";
    unit.accepted = args.accepted as boolean;
    job.settledShards += unit.to - unit.from;
    job.payments.push({
      key: args.key as string,
      unit: unit.index,
      worker: args.worker as string,
      pay: args.pay as bigint,
      tip: args.tip as bigint,
      fee: args.fee as bigint,
      feeTo: args.feeTo as string,
    });
  },
  UnitExpired: (job, args) => freeAgain(job, args, "expired"),
  UnitForfeited: (job, args) => freeAgain(job, args, "forfeited"),
  UnitRefunded(job, args) {
    job.refunded += (args.refund as bigint) + (args.tip as bigint);
  },
  JobCancelled(job, args) {
    job.cancelled = true;
    job.refunded += (args.refund as bigint) + (args.tip as bigint);
  },
  ResultPublished(job, args) {
    job.results.push({ publisher: args.publisher as string, root: args.resultRoot as string, digest: args.result as string });
  },
};
