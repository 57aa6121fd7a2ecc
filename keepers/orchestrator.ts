import { isFinished, type JobRecord } from "@orion/protocol/chain";
import { createLoop, IntegrityError, toHex, type Service } from "@orion/protocol/common";
import { loadDataset, loadDatasetFiles, loadProgram, putManifest, requireJobProgram, shardDataset, type ServiceContext } from "@orion/protocol/jobs";
import { dagCidFromDigest, digestFromDagCid } from "@orion/protocol/storage";

import { PerJob } from "./per-job.ts";

export interface OrchestratorOptions {
  /** Milliseconds between two looks at the chain. */
  readonly intervalMs?: number;
  /** Also shard jobs that name another keeper, or none; that earns nothing. */
  readonly serveAll?: boolean;
}

/**
 * Shards the data sets of jobs: fetches program and data, checks them against the terms, stores the shards and publishes the manifest.
 * Every step can be repeated: content has the same address each time, and a manifest that is on chain is not published again.
 */
export function createOrchestrator(context: ServiceContext, options: OrchestratorOptions = {}): Service {
  const { chain, sender, store, follower, clock, log, step } = context;
  const jobs = new PerJob(clock, log);

  const serve = async (job: JobRecord, signal: AbortSignal): Promise<void> => {
    const { terms, jobId } = job;
    log.info({ jobId, shards: terms.shards }, "sharding a job");
    step?.("orchestrator:found");
    const dataset = await loadDataset(store, dagCidFromDigest(terms.dataset));
    const loaded = await loadProgram(store, dataset.program, { sha256: context.sha256, signal });
    requireJobProgram(loaded, terms);
    const sharded = shardDataset(loaded, await loadDatasetFiles(store, dataset, { signal }), context.sha256);
    if (sharded.rows !== Number(terms.rows) || toHex(sharded.inputsRoot) !== terms.inputsRoot) {
      throw new IntegrityError("the data set does not hash to the inputs root of the job");
    }
    step?.("orchestrator:sharded");
    const cid = await putManifest(store, { jobId, terms, program: dataset.program, dataset: sharded }, { signal });
    step?.("orchestrator:stored");
    const digest = digestFromDagCid(cid);
    const fresh = (await follower.sync()).jobs.get(jobId);
    if (fresh?.manifests.some((m) => m.digest === digest) === true) return;
    const data = chain.contracts.market.interface.encodeFunctionData("publishManifest", [terms, digest]);
    const receipt = await sender.send({ to: chain.network.addresses.market, data, label: "publishManifest" });
    step?.("orchestrator:published");
    log.info({ jobId, manifest: cid.toString(), gas: Number(receipt.gasUsed) }, "manifest published");
  };

  const wanted = (job: JobRecord): boolean => {
    if (isFinished(job) || job.cancelled) return false;
    if (job.terms.keeper === sender.address) return !job.manifests.some((m) => m.publisher === sender.address);
    return options.serveAll === true && job.manifests.length === 0;
  };

  return createLoop({
    name: "orchestrator",
    clock,
    log,
    intervalMs: options.intervalMs ?? 1_000,
    async tick(signal) {
      const state = await follower.sync();
      for (const job of [...state.jobs.values()].filter(wanted)) {
        if (signal.aborted) return;
        await jobs.attempt(job, () => serve(job, signal));
      }
    },
  });
}
