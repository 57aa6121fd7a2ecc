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
import { OrionError, UnavailableError } from "../common/index.ts";
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
  /** A demand of it is known: that the chain shows none means that it lags. */
  readonly demanded?: true;
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

/** What belongs to an account: "prepaid" by it, on claims that fell, or "earned" by answers to demands of its claims that stood. */
export type PrepaymentShare = "prepaid" | "earned";

export interface Collected {
  /** Wei withdrawn; zero when there was nothing. */
  readonly wei: bigint;
  /** Keys of claims of which nothing more is to come. */
  readonly finished: ReadonlySet<string>;
  /** What the first of the claims failed with that are not finished because of it. */
  readonly failure?: OrionError;
}

/**
 * Credits an account's share of the prepayments of claims that are over, and withdraws its balance. One claim that fails holds up no other.
 * @throws whatever concerns no single claim: the endpoint's and the sender's failures, AbortedError
 */
export async function collectPrepayments(
  chain: Chain,
  sender: Sender,
  claims: readonly PrepaidClaim[],
  share: PrepaymentShare,
): Promise<Collected> {
  const { market, disputes: to } = chain.network.addresses;
  const { disputes } = chain.contracts;
  const sinceBlock = Math.min(...claims.map((claim) => claim.sinceBlock));
  const state = await readDisputes(
    chain,
    claims.map(({ key }) => key),
    sinceBlock,
  );
  const finished = new Set<string>();
  let failure: OrionError | undefined;
  const isShown = ({ key }: PrepaidClaim): boolean => (state.of(market, key)?.demands.size ?? 0) > 0;
  for (const claim of claims) if (!isShown(claim) && claim.demanded !== true) finished.add(claim.key);
  const challenged = claims.filter(isShown);
  const ranges = await shardRanges(chain, challenged);
  for (const claim of challenged) {
    try {
      if (await credit(claim)) finished.add(claim.key);
    } catch (error) {
      if (!(error instanceof OrionError) || error.code === "ABORTED") throw error;
      failure ??= error;
    }
  }
  const balance = await reading(chain, () => disputes.balanceOf(sender.address));
  if (balance > 0n) {
    const data = disputes.interface.encodeFunctionData("withdraw", [sender.address]);
    await sender.send({ to, data, label: "withdraw" });
  }
  return { wei: balance, finished, ...(failure === undefined ? {} : { failure }) };

  /** @returns false while the chain does not show how the claim ended */
  async function credit({ key }: PrepaidClaim): Promise<boolean> {
    const outcome = await reading(chain, () => disputes.outcome(market, key));
    const isFallen = outcome.fallen !== 0n;
    if (!isFallen && !outcome.closed) return false;
    if (isFallen !== (share === "prepaid")) return true;
    const range = ranges.get(key);
    if (range === undefined) throw new UnavailableError(`the node does not show the job of the claim ${key}`);
    const dispute = state.of(market, key);
    const due = [...(dispute?.demands.values() ?? [])]
      .filter(({ payer }) => share === "earned" || payer === sender.address)
      .map(({ what }) => subjectOf(what, { shards: range.to - range.from }, range.from))
      .filter((subject) => dispute?.returned.has(subject) === false);
    for (let first = 0; first < due.length; first += MOST_RETURNED) {
      const part = due.slice(first, first + MOST_RETURNED);
      const data = disputes.interface.encodeFunctionData("returnPrepayments", [market, key, part]);
      await sender.send({ to, data, label: "returnPrepayments" });
    }
    return true;
  }
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
  const shown = new Set(claims.map(({ key }) => key));
  const hidden = keys.find((key) => !shown.has(key));
  if (hidden !== undefined) throw new UnavailableError(`the node does not show the commit of the claim ${hidden} yet`);
  return claims.map((claim) => ({ ...claim, demanded: true }));
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
