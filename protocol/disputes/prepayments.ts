import { zeroPadValue } from "ethers";

import {
  contractInterface,
  findJobs,
  MarketState,
  readLogs,
  reading,
  topicLists,
  unitRange,
  type Chain,
  type Sender,
} from "../chain/index.ts";
import { UnavailableError } from "../common/index.ts";
import type { PrepaymentSource } from "./collector.ts";
import { subjectOf } from "./dispute-state.ts";
import { readDisputes } from "./read-disputes.ts";

/** Demands whose prepayments one transaction returns: a block takes some more of them, and there may be more than a block takes. */
const MOST_RETURNED = 500;

/** A claim with prepayments that may be waiting. */
export interface PrepaidClaim {
  readonly key: string;
  /** A block before its first demand. */
  readonly sinceBlock: number;
  /** Its shards; of a retired job the unit, whose shards are looked up where they are needed. */
  readonly shards: ShardRange | RetiredUnit;
}

/** Shards [from, to) of a job. */
export interface ShardRange {
  readonly from: number;
  readonly to: number;
}

interface RetiredUnit {
  readonly jobId: string;
  readonly unit: number;
}

/**
 * Credits the prepayments of claims that are over to whom they belong and withdraws the account's balance.
 * @returns wei withdrawn; zero when there was nothing
 * @throws UnavailableError when the node does not show a claim's job, once all other claims are seen to
 */
export async function collectPrepayments(
  chain: Chain,
  sender: Sender,
  claims: readonly PrepaidClaim[],
): Promise<bigint> {
  const { market, disputes: to } = chain.network.addresses;
  const { disputes } = chain.contracts;
  const sinceBlock = Math.min(...claims.map((claim) => claim.sinceBlock));
  const state = await readDisputes(
    chain,
    claims.map(({ key }) => key),
    sinceBlock,
  );
  const challenged = claims.filter(({ key }) => (state.of(market, key)?.demands.size ?? 0) > 0);
  const ranges = await shardRanges(chain, challenged);
  for (const claim of challenged) {
    const dispute = state.of(market, claim.key);
    const range = ranges.get(claim.key);
    if (range === undefined) continue;
    const { from, to: end } = range;
    const subjects = [...(dispute?.demands.values() ?? [])].map(({ what }) =>
      subjectOf(what, { shards: end - from }, from),
    );
    const due = subjects.filter((subject) => dispute?.returned.has(subject) === false);
    if (due.length === 0) continue;
    const outcome = await reading(chain, () => disputes.outcome(market, claim.key));
    if (outcome.fallen === 0n && !outcome.closed) continue;
    for (let first = 0; first < due.length; first += MOST_RETURNED) {
      const part = due.slice(first, first + MOST_RETURNED);
      const data = disputes.interface.encodeFunctionData("returnPrepayments", [market, claim.key, part]);
      await sender.send({ to, data, label: "returnPrepayments" });
    }
  }
  const balance = await reading(chain, () => disputes.balanceOf(sender.address));
  if (balance > 0n) {
    const data = disputes.interface.encodeFunctionData("withdraw", [sender.address]);
    await sender.send({ to, data, label: "withdraw" });
  }
  const unknown = challenged.find(({ key }) => !ranges.has(key));
  if (unknown === undefined) return balance;
  throw new UnavailableError(`the node does not show the job of the claim ${unknown.key}`);
}

/** Shards by key; a claim whose job the node does not show is missing. */
async function shardRanges(chain: Chain, claims: readonly PrepaidClaim[]): Promise<Map<string, ShardRange>> {
  const retired = claims.flatMap(({ shards }) => ("jobId" in shards ? [shards.jobId] : []));
  const jobs = await findJobs(chain, new MarketState(), retired);
  const ranges = new Map<string, ShardRange>();
  for (const { key, shards } of claims) {
    if (!("jobId" in shards)) ranges.set(key, shards);
    else {
      const job = jobs.get(shards.jobId);
      if (job !== undefined) ranges.set(key, unitRange(job.terms, shards.unit));
    }
  }
  return ranges;
}

/** The claims on which an account prepays demands: whoever demands adds them. */
export const DEMANDED: PrepaymentSource = { name: "demanded", find: prepaidClaims, active: () => [] };

/** The claims that an account commits: what answered demands of them are worth is its own, whoever answered. */
export const COMMITTED: PrepaymentSource = {
  name: "committed",
  find: committedClaims,
  active: (market, account) =>
    [...market.jobs.values()].flatMap(({ terms, postedAtBlock, units }) =>
      units
        .active()
        .filter(({ status, worker }) => status === "committed" && worker === account)
        .map(({ key, index }) => ({ key, sinceBlock: postedAtBlock, shards: unitRange(terms, index) })),
    ),
};

/** The claims on which an account has prepaid a demand since a block. */
export async function prepaidClaims(
  chain: Chain,
  market: MarketState,
  account: string,
  fromBlock: number,
): Promise<PrepaidClaim[]> {
  const abi = contractInterface("DisputeManager");
  const signatures = ["Demanded", "TraceDemanded", "OutputDemanded"].map((name) => abi.getEvent(name)?.topicHash ?? "");
  const address = chain.network.addresses.disputes;
  const logs = await readLogs(chain, {
    address,
    topics: [signatures, null, null, zeroPadValue(account, 32)],
    fromBlock,
  });
  const keys = [...new Set(logs.map((log) => log.topics[2] as string))];
  const claims: PrepaidClaim[] = [];
  for (const list of topicLists(keys)) claims.push(...(await claimsWith(chain, market, [null, list])));
  return claims;
}

/** The claims that a worker has committed since a block. */
export function committedClaims(
  chain: Chain,
  market: MarketState,
  worker: string,
  fromBlock: number,
): Promise<PrepaidClaim[]> {
  return claimsWith(chain, market, [null, null, zeroPadValue(worker, 32)], fromBlock);
}

async function claimsWith(
  chain: Chain,
  market: MarketState,
  topics: readonly (string | null | string[])[],
  fromBlock?: number,
): Promise<PrepaidClaim[]> {
  const abi = contractInterface("JobMarket");
  const event = abi.getEvent("ClaimCommitted");
  const address = chain.network.addresses.market;
  const logs = await readLogs(chain, {
    address,
    topics: [event?.topicHash ?? "", ...topics],
    ...(fromBlock === undefined ? {} : { fromBlock }),
  });
  return logs.flatMap((log) => {
    const args = abi.parseLog(log)?.args;
    if (args === undefined) return [];
    const [jobId, unit] = [args.jobId as string, Number(args.unit)];
    const job = market.jobs.get(jobId);
    const shards = job === undefined ? { jobId, unit } : unitRange(job.terms, unit);
    return [{ key: args.key as string, shards, sinceBlock: log.blockNumber }];
  });
}
