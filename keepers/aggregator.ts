import type { JobRecord } from "@orion/protocol/chain";
import { createLoop, type Service } from "@orion/protocol/common";
import { loadDataset, loadOutputs, loadProgram, putResult, requireJobProgram, type LoadedProgram, type PublishedResult, type ServiceContext } from "@orion/protocol/jobs";
import { dagCidFromDigest } from "@orion/protocol/storage";
import type { Tensor } from "@orion/protocol/tensor";

import { PerJob } from "./per-job.ts";

export interface AggregatorOptions {
  readonly intervalMs?: number;
}

/**
 * Joins the outputs of settled jobs: checks each against its claim root on chain, stores the joined .npy and announces root and address.
 * The result is a pure function of the settled claims, so any number of aggregators may race and all announce the same.
 */
export function createAggregator(context: ServiceContext, options: AggregatorOptions = {}): Service {
  const { chain, sender, store, follower, clock, log, step } = context;
  const jobs = new PerJob(clock, log);
  /** Jobs whose result somebody else has announced and that was found right. */
  const done = new Set<string>();

  const serve = async (job: JobRecord, signal: AbortSignal): Promise<void> => {
    const { jobId, terms } = job;
    step?.("aggregator:found");
    const dataset = await loadDataset(store, dagCidFromDigest(terms.dataset));
    const loaded = await loadProgram(store, dataset.program, { sha256: context.sha256, signal });
    requireJobProgram(loaded, terms);
    const result = await joinOutputs(context, job, loaded, signal);
    step?.("aggregator:stored");
    const fresh = (await follower.sync()).jobs.get(jobId);
    if (fresh === undefined || isAnnounced(fresh, result)) return;
    const data = chain.contracts.market.interface.encodeFunctionData("publishResult", [jobId, result.root, result.digest]);
    const receipt = await sender.send({ to: chain.network.addresses.market, data, label: "publishResult" });
    step?.("aggregator:published");
    log.info({ jobId, root: result.root, gas: Number(receipt.gasUsed) }, "result published");
  };

  return createLoop({
    name: "aggregator",
    clock,
    log,
    intervalMs: options.intervalMs ?? 1_000,
    async tick(signal) {
      const state = await follower.sync();
      const wanted = [...state.jobs.values()].filter(
        (job) => job.settledShards === job.terms.shards && !job.results.some((r) => r.publisher === sender.address),
      );
      for (const job of wanted.filter((j) => !done.has(j.jobId))) {
        if (signal.aborted) return;
        await jobs.attempt(job, async () => {
          await serve(job, signal);
          done.add(job.jobId);
        });
      }
    },
  });
}

function isAnnounced(job: JobRecord, result: PublishedResult): boolean {
  return job.results.some((r) => r.root === result.root && r.digest === result.digest);
}

async function joinOutputs(context: ServiceContext, job: JobRecord, loaded: LoadedProgram, signal: AbortSignal): Promise<PublishedResult> {
  const outputs: Tensor[] = [];
  const roots: Uint8Array[] = [];
  for (const unit of job.units) {
    const part = await loadOutputs(context.store, unit, loaded, { sha256: context.sha256, signal });
    outputs.push(...part.outputs);
    roots.push(...part.outputRoots);
  }
  return putResult(context.store, { jobId: job.jobId, terms: job.terms, loaded }, outputs, roots, context.sha256);
}
