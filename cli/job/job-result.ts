import { escrowOf, type JobRecord, type UnitRecord } from "@orion/protocol/chain";
import { InvalidInputError, toHex, UnavailableError } from "@orion/protocol/common";
import {
  loadDataset,
  openOutputs,
  checkProgram,
  loadResult,
  requireJobProgram,
  resultRootOf,
  type CheckedProgram,
} from "@orion/protocol/jobs";
import { dagCidFromDigest } from "@orion/protocol/storage";
import { encodeNpy, joinRows, type Tensor } from "@orion/protocol/tensor";

import type { Client } from "../core/client.ts";
import { announcedAs, announcedResults } from "./announced-results.ts";

export interface JobResult {
  /** One output of the program over all shards, as a .npy file. */
  readonly npy: Uint8Array;
  readonly tensor: Tensor;
  /** Index of the output, and how many the program has. */
  readonly output: number;
  readonly outputs: number;
  /** Root over all outputs of all shards. */
  readonly root: string;
  /** CID of the published result document; undefined when the result was joined here because nobody had published it. */
  readonly cid: string | undefined;
  /** Whether root and content were checked against the settled claims, or the announced root was trusted. */
  readonly verified: boolean;
  /** Shards that the poster accepted before their window had passed. */
  readonly acceptedShards: number;
}

export interface ResultOptions {
  /** Index of the output that is wanted; the first one unless given. */
  readonly output?: number;
  /** Take the announced root as it is: saves fetching every claim's roots. */
  readonly trustRoot?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * One output of a settled job, checked: every shard's output roots are proved by the claim that was settled on chain.
 * @throws InvalidInputError while shards are unsettled or without such an output, IntegrityError when what was published does not follow from the claims
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
  const { output = 0 } = options;
  const outputs = loaded.facts.outputTypes.length;
  if (output >= outputs) {
    throw new InvalidInputError(`the program has ${outputs} output(s), none with index ${output}`, {
      hint: `outputs count from 0: choose one up to ${outputs - 1}`,
    });
  }
  const acceptedShards = shardsOf(settledUnits(job).filter(({ accepted }) => accepted));
  const about = { output, outputs, acceptedShards };
  if (options.trustRoot === true) return { ...(await announced(client, job, loaded, output)), ...about };
  return { ...(await verified(client, job, loaded, output, options)), ...about };
}

type Loaded = Omit<JobResult, "acceptedShards" | "output" | "outputs">;

async function programOf(client: Client, job: JobRecord, options: ResultOptions): Promise<CheckedProgram> {
  const io = options.signal === undefined ? {} : { signal: options.signal };
  const dataset = await loadDataset(client.store, dagCidFromDigest(job.terms.dataset));
  const loaded = await checkProgram(client.store, dataset.program, { sha256: client.sha256, ...io });
  requireJobProgram(loaded, job.terms);
  return loaded;
}

async function announced(client: Client, job: JobRecord, loaded: CheckedProgram, output: number): Promise<Loaded> {
  const last = (await announcedResults(client, job)).at(-1);
  if (last === undefined) {
    throw new UnavailableError("nobody has published the result yet", {
      hint: "leave --trust-root out to have it joined here",
    });
  }
  const about = { jobId: job.jobId, terms: job.terms, program: loaded };
  const content = await loadResult(client.store, last.digest, about, output, last.root, { sha256: client.sha256 });
  return { ...content, root: last.root, cid: dagCidFromDigest(last.digest).toString(), verified: false };
}

/** Collects the output roots that the settled claims prove; takes a published result that has their root, else joins one. */
async function verified(
  client: Client,
  job: JobRecord,
  loaded: CheckedProgram,
  output: number,
  options: ResultOptions,
): Promise<Loaded> {
  const io = options.signal === undefined ? {} : { signal: options.signal };
  const parts: Tensor[] = [];
  const roots: (readonly Uint8Array[])[] = [];
  for (const unit of job.units) {
    const opened = await openOutputs(client.store, unit, loaded, { sha256: client.sha256, ...io });
    roots.push(...opened.outputRoots);
    for (let shard = unit.from; shard < unit.to; shard++) {
      parts.push(await opened.load(shard, output));
      options.onProgress?.(parts.length, job.terms.shards);
    }
  }
  const root = toHex(resultRootOf(roots, client.sha256));
  const joined = joinRows(parts, Number(job.terms.rows), loaded.facts.batch);
  const npy = encodeNpy(joined);
  const published = await announcedAs(client, job, root);
  return { npy, tensor: joined, root, cid: published && dagCidFromDigest(published.digest).toString(), verified: true };
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
