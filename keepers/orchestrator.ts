import { isFinished, type JobRecord } from "@orion/protocol/chain";
import { IntegrityError, toHex, type Service } from "@orion/protocol/common";
import {
  checkProgram,
  loadDataset,
  loadDatasetFiles,
  putManifest,
  requireJobProgram,
  shardDataset,
  type ServiceContext,
} from "@orion/protocol/jobs";
import { dagCidFromDigest, digestFromDagCid } from "@orion/protocol/storage";

import { createJobService } from "./job-service.ts";

export interface OrchestratorOptions {
  /** Milliseconds between two looks at the chain. */
  readonly intervalMs?: number;
  /** Also shard jobs that name another keeper, or none; that earns nothing. */
  readonly serveAll?: boolean;
  /** Leave jobs alone that pay less CU base units per shard. */
  readonly minFee?: bigint;
  /** Refuse data sets of more bytes; 1 GiB unless given. */
  readonly maxBytes?: number;
}

/**
 * Shards the data sets of jobs: fetches program and data, checks them against the terms, stores the shards and publishes the manifest.
 * Every step can be repeated: content has the same address each time, and a manifest that is on chain is not published again.
 */
export function createOrchestrator(context: ServiceContext, options: OrchestratorOptions = {}): Service {
  const { chain, sender, store, follower, log, step } = context;

  const serve = async (job: JobRecord, signal: AbortSignal): Promise<void> => {
    const { terms, jobId } = job;
    log.info({ jobId, shards: terms.shards }, "sharding a job");
    step?.("orchestrator:found");
    const document = await loadDataset(store, dagCidFromDigest(terms.dataset), { signal });
    const program = await checkProgram(store, document.program, { sha256: context.sha256, signal });
    requireJobProgram(program, terms);
    const limits = options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes };
    const files = await loadDatasetFiles(store, document, program, Number(terms.rows), { signal, ...limits });
    const dataset = await shardDataset(program, files, { sha256: context.sha256, signal });
    if (dataset.rows !== Number(terms.rows) || toHex(dataset.inputsRoot) !== terms.inputsRoot) {
      throw new IntegrityError("the data set does not hash to the inputs root of the job");
    }
    step?.("orchestrator:sharded");
    const cid = await putManifest(store, { jobId, terms, program: document.program, dataset }, { signal });
    step?.("orchestrator:stored");
    const digest = digestFromDagCid(cid);
    const fresh = (await follower.sync(sender.lastBlock)).jobs.get(jobId);
    if (fresh?.manifests.some((m) => m.digest === digest && m.publisher === sender.address) === true) return;
    const data = chain.contracts.market.interface.encodeFunctionData("publishManifest", [terms, digest]);
    const receipt = await sender.send({ to: chain.network.addresses.market, data, label: "publishManifest" });
    step?.("orchestrator:published");
    log.info({ jobId, manifest: cid.toString(), gas: Number(receipt.gasUsed) }, "manifest published");
  };

  const wanted = (job: JobRecord): boolean => {
    if (isFinished(job) || job.cancelled || job.manifests.some((m) => m.publisher === sender.address)) return false;
    return options.serveAll === true
      ? job.terms.keeper === sender.address || !job.manifests.some((m) => m.earnsFee)
      : job.terms.keeper === sender.address && job.terms.keeperFee >= (options.minFee ?? 0n);
  };

  return createJobService(context, {
    name: "orchestrator",
    intervalMs: options.intervalMs ?? 1_000,
    // The best paid job first: posting many cheap ones delays no other.
    select: (jobs) => jobs.filter(wanted).sort((a, b) => Number(b.terms.keeperFee - a.terms.keeperFee)),
    serve,
  });
}
