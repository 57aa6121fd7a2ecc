import { escrowOf, isFinished, isMinted, type JobRecord, type UnitStatus } from "@orion/protocol/chain";

import { CU, formatAmount } from "../core/amounts.ts";
import { facts } from "../core/table.ts";

export type JobState = "open" | "settled" | "cancelled" | "cancelling";

/** Where a job stands, in numbers. */
export interface JobSummary {
  readonly jobId: string;
  readonly poster: string;
  readonly state: JobState;
  /** Whether the escrow was minted for the job. */
  readonly minted: boolean;
  readonly shards: number;
  /** Shards by the state of their unit. */
  readonly free: number;
  readonly claimed: number;
  readonly committed: number;
  readonly settled: number;
  readonly manifests: number;
  readonly results: number;
  /** CU base units. */
  readonly escrow: bigint;
  readonly paid: bigint;
  readonly refunded: bigint;
  readonly penalties: number;
}

export function summarise(job: JobRecord): JobSummary {
  const active = job.units.active();
  const count = (wanted: UnitStatus): number =>
    active.filter(({ status }) => status === wanted).reduce((sum, { from, to }) => sum + to - from, 0);
  const [claimed, committed] = [count("claimed"), count("committed")];
  return {
    jobId: job.jobId,
    poster: job.terms.poster,
    state: stateOf(job),
    minted: isMinted(job.terms),
    shards: job.terms.shards,
    free: job.terms.shards - claimed - committed - job.settledShards,
    claimed,
    committed,
    settled: job.settledShards,
    manifests: job.manifests.length,
    results: job.results.length,
    escrow: escrowOf(job.terms),
    paid: job.payments.reduce((sum, { pay, tip, fee }) => sum + pay + tip + fee, 0n),
    refunded: job.refunded,
    penalties: job.penalties.length,
  };
}

function stateOf(job: JobRecord): JobState {
  if (job.cancelled) return isFinished(job) ? "cancelled" : "cancelling";
  return isFinished(job) ? "settled" : "open";
}

/** `more` are facts that the job's events alone do not tell. */
export function summaryLines(summary: JobSummary, more: readonly (readonly [string, string])[] = []): string[] {
  const { free, claimed, committed, settled, shards } = summary;
  return facts([
    ["job", summary.jobId],
    ["poster", summary.poster],
    ["state", summary.state],
    ["shards", `${settled} of ${shards} settled, ${committed} in their window, ${claimed} computing, ${free} free`],
    ["data", summary.manifests === 0 ? "not sharded yet: no keeper has published a manifest" : "sharded"],
    ["result", summary.results === 0 ? "not published yet" : "published"],
    ["escrow", formatAmount(summary.escrow, CU)],
    ["paid out", formatAmount(summary.paid, CU)],
    ["refunded", formatAmount(summary.refunded, CU)],
    ["penalties", String(summary.penalties)],
    ...more,
  ]);
}
