import type { JobRecord } from "@orion/protocol/chain";
import { InvalidInputError, type Service } from "@orion/protocol/common";
import {
  checkProgram,
  loadDataset,
  loadOutputs,
  putResult,
  requireJobProgram,
  type CheckedProgram,
  type PublishedResult,
  type ServiceContext,
} from "@orion/protocol/jobs";
import { dagCidFromDigest } from "@orion/protocol/storage";
import type { Tensor } from "@orion/protocol/tensor";

import { createJobService } from "./job-service.ts";

export interface AggregatorOptions {
  readonly intervalMs?: number;
  /** Leave jobs alone whose outputs have more bytes: they are joined in memory. 1 GiB unless given. */
  readonly maxBytes?: bigint;
}

const DEFAULT_MAX_BYTES = 2n ** 30n;

/**
 * Joins the outputs of settled jobs: checks each against its outputs root on chain, stores the joined .npy and announces root and address.
 * The result is a pure function of the settled claims, so any number of aggregators may race and all announce the same.
 */
export function createAggregator(context: ServiceContext, options: AggregatorOptions = {}): Service {
  const { chain, sender, follower, log, step } = context;
  /** Right results that were found announced, by anybody; a reorganisation may take the announcement back. */
  const done = new Map<string, PublishedResult>();

  const serve = async (job: JobRecord, signal: AbortSignal): Promise<void> => {
    const { jobId } = job;
    step?.("aggregator:found");
    const result = await join(context, job, options.maxBytes ?? DEFAULT_MAX_BYTES, signal);
    step?.("aggregator:stored");
    const fresh = (await follower.sync(sender.lastBlock)).jobs.get(jobId);
    if (fresh === undefined) return;
    if (!isAnnounced(fresh, result)) {
      const data = chain.contracts.market.interface.encodeFunctionData("publishResult", [
        jobId,
        result.root,
        result.digest,
      ]);
      const receipt = await sender.send({ to: chain.network.addresses.market, data, label: "publishResult" });
      step?.("aggregator:published");
      log.info({ jobId, root: result.root, gas: Number(receipt.gasUsed) }, "result published");
    }
    done.set(jobId, result);
  };

  const wanted = (job: JobRecord): boolean =>
    job.settledShards === job.terms.shards &&
    !isAnnounced(job, done.get(job.jobId)) &&
    !job.results.some(({ publisher }) => publisher === sender.address);

  return createJobService(context, {
    name: "aggregator",
    intervalMs: options.intervalMs ?? 1_000,
    select: (jobs) => jobs.filter(wanted),
    serve,
  });
}

function isAnnounced(job: JobRecord, result: PublishedResult | undefined): boolean {
  return job.results.some((r) => r.root === result?.root && r.digest === result.digest);
}

async function join(
  context: ServiceContext,
  job: JobRecord,
  maxBytes: bigint,
  signal: AbortSignal,
): Promise<PublishedResult> {
  const { store, sha256 } = context;
  const document = await loadDataset(store, dagCidFromDigest(job.terms.dataset), { signal });
  const loaded: CheckedProgram = await checkProgram(store, document.program, { sha256, signal });
  requireJobProgram(loaded, job.terms);
  const bytes = BigInt(job.terms.shards) * loaded.facts.outputBytes;
  if (bytes > maxBytes) {
    throw new InvalidInputError(
      `the outputs of the job have ${String(bytes)} bytes, the limit here is ${String(maxBytes)}`,
    );
  }
  const outputs: (readonly Tensor[])[] = [];
  const roots: (readonly Uint8Array[])[] = [];
  for (const unit of job.units) {
    const part = await loadOutputs(store, unit, loaded, { sha256, signal });
    outputs.push(...part.outputs);
    roots.push(...part.outputRoots);
  }
  return putResult(store, { jobId: job.jobId, terms: job.terms, loaded }, outputs, roots, sha256);
}
