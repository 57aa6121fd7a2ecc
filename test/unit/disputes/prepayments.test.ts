import { expect } from "chai";
import { id, Log, ZeroAddress, type TransactionReceipt } from "ethers";

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
import { OrionError } from "@orion/protocol/common";
import {
  committedClaims,
  PrepaymentCollector,
  prepaidClaims,
  subjectOf,
  type FindEarlier,
} from "@orion/protocol/disputes";

import { accountAt } from "../../support/network/test-network.ts";

const [market, judge, worker, payer, poster] = [10, 11, 6, 7, 1].map((account) => accountAt(account).address) as [
  string,
  string,
  string,
  string,
  string,
];
const CHAIN_ID = 1;
const HEAD = 5_000;
const POSTED_AT_BLOCK = 1_234;
const BALANCE = 7n;
const [key, leaf] = [id("claim"), id("leaf")];
/** Five shards: the claim is of the third and the fourth. */
const terms: RawTerms = {
  ...{ poster, salt: id("salt"), programRoot: id("program"), dataset: id("dataset"), inputsRoot: id("inputs") },
  ...{ challengers: id("all"), rows: 10n, shards: 5n, shardsPerClaim: 2n, workPerShard: 1n, pricePerShard: 1n },
  ...{ keeper: ZeroAddress, keeperFee: 0n, collateralPerClaim: 1n, options: 0n },
};
const jobId = jobIdOf(CHAIN_ID, market, normaliseTerms(terms));
const DEMANDED = { kind: "shard", shard: 3, leaf } as const;

/** A chain on which one claim was committed, asked for a trace, and settled, a thousand blocks ago and more. */
function fakeChain(options: { readonly showsJob: boolean }): Chain {
  const logs: Log[] = [];
  const provider = {
    getBlockNumber: () => Promise.resolve(HEAD),
    getBlock: (which: number | "latest") => {
      const number = which === "latest" ? HEAD : which;
      return Promise.resolve({ number, timestamp: 12 * number, hash: id(String(number)) });
    },
    getLogs: (filter: {
      address: string;
      topics: (string | string[] | null)[];
      fromBlock: number;
      toBlock: number;
    }) => {
      const fits = (log: Log): boolean =>
        log.address === filter.address &&
        log.blockNumber >= filter.fromBlock &&
        log.blockNumber <= filter.toBlock &&
        filter.topics.every((topic, i) => topic === null || [topic].flat().includes(log.topics[i] ?? ""));
      return Promise.resolve(logs.filter(fits));
    },
  };
  const emit = (contract: "JobMarket" | "DisputeManager", name: string, blockNumber: number, args: unknown[]): void => {
    const { topics, data } = contractInterface(contract).encodeEventLog(name, args);
    const address = contract === "JobMarket" ? market : judge;
    const place = { blockNumber, blockHash: id(String(blockNumber)), transactionHash: id(name), transactionIndex: 0 };
    logs.push(new Log({ ...place, address, topics, data, index: logs.length, removed: false }, provider as never));
  };
  emit("JobMarket", "JobPosted", POSTED_AT_BLOCK, [jobId, poster, poster, terms]);
  emit("JobMarket", "ClaimCommitted", POSTED_AT_BLOCK + 2, [jobId, key, worker, 1, id("root"), id("outputs"), 9]);
  emit("DisputeManager", "TraceDemanded", POSTED_AT_BLOCK + 3, [market, key, payer, DEMANDED.shard, leaf, 99, 5]);
  return {
    network: {
      chainId: CHAIN_ID,
      deployBlock: 0,
      rpcUrl: "http://127.0.0.1:1",
      addresses: { market, disputes: judge },
    },
    provider,
    contracts: {
      market: {
        job: () => Promise.resolve({ postedAt: options.showsJob ? BigInt(12 * POSTED_AT_BLOCK) : 0n, flags: 3n }),
      },
      disputes: {
        interface: contractInterface("DisputeManager"),
        outcome: () => Promise.resolve({ fallen: 0n, closed: true }),
        balanceOf: () => Promise.resolve(BALANCE),
      },
    },
  } as unknown as Chain;
}

/** The calls that an account makes to bring its prepayments home. */
async function collected(chain: Chain, state: MarketState, account: string, find: FindEarlier): Promise<string[]> {
  const sent: string[] = [];
  const send = ({ data }: Call): Promise<TransactionReceipt> => {
    const call = contractInterface("DisputeManager").parseTransaction({ data });
    sent.push(`${String(call?.name)}(${JSON.stringify(call?.args.toArray(true))})`);
    return Promise.resolve({} as unknown as TransactionReceipt);
  };
  const collector = new PrepaymentCollector(chain, { address: account, send } as unknown as Sender, find);
  expect(await collector.collect(state, () => false)).to.equal(BALANCE);
  return sent;
}

describe("prepayments of an earlier life", () => {
  const subject = subjectOf(DEMANDED, { shards: 2 }, 2);
  const inMemory = new MarketState();
  inMemory.apply({ name: "JobPosted", args: { jobId, terms }, block: POSTED_AT_BLOCK, transaction: id("post") });

  for (const [who, account, find] of [
    ["the account that demanded", payer, prepaidClaims],
    ["the worker that was asked", worker, committedClaims],
  ] as const) {
    for (const [where, state] of [
      ["in memory", inMemory],
      ["retired", new MarketState()],
    ] as const) {
      it(`come home to ${who} where the job is ${where}`, async () => {
        const sent = await collected(fakeChain({ showsJob: true }), state, account, find);
        expect(sent).to.deep.equal([
          `returnPrepayments(${JSON.stringify([market, key, [subject]])})`,
          `withdraw(${JSON.stringify([account])})`,
        ]);
      });
    }
  }

  it("are asked for again where the node does not show the job", async () => {
    const chain = fakeChain({ showsJob: false });
    const send = (): Promise<TransactionReceipt> => Promise.resolve({} as unknown as TransactionReceipt);
    const collector = new PrepaymentCollector(chain, { address: payer, send } as unknown as Sender, prepaidClaims);
    for (let look = 0; look < 2; look++) {
      const error: unknown = await collector.collect(new MarketState(), () => false).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(OrionError);
      expect((error as OrionError).message).to.equal(`the node does not show the job of the claim ${key}`);
    }
  });
});
