import type { Client } from "@orion/cli";
import { contractInterface } from "@orion/protocol/chain";
import type { TransactionReceipt, TransactionResponse } from "ethers";

export const KINDS = ["post", "manifest", "claim", "commit", "settle", "result"] as const;
export type Kind = (typeof KINDS)[number];

/** One transaction of the job. */
export interface JobTransaction {
  readonly kind: Kind;
  readonly hash: string;
  readonly gas: number;
  /** False for one that came too late and was refused. */
  readonly succeeded: boolean;
}

const FUNCTIONS: Readonly<Record<string, Kind>> = {
  buyAndPost: "post",
  buyAndPostWithPermit: "post",
  publishManifest: "manifest",
  claim: "claim",
  commit: "commit",
  settle: "settle",
  performUpkeep: "settle",
  publishResult: "result",
};

/**
 * Everything that was sent to the market, the upkeep contract and the one that buys and posts from a block on, but by the cheats and those who catch
 * them: on a chain of its own that is the job, refused transactions included.
 */
export async function jobTransactions(
  { chain }: Client,
  fromBlock: number,
  others: readonly string[],
): Promise<JobTransaction[]> {
  const { provider, network } = chain;
  const { market, upkeep, buyAndPost } = network.addresses;
  const last = await provider.getBlockNumber();
  const found: JobTransaction[] = [];
  for (let number = fromBlock; number <= last; number++) {
    const block = await provider.getBlock(number, true);
    for (const transaction of block?.prefetchedTransactions ?? []) {
      if (![market, upkeep, buyAndPost].includes(transaction.to ?? "") || others.includes(transaction.from)) continue;
      const receipt = await provider.getTransactionReceipt(transaction.hash);
      if (receipt !== null) found.push(described(transaction, receipt));
    }
  }
  return found;
}

function described({ data, hash }: TransactionResponse, receipt: TransactionReceipt): JobTransaction {
  const names = (["JobMarket", "MarketUpkeep", "BuyAndPost"] as const).map(
    (contract) => contractInterface(contract).getFunction(data.slice(0, 10))?.name,
  );
  const name = names.find((candidate) => candidate !== undefined) ?? data.slice(0, 10);
  const kind = FUNCTIONS[name];
  if (kind === undefined) throw new Error(`the transaction ${hash} calls ${name}, which is no step of a job`);
  return { kind, hash, gas: Number(receipt.gasUsed), succeeded: receipt.status === 1 };
}

export interface GasReport {
  /** Gas of the largest transaction of each kind. */
  readonly largest: Readonly<Record<Kind, number>>;
  readonly count: Readonly<Record<Kind, number>>;
  readonly total: number;
  /** All gas of the job by its shards, rounded up. */
  readonly perShard: number;
  readonly refused: number;
}

export function gasReport(transactions: readonly JobTransaction[], shards: number): GasReport {
  const of = (kind: Kind): JobTransaction[] => transactions.filter((transaction) => transaction.kind === kind);
  const byKind = (value: (list: JobTransaction[]) => number): Record<Kind, number> =>
    Object.fromEntries(KINDS.map((kind) => [kind, value(of(kind))])) as Record<Kind, number>;
  const total = transactions.reduce((sum, { gas }) => sum + gas, 0);
  return {
    largest: byKind((list) => Math.max(0, ...list.filter(({ succeeded }) => succeeded).map(({ gas }) => gas))),
    count: byKind((list) => list.length),
    total,
    perShard: Math.ceil(total / shards),
    refused: transactions.filter(({ succeeded }) => !succeeded).length,
  };
}
