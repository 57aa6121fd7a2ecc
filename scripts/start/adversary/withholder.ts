import { randomBytes } from "node:crypto";

import { createLoop, toHex, type Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";

import { claimAny, commitClaim } from "./market.ts";

export interface WithholderOptions {
  readonly intervalMs: number;
  readonly onCommit?: (unit: number) => void;
}

/** A cheat: claims one unit, computes nothing, commits to noise, and keeps silent from then on. */
export function createWithholder(context: ServiceContext, options: WithholderOptions): Service {
  const { clock, log, follower } = context;
  let isDone = false;
  return createLoop({
    name: "withholder",
    clock,
    log,
    intervalMs: options.intervalMs,
    async tick() {
      if (isDone) return;
      const prey = await claimAny(context);
      // Nobody looks for its content before the job's data is there.
      if (prey === undefined || (follower.state.jobs.get(prey.job.jobId)?.manifests.length ?? 0) === 0) return;
      await commitClaim(context, prey, toHex(randomBytes(32)), toHex(randomBytes(32)));
      isDone = true;
      options.onCommit?.(prey.unit.index);
    },
  });
}
