import type { JobRecord } from "@orion/protocol/chain";
import { createLoop, type Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";

import { JobPool, type JobWork } from "./job-pool.ts";

export interface JobServiceOptions {
  readonly name: string;
  readonly intervalMs: number;
  /** The jobs that need this keeper now; most urgent first, unless `urgency` says it. */
  readonly select: (jobs: JobRecord[]) => JobRecord[] | Promise<JobRecord[]>;
  /** How urgent a job is: the smaller, the sooner, such as the time of its deadline. */
  readonly urgency?: (job: JobRecord) => number;
  /** One idempotent piece of work on one job; "idle" when nothing could be done for now, so that it is asked less often. */
  readonly serve: JobWork;
}

/** A look that another service of the process took within this part of the interval is enough. */
const SHARED_PART = 0.8;
/** Where nothing is to be done for a while, the pauses grow to so many intervals; a second's to this. */
const LONGEST_IDLE_FACTOR = 3;
const IDLE_GROWTH = 0.1;
const LONGEST_IDLE_MS = 3_000;

function idlePause(intervalMs: number, idleTicks: number): number {
  const factor = Math.min(LONGEST_IDLE_FACTOR, 1 + IDLE_GROWTH * idleTicks);
  return Math.max(intervalMs, Math.min(LONGEST_IDLE_MS, intervalMs * factor));
}

/** A keeper that looks at the market again and again and serves the jobs that need it. */
export function createJobService(context: ServiceContext, options: JobServiceOptions): Service {
  const { clock, log, follower, sender } = context;
  const { name, intervalMs, select, serve, urgency } = options;
  return {
    name,
    async run(signal) {
      const pool = new JobPool({ clock, log, ...(urgency === undefined ? {} : { urgency }) });
      let idleTicks = 0;
      const tick = async (): Promise<void> => {
        // Services of one process share their looks at the chain.
        const state = await follower.sync(sender.lastBlock, intervalMs * SHARED_PART);
        const wanted = await select([...state.jobs.values()]);
        idleTicks = wanted.length === 0 ? idleTicks + 1 : 0;
        pool.start(wanted, (job, slice) => serve(job, AbortSignal.any([signal, slice])));
      };
      try {
        await createLoop({ name, clock, log, intervalMs: () => idlePause(intervalMs, idleTicks), tick }).run(signal);
      } finally {
        await pool.drain();
      }
    },
  };
}
