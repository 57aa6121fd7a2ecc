import { escrowOf, type JobRecord, type UnitRecord } from "@orion/protocol/chain";
import { IntegrityError, InvalidInputError, toHex, UnavailableError } from "@orion/protocol/common";
import {
  loadDataset,
  loadOutputs,
  checkProgram,
  loadResult,
  requireJobProgram,
  type CheckedProgram,
} from "@orion/protocol/jobs";
import { dagCidFromDigest } from "@orion/protocol/storage";
import { encodeNpy, joinRows, resultRoot, type Tensor } from "@orion/protocol/tensor";

import type { Client } from "../core/client.ts";

export interface JobResult {
  /** The joined output as a .npy file. */
  readonly npy: Uint8Array;
  readonly tensor: Tensor;
  /** Root over the shards' output roots. */
  readonly root: string;
  /** CID of the published result document; undefined when the result was joined here because nobody had published it. */
  readonly cid: string | undefined;
  /** Whether root and content were checked against the settled claims, or the announced root was trusted. */
  readonly verified: boolean;
  /** Shards that the poster accepted before their window had passed. */
  readonly acceptedShards: number;
}

export interface ResultOptions {
  /** Take the announced root as it is: saves fetching every claim's roots. */
  readonly trustRoot?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * The result of a settled job, checked: every shard's output root is proved by the claim that was settled on chain.
 * @throws InvalidInputError while shards are unsettled, IntegrityError when what was published does not follow from the claims
 */
export async function jobResult(client: Client, job: JobRecord, options: ResultOptions = {}): Promise<JobResult> {
  const { shards } = job.terms;
  if (job.settledShards !== shards) {
    const reason = job.cancelled ? "the job was cancelled" : "the job is not finished";
    throw new InvalidInputError(`${reason}: ${job.settledShards} of ${shards} shards are settled`, {
      hint: job.cancelled ? "a cancelled job has no result" : `wait for it with \`orion job watch ${job.jobId}\``,
    });
  }
  const loaded = await programOf(client, job, options);
  const acceptedShards = shardsOf(settledUnits(job).filter(({ accepted }) => accepted));
  if (options.trustRoot === true) return { ...(await announced(client, job, loaded)), acceptedShards };
  return { ...(await verified(client, job, loaded, options)), acceptedShards };
}

type Loaded = Omit<JobResult, "acceptedShards">;

async function programOf(client: Client, job: JobRecord, options: ResultOptions): Promise<CheckedProgram> {
  const io = options.signal === undefined ? {} : { signal: options.signal };
  const dataset = await loadDataset(client.store, dagCidFromDigest(job.terms.dataset));
  const loaded = await checkProgram(client.store, dataset.program, { sha256: client.sha256, ...io });
  requireJobProgram(loaded, job.terms);
  return loaded;
}

async function announced(client: Client, job: JobRecord, loaded: CheckedProgram): Promise<Loaded> {
  const last = job.results.at(-1);
  if (last === undefined) {
    throw new UnavailableError("nobody has published the result yet", {
      hint: "leave --trust-root out to have it joined here",
    });
  }
  const content = await load(client, job, loaded, last);
  return { ...content, root: last.root, cid: dagCidFromDigest(last.digest).toString(), verified: false };
}

/** Collects the output roots that the settled claims prove; takes a published result that has their root, else joins one. */
async function verified(
  client: Client,
  job: JobRecord,
  loaded: CheckedProgram,
  options: ResultOptions,
): Promise<Loaded> {
  const io = options.signal === undefined ? {} : { signal: options.signal };
  const outputs: Tensor[] = [];
  const roots: Uint8Array[] = [];
  for (const unit of job.units) {
    const part = await loadOutputs(client.store, unit, loaded, { sha256: client.sha256, ...io });
    outputs.push(...part.outputs);
    roots.push(...part.outputRoots);
    options.onProgress?.(roots.length, job.terms.shards);
  }
  const root = toHex(resultRoot(roots, client.sha256));
  const joined = joinRows(outputs, Number(job.terms.rows), loaded.facts.batch);
  const npy = encodeNpy(joined);
  const published = job.results.find((result) => result.root === root);
  if (published === undefined && job.results.length > 0) {
    throw new IntegrityError(
      `the published result root ${job.results.at(-1)?.root ?? ""} does not follow from the settled claims, which give ${root}`,
      {
        hint: "do not use that result; an honest aggregator can publish the right one (`orion keeper start aggregator`)",
      },
    );
  }
  return { npy, tensor: joined, root, cid: published && dagCidFromDigest(published.digest).toString(), verified: true };
}

async function load(
  client: Client,
  job: JobRecord,
  loaded: CheckedProgram,
  result: { digest: string; root: string },
): Promise<{ npy: Uint8Array; tensor: Tensor }> {
  const about = { jobId: job.jobId, terms: job.terms, program: loaded };
  return loadResult(client.store, result.digest, about, result.root, { sha256: client.sha256 });
}

/** The units that were settled; their number is bounded by what somebody computed. */
function settledUnits(job: JobRecord): UnitRecord[] {
  return job.payments.map(({ unit }) => job.units.get(unit));
}

function shardsOf(units: readonly UnitRecord[]): number {
  return units.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** What a finished job paid, all in all; CU base units. */
export function paidOut(job: JobRecord): { paid: bigint; tips: bigint; escrow: bigint } {
  const paid = job.payments.reduce((sum, { pay, fee }) => sum + pay + fee, 0n);
  const tips = job.payments.reduce((sum, { tip }) => sum + tip, 0n);
  return { paid, tips, escrow: escrowOf(job.terms) };
}
