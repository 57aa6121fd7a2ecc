import { AbiCoder, type TransactionReceipt } from "ethers";

import {
  ChainClock,
  contractInterface,
  isFinished,
  isMinted,
  mintedWaitOf,
  reading,
  termsType,
  type JobRecord,
  type UnitRecord,
} from "@orion/protocol/chain";
import { Reserves } from "@orion/protocol/challenge";
import { monotonic, OrionError, type Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";

import type { JobOutcome } from "./job-pool.ts";
import { createJobService } from "./job-service.ts";

export interface UpkeepOptions {
  readonly intervalMs?: number;
  /** Units looked at in one simulated call. */
  readonly range?: number;
  /** Units settled or expired in one transaction. */
  readonly limit?: number;
}

/** A claim that fell in a dispute can be given back before its window is over; only the contract knows, so each job is asked about now and then. */
const WHOLE_LOOK_MS = 10 * 60_000;

const PROGRESS = new Set(["UnitSettled", "UnitExpired", "UnitForfeited"]);

/**
 * Speaks Chainlink Automation's `checkUpkeep`/`performUpkeep` to the upkeep contract: simulates the check and sends what it returns.
 * The market judges every unit again, so a race or a stale answer costs gas at most. What silence has put in reserve it has paid out once the unit has settled.
 */
export function createUpkeepKeeper(context: ServiceContext, options: UpkeepOptions = {}): Service {
  const { chain, sender, follower, log, step } = context;
  const { range = 256, limit = 20 } = options;
  const { upkeep } = chain.contracts;
  const time = new ChainClock(chain, follower, context.clock);
  const reserves = new Reserves(context);

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

  /** When each open job was looked at as a whole. */
  const looked = new Map<string, number>();
  const isStale = ({ jobId }: JobRecord): boolean =>
    monotonic(context.clock) - (looked.get(jobId) ?? -Infinity) >= WHOLE_LOOK_MS;

  /** Chain time until which open jobs with minted escrow pay nothing, whatever their windows. */
  const waits = new Map<string, number>();
  const waitOf = ({ jobId }: JobRecord): number => waits.get(jobId) ?? 0;
  const readWaits = async (jobs: readonly JobRecord[]): Promise<void> => {
    for (const job of jobs) {
      if (!isMinted(job.terms) || waits.has(job.jobId)) continue;
      try {
        waits.set(job.jobId, await mintedWaitOf(chain, job));
      } catch (error) {
        // One that a node does not show yet holds up no other; until its wait is known it counts as due when its windows are over.
        if (!(error instanceof OrionError)) throw error;
        log.debug({ jobId: job.jobId }, error.message);
      }
    }
  };

  const serve = async (job: JobRecord, signal: AbortSignal): Promise<JobOutcome> => {
    const now = await time.now();
    const whole = isStale(job);
    if (whole) looked.set(job.jobId, monotonic(context.clock));
    const due = job.units.active().filter((unit) => whole || dueAt(unit, waitOf(job)) <= now);
    const end = due.at(-1)?.index;
    let moved = false;
    for (let first = due[0]?.index ?? 0; end !== undefined && first <= end; first = nextOf(due, first + range)) {
      const last = Math.min(end, first + range - 1);
      while (!signal.aborted && (await perform(job, first, last))) moved = true;
    }
    if (await reserves.payOut(job, signal)) moved = true;
    // An open demand holds a claim up: the others are not to pay for it.
    return moved ? undefined : "idle";
  };

  return createJobService(context, {
    name: "upkeep",
    intervalMs: options.intervalMs ?? 1_000,
    select: async (jobs) => {
      const open = jobs.filter((job) => !isFinished(job) && job.units.active().length > 0);
      const now = open.length === 0 ? 0 : await time.now();
      const ids = new Set(open.map(({ jobId }) => jobId));
      for (const known of [looked, waits]) {
        for (const jobId of known.keys()) if (!ids.has(jobId)) known.delete(jobId);
      }
      await readWaits(open);
      const due = new Set(open.filter((job) => firstDue(job, waitOf(job)) <= now || isStale(job)));
      return jobs.filter((job) => due.has(job) || reserves.decided(job).length > 0);
    },
    urgency: (job) => firstDue(job, waitOf(job)),
    serve,
  });
}

/** Chain time from which something can be done for a claim: past its window and the wait of minted escrow or, uncommitted, past its deadline. */
function dueAt({ status, windowEnd, deadline }: UnitRecord, wait: number): number {
  return 1 + (status === "committed" ? Math.max(windowEnd, wait) : deadline);
}

function firstDue(job: JobRecord, wait: number): number {
  return job.units.active().reduce((first, unit) => Math.min(first, dueAt(unit, wait)), Infinity);
}

/** The first due unit at or after an index: what lies between need not be asked about. */
function nextOf(due: readonly UnitRecord[], index: number): number {
  return due.find((unit) => unit.index >= index)?.index ?? Infinity;
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
