import { AbiCoder } from "ethers";

import { chainError, isFinished, termsType, type JobRecord } from "@orion/protocol/chain";
import { createLoop, type Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";

import { PerJob } from "./per-job.ts";

export interface UpkeepOptions {
  readonly intervalMs?: number;
  /** Units looked at in one simulated call. */
  readonly range?: number;
  /** Units settled or expired in one transaction. */
  readonly limit?: number;
}

/**
 * Speaks Chainlink Automation's `checkUpkeep`/`performUpkeep` to the upkeep contract: simulates the check and sends what it returns.
 * The market judges every unit again, so a race or a stale answer costs gas at most.
 */
export function createUpkeepKeeper(context: ServiceContext, options: UpkeepOptions = {}): Service {
  const { chain, sender, follower, clock, log, step } = context;
  const { range = 256, limit = 20 } = options;
  const jobs = new PerJob(clock, log);
  const { upkeep } = chain.contracts;

  /** Sends at most one transaction; true when there was work. */
  const perform = async (job: JobRecord, first: number, last: number): Promise<boolean> => {
    const [needed, performData] = await check(encodeCheck(job, first, last, limit));
    if (!needed) return false;
    step?.("upkeep:checked");
    const data = upkeep.interface.encodeFunctionData("performUpkeep", [performData]);
    const receipt = await sender.send({ to: chain.network.addresses.upkeep, data, label: "performUpkeep" });
    step?.("upkeep:performed");
    log.info({ jobId: job.jobId, gas: Number(receipt.gasUsed) }, "upkeep performed");
    return true;
  };

  const check = async (checkData: string): Promise<[boolean, string]> => {
    try {
      // The pending block carries today's time also on a chain that mines only when it has to.
      return await upkeep.checkUpkeep.staticCall(checkData, { blockTag: "pending" });
    } catch (error) {
      throw chainError(error, chain.network.rpcUrl);
    }
  };

  const serve = async (job: JobRecord, signal: AbortSignal): Promise<void> => {
    const active = job.units.filter((u) => u.status === "claimed" || u.status === "committed").map((u) => u.index);
    const end = active.at(-1);
    if (end === undefined) return;
    for (let first = active[0] as number; first <= end; first += range) {
      const last = Math.min(end, first + range - 1);
      while (!signal.aborted && (await perform(job, first, last)));
    }
  };

  return createLoop({
    name: "upkeep",
    clock,
    log,
    intervalMs: options.intervalMs ?? 1_000,
    async tick(signal) {
      const state = await follower.sync();
      for (const job of [...state.jobs.values()].filter((j) => !isFinished(j))) {
        if (signal.aborted) return;
        await jobs.attempt(job, () => serve(job, signal));
      }
    },
  });
}

/** `abi.encode(terms, first, last, limit)`, as the upkeep contract expects its check data. */
function encodeCheck(job: JobRecord, first: number, last: number, limit: number): string {
  return AbiCoder.defaultAbiCoder().encode([termsType(), "uint32", "uint32", "uint32"], [job.terms, first, last, limit]);
}
