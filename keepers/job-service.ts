import type { JobRecord } from "@orion/protocol/chain";
import { createLoop, type Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";

import { JobPool } from "./job-pool.ts";

export interface JobServiceOptions {
  readonly name: string;
  readonly intervalMs: number;
  /** The jobs that need this keeper, most urgent first. */
  readonly select: (jobs: JobRecord[]) => JobRecord[];
  /** One idempotent piece of work on one job. */
  readonly serve: (job: JobRecord, signal: AbortSignal) => Promise<void>;
}

/** A keeper that looks at the market again and again and serves the jobs that need it. */
export function createJobService(context: ServiceContext, options: JobServiceOptions): Service {
  const { clock, log, follower, sender } = context;
  return {
    name: options.name,
    async run(signal) {
      const pool = new JobPool({ clock, log });
      const tick = async (): Promise<void> => {
        const state = await follower.sync(sender.lastBlock);
        pool.start(options.select([...state.jobs.values()]), (job) => options.serve(job, signal));
      };
      try {
        await createLoop({ name: options.name, clock, log, intervalMs: options.intervalMs, tick }).run(signal);
      } finally {
        await pool.drain();
      }
    },
  };
}
