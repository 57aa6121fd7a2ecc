import { AbiCoder, type TransactionReceipt } from "ethers";

import { reading, contractInterface, isFinished, termsType, type JobRecord } from "@orion/protocol/chain";
import type { Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";

import { createJobService } from "./job-service.ts";

export interface UpkeepOptions {
  readonly intervalMs?: number;
  /** Units looked at in one simulated call. */
  readonly range?: number;
  /** Units settled or expired in one transaction. */
  readonly limit?: number;
}

const PROGRESS = new Set(["UnitSettled", "UnitExpired", "UnitForfeited"]);

/**
 * Speaks Chainlink Automation's `checkUpkeep`/`performUpkeep` to the upkeep contract: simulates the check and sends what it returns.
 * The market judges every unit again, so a race or a stale answer costs gas at most.
 */
export function createUpkeepKeeper(context: ServiceContext, options: UpkeepOptions = {}): Service {
  const { chain, sender, follower, log, step } = context;
  const { range = 256, limit = 20 } = options;
  const { upkeep } = chain.contracts;

  // The pending block carries today's time also on a chain that mines only when it has to.
  const check = (checkData: string): Promise<[boolean, string]> =>
    reading(chain, () => upkeep.checkUpkeep.staticCall(checkData, { blockTag: "pending" }));

  /** Sends at most one transaction; true when it moved a unit, so that there may be more to do. */
  const perform = async (job: JobRecord, first: number, last: number): Promise<boolean> => {
    const [needed, performData] = await check(encodeCheck(job, first, last, limit));
    if (!needed) return false;
    step?.("upkeep:checked");
    const data = upkeep.interface.encodeFunctionData("performUpkeep", [performData]);
    const receipt = await sender.send({ to: chain.network.addresses.upkeep, data, label: "performUpkeep" });
    step?.("upkeep:performed");
    log.info({ jobId: job.jobId, gas: Number(receipt.gasUsed) }, "upkeep performed");
    // The next check must not be answered by a node that has not seen this one.
    await follower.sync(sender.lastBlock);
    return movedSomething(receipt);
  };

  const serve = async (job: JobRecord, signal: AbortSignal): Promise<void> => {
    const active = job.units.active();
    const end = active.at(-1)?.index;
    if (end === undefined) return;
    for (let first = active[0]?.index ?? 0; first <= end; first += range) {
      const last = Math.min(end, first + range - 1);
      while (!signal.aborted && (await perform(job, first, last)));
    }
  };

  return createJobService(context, {
    name: "upkeep",
    intervalMs: options.intervalMs ?? 1_000,
    select: (jobs) => jobs.filter((job) => !isFinished(job) && job.units.active().length > 0),
    serve,
  });
}

/** Another keeper may have been faster: then the market has skipped every unit. */
function movedSomething(receipt: TransactionReceipt): boolean {
  const market = contractInterface("JobMarket");
  return receipt.logs.some((entry) => PROGRESS.has(market.parseLog(entry)?.name ?? ""));
}

/** `abi.encode(terms, first, last, limit)`, as the upkeep contract expects its check data. */
function encodeCheck(job: JobRecord, first: number, last: number, limit: number): string {
  return AbiCoder.defaultAbiCoder().encode(
    [termsType(), "uint32", "uint32", "uint32"],
    [job.terms, first, last, limit],
  );
}
