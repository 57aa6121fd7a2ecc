import { setTimeout as delay } from "node:timers/promises";

import { createOrchestrator } from "@orion/keepers";
import { jobIdOf } from "@orion/protocol/chain";
import { assembleProgram } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { decodeNpy, type Tensor } from "@orion/protocol/tensor";
import { loadDigits } from "../../examples/digits/index.ts";
import { startHere } from "../../test/support/network/in-process.ts";
import { until } from "../../test/support/network/services.ts";
import { ACCOUNTS, type TestNetwork } from "../../test/support/network/test-network.ts";
import { plainTerms, storeDataset } from "../../test/support/network/tiny-job.ts";

const MANIFEST_TIMEOUT_MS = 120_000;

/** Posts the digits model over so many shards of test images, one shard a unit, and waits until its manifest is mined; gives the job's id. */
export async function postDigitsJob(running: TestNetwork, shards: number): Promise<string> {
  const files = await loadDigits();
  const program = assembleProgram(files.program, files.constants, nativeSha256);
  const batch = program.facts.shardTypes[0]?.dims[0] ?? 1;
  const images = repeated(decodeNpy(files.test), shards * batch);
  const { dataset, inputsRoot } = await storeDataset(running.store, program, images);
  const terms = plainTerms(program, { dataset, inputsRoot, rows: images.dims[0], shards });
  const { addresses, chainId } = running.network;
  const jobId = jobIdOf(chainId, addresses.market, terms);
  const data = running.chain.contracts.market.interface.encodeFunctionData("postJob", [terms]);
  await running.sender(ACCOUNTS.poster).send({ to: addresses.market, data, label: "postJob" });
  const orchestrator = startHere(createOrchestrator(running.context(ACCOUNTS.orchestrator), { intervalMs: 200 }));
  const isPublished = async (): Promise<boolean> =>
    ((await running.follower.sync()).jobs.get(jobId)?.manifests.length ?? 0) > 0;
  await until("the manifest", isPublished, [], MANIFEST_TIMEOUT_MS);
  await orchestrator.stop();
  return jobId;
}

/** Waits until every unit of a job is committed. @throws Error after `patienceMs` */
export async function untilCommitted(
  running: TestNetwork,
  jobId: string,
  pace: { readonly lookMs: number; readonly patienceMs: number },
): Promise<void> {
  const start = performance.now();
  for (;;) {
    const units = [...((await running.follower.sync()).jobs.get(jobId)?.units ?? [])];
    const open = units.filter(({ status }) => status !== "committed").length;
    if (units.length > 0 && open === 0) return;
    if (performance.now() - start > pace.patienceMs) throw new Error(`the worker has left ${open} of its units`);
    await delay(pace.lookMs);
  }
}

/** So many rows, each with content of its own: equal shards would be computed once. */
function repeated(images: Tensor, rows: number): Tensor {
  const each = images.data.length / images.dims[0];
  const data = new Uint8Array(rows * each);
  for (let row = 0; row < rows; row++) {
    const from = (row % images.dims[0]) * each;
    for (let i = 0; i < each; i++) data[row * each + i] = Number(images.data[from + i]);
    data[row * each] = row % 256;
  }
  return { ...images, dims: [rows, ...images.dims.slice(1)] as unknown as Tensor["dims"], data };
}
