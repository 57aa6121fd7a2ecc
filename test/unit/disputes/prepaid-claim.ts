import { expect } from "chai";
import { id, ZeroAddress, type TransactionReceipt } from "ethers";

import {
  contractInterface,
  jobIdOf,
  MarketState,
  normaliseTerms,
  type Call,
  type Chain,
  type RawTerms,
  type Sender,
} from "@orion/protocol/chain";
import { systemClock } from "@orion/protocol/common";
import { PrepaymentCollector, type CollectorContext, type PrepaymentSource } from "@orion/protocol/disputes";

import { CHAIN_ID, LogChain, MARKET, timeOf } from "../../support/log-chain.ts";
import { recordingLogger } from "../../support/network/in-process.ts";
import { accountAt } from "../../support/network/test-network.ts";

export const [worker, payer, poster] = [6, 7, 1].map((account) => accountAt(account).address) as [
  string,
  string,
  string,
];
export const HEAD = 5_000;
export const POSTED_AT_BLOCK = 1_234;
const BALANCE = 7n;
export const [key, leaf] = [id("claim"), id("leaf")];
/** Five shards: the claim is of the third and the fourth. */
const terms: RawTerms = {
  ...{ poster, salt: id("salt"), programRoot: id("program"), dataset: id("dataset"), inputsRoot: id("inputs") },
  ...{ challengers: id("all"), rows: 10n, shards: 5n, shardsPerClaim: 2n, workPerShard: 1n, pricePerShard: 1n },
  ...{ keeper: ZeroAddress, keeperFee: 0n, collateralPerClaim: 1n, options: 0n },
};
const jobId = jobIdOf(CHAIN_ID, MARKET, normaliseTerms(terms));
export const DEMANDED = { kind: "shard", shard: 3, leaf } as const;

/** How the claim ended, as far as a node shows it; prepayments of a fallen one are its payer's, those of a closed one its worker's. */
export type End = "fallen" | "closed" | "hidden";

interface FakeOptions {
  readonly showsJob: boolean;
  readonly end?: () => End;
}

/** A chain on which one claim was committed, asked for a trace, and ended, a thousand blocks ago and more. */
export function fakeChain({ showsJob, end = () => "fallen" }: FakeOptions): LogChain {
  const chain = new LogChain(HEAD, {
    contracts: {
      market: {
        job: () => Promise.resolve({ postedAt: showsJob ? BigInt(timeOf(POSTED_AT_BLOCK)) : 0n, flags: 3n }),
      },
      disputes: {
        interface: contractInterface("DisputeManager"),
        outcome: () => Promise.resolve({ fallen: end() === "fallen" ? 1n : 0n, closed: end() === "closed" }),
        balanceOf: () => Promise.resolve(BALANCE),
      },
    },
  });
  chain.emit("JobMarket", "JobPosted", POSTED_AT_BLOCK, [jobId, poster, poster, terms]);
  commitAndDemand(chain, key);
  return chain;
}

export function commitAndDemand(chain: LogChain, claim: string): void {
  chain.emit("JobMarket", "ClaimCommitted", POSTED_AT_BLOCK + 2, [
    ...[jobId, claim, worker],
    ...[1, id("root"), id("outputs"), 9],
  ]);
  const { shard } = DEMANDED;
  chain.emit("DisputeManager", "TraceDemanded", POSTED_AT_BLOCK + 3, [MARKET, claim, payer, shard, leaf, 99, 5]);
}

export function contextOf(
  chain: Chain,
  address: string,
  send: Sender["send"],
  more: Partial<CollectorContext> = {},
): CollectorContext {
  const sender = { address, send } as unknown as Sender;
  return { chain, sender, clock: systemClock, log: recordingLogger(), ...more };
}

/** The calls that an account makes to bring its prepayments home. */
export async function collected(
  chain: Chain,
  state: MarketState,
  account: string,
  source: PrepaymentSource,
): Promise<string[]> {
  const sent: string[] = [];
  const send = ({ data }: Call): Promise<TransactionReceipt> => {
    const call = contractInterface("DisputeManager").parseTransaction({ data });
    sent.push(`${String(call?.name)}(${JSON.stringify(call?.args.toArray(true))})`);
    return Promise.resolve({} as unknown as TransactionReceipt);
  };
  const collector = new PrepaymentCollector(contextOf(chain, account, send), source, "test");
  expect(await collector.collect(state, () => false)).to.equal(BALANCE);
  return sent;
}

/** A market with the job. */
export const inMemory = new MarketState();
inMemory.apply({ name: "JobPosted", args: { jobId, terms }, block: POSTED_AT_BLOCK, transaction: id("post") });
