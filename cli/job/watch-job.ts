import { findJobs, isFinished, type JobRecord } from "@orion/protocol/chain";
import { AbortedError } from "@orion/protocol/common";

import type { Client } from "../core/client.ts";

export interface WatchOptions {
  readonly signal: AbortSignal;
  readonly intervalMs?: number;
  /** Wait until this is published too; a cancelled job has none. */
  readonly until?: "settled" | "result";
  /** Called after every look at the chain. */
  readonly onLook?: (job: JobRecord) => void;
}

const INTERVAL_MS = 1_000;

/**
 * Follows a job until it is settled (and its result published). It holds no state: stopped at any time, it goes on when called again.
 * @throws AbortedError when the signal aborts first
 */
export async function watchJob(client: Client, jobId: string, options: WatchOptions): Promise<JobRecord> {
  for (;;) {
    const job = (await findJobs(client.chain, await client.follower.sync(), [jobId])).get(jobId);
    if (job !== undefined) {
      options.onLook?.(job);
      const isPublished = job.results.length > 0 || job.cancelled || options.until === "settled";
      if (isFinished(job) && isPublished) return job;
    }
    if (options.signal.aborted) {
      throw new AbortedError("stopped before the job ended", { hint: "the same command goes on where it stopped" });
    }
    await client.clock.sleep(options.intervalMs ?? INTERVAL_MS, options.signal);
  }
}
