import { UnavailableError } from "../common/errors.ts";
import { contractInterface } from "./artifact.ts";
import { blockAt, type TimedBlock } from "./block-at.ts";
import type { Chain } from "./chain.ts";
import { decodeMarketEvent } from "./market-event.ts";
import { isFinished, MarketState, newJob, type JobRecord, type ResultRecord } from "./market-view.ts";
import { rangedLogs, topicLists } from "./ranged-logs.ts";
import { readLogs, type OnBlocks } from "./read-logs.ts";
import { reading } from "./reading.ts";

/** Bit of a job's flags on chain. */
const CANCELLED = 4;
/** So many jobs are read one by one; more of them by one look through the history. */
const FEW_JOBS = 8;
/** Jobs of more topic lists are picked out of all events of the market. */
const MOST_LISTS = 4;

/**
 * One job, read without the history of all others: its slot gives the time of its post, the block of that time is found by bisection over block timestamps, and only the job's
 * own logs are read from there: to the head, or, where the job is finished and has a result, to the end of the part of the history that shows it. Results that were announced
 * later are missing: `readResults`.
 * @param known a newest block that was seen a moment ago
 * @returns undefined where the market has no such job
 * @throws UnavailableError when the node does not answer
 */
export async function readJob(chain: Chain, jobId: string, known?: TimedBlock): Promise<JobRecord | undefined> {
  return reading(chain, async () => {
    const slot = await chain.contracts.market.job(jobId);
    const postedAt = Number(slot.postedAt);
    if (postedAt === 0) return undefined;
    const isCancelled = (Number(slot.flags) & CANCELLED) !== 0;
    const last = known ?? (await newestBlock(chain));
    const { deployBlock, addresses } = chain.network;
    // Several blocks may have the time of the post: all after the last earlier one.
    const from = (await blockAt(chain, postedAt - 1, deployBlock, last)) + 1;
    const filter = { address: addresses.market, topics: [null, jobId] };
    const state = new MarketState();
    for await (const { logs } of rangedLogs(chain, filter, from, last.number)) {
      for (const log of logs) {
        const event = decodeMarketEvent(log);
        if (event !== undefined) state.apply(event);
      }
      const job = state.jobs.get(jobId);
      if (job === undefined || !isFinished(job) || job.cancelled !== isCancelled) continue;
      if (job.results.length > 0 || job.cancelled) break;
    }
    return state.jobs.get(jobId);
  });
}

/**
 * All results that were announced of a job until now, the oldest first. Anyone may announce one at any time, so its history is read to the head.
 * @throws UnavailableError when the node does not answer
 */
export async function readResults(chain: Chain, job: JobRecord): Promise<ResultRecord[]> {
  const { jobId, postedAtBlock: fromBlock } = job;
  const topic = contractInterface("JobMarket").getEvent("ResultPublished")?.topicHash ?? "";
  const { market: address } = chain.network.addresses;
  const state = new MarketState();
  state.jobs.set(jobId, newJob(jobId, job.terms, fromBlock));
  for (const log of await readLogs(chain, { address, topics: [topic, jobId], fromBlock })) {
    const event = decodeMarketEvent(log);
    if (event !== undefined) state.apply(event);
  }
  return state.jobs.get(jobId)?.results ?? [];
}

async function newestBlock({ provider, network }: Chain): Promise<TimedBlock> {
  const head = await provider.getBlock("latest");
  if (head === null) throw new UnavailableError(`the chain at ${network.rpcUrl} shows no block`);
  return { number: head.number, time: head.timestamp };
}

/** Jobs that may be retired: from memory where they are there, else from the chain. Those that the market does not have are missing. */
export async function findJobs(
  chain: Chain,
  market: MarketState,
  jobIds: Iterable<string>,
): Promise<Map<string, JobRecord>> {
  const found = new Map<string, JobRecord>();
  const missing: string[] = [];
  for (const jobId of new Set(jobIds)) {
    const job = market.jobs.get(jobId);
    if (job === undefined) missing.push(jobId);
    else found.set(jobId, job);
  }
  if (missing.length > FEW_JOBS) {
    for (const [jobId, job] of await readJobs(chain, missing)) found.set(jobId, job);
    return found;
  }
  for (const jobId of missing) {
    const job = await readJob(chain, jobId);
    if (job !== undefined) found.set(jobId, job);
  }
  return found;
}

/** The whole market, retired jobs too: its history from the deployment on. @throws UnavailableError when the node does not answer */
export function readMarket(chain: Chain, onBlocks?: OnBlocks): Promise<MarketState> {
  return readHistory(chain, [undefined], () => true, onBlocks);
}

async function readJobs(chain: Chain, jobIds: readonly string[]): Promise<Map<string, JobRecord>> {
  const wanted = new Set(jobIds);
  const { jobs } = await readHistory(chain, listsOf(jobIds), (jobId) => wanted.has(jobId));
  return jobs;
}

/** @param lists ids of jobs that are asked for together; undefined stands for all */
async function readHistory(
  chain: Chain,
  lists: readonly (string[] | undefined)[],
  isWanted: (jobId: string) => boolean,
  onBlocks?: OnBlocks,
): Promise<MarketState> {
  return reading(chain, async () => {
    const head = await chain.provider.getBlockNumber();
    const { deployBlock: first, addresses } = chain.network;
    const state = new MarketState();
    for (const ids of lists) {
      const filter = { address: addresses.market, ...(ids === undefined ? {} : { topics: [null, ids] }) };
      for await (const part of rangedLogs(chain, filter, first, head)) {
        if (part.from > first) onBlocks?.(part.from - first, head - first + 1);
        for (const log of part.logs.filter(({ topics }) => isWanted(topics[1] ?? ""))) {
          const event = decodeMarketEvent(log);
          if (event !== undefined) state.apply(event);
        }
      }
    }
    return state;
  });
}

/** Undefined stands for all jobs. */
function listsOf(jobIds: readonly string[]): (string[] | undefined)[] {
  const lists = topicLists(jobIds);
  return lists.length > MOST_LISTS ? [undefined] : lists;
}
