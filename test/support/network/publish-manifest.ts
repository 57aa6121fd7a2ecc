import { createOrchestrator } from "@orion/keepers";

import { jobOf } from "./checks.ts";
import { startHere } from "./in-process.ts";
import { until } from "./services.ts";
import { ACCOUNTS, type TestNetwork } from "./test-network.ts";
import { postTinyJob, type TinyJob, type TinyJobOptions } from "./tiny-job.ts";

/** Posts a job and waits until an orchestrator has published its manifest. */
export async function publishTinyJob(running: TestNetwork, options: TinyJobOptions): Promise<TinyJob> {
  const job = await postTinyJob(running, options);
  await publishManifests(running, [job]);
  return job;
}

/** Waits until an orchestrator, which runs here for so long, has published the manifests of the jobs. */
export async function publishManifests(running: TestNetwork, jobs: readonly TinyJob[]): Promise<void> {
  const orchestrator = startHere(createOrchestrator(running.context(ACCOUNTS.orchestrator), { intervalMs: 50 }));
  const isPublished = async (job: TinyJob): Promise<boolean> => (await jobOf(running, job)).manifests.length > 0;
  await until("manifests", async () => (await Promise.all(jobs.map(isPublished))).every(Boolean));
  await orchestrator.stop();
}
