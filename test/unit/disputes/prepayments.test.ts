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
import { OrionError } from "@orion/protocol/common";
import {
  committedClaims,
  PrepaymentCollector,
  prepaidClaims,
  subjectOf,
  type FindEarlier,
} from "@orion/protocol/disputes";

import { CHAIN_ID, LogChain, MARKET, timeOf } from "../../support/log-chain.ts";
import { accountAt } from "../../support/network/test-network.ts";

const [worker, payer, poster] = [6, 7, 1].map((account) => accountAt(account).address) as [string, string, string];
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
const jobId = jobIdOf(CHAIN_ID, MARKET, normaliseTerms(terms));
const DEMANDED = { kind: "shard", shard: 3, leaf } as const;

/** A chain on which one claim was committed, asked for a trace, and settled, a thousand blocks ago and more. */
function fakeChain(options: { readonly showsJob: boolean }): LogChain {
  const chain = new LogChain(HEAD, {
    contracts: {
      market: {
        job: () => Promise.resolve({ postedAt: options.showsJob ? BigInt(timeOf(POSTED_AT_BLOCK)) : 0n, flags: 3n }),
      },
      disputes: {
        interface: contractInterface("DisputeManager"),
        outcome: () => Promise.resolve({ fallen: 0n, closed: true }),
        balanceOf: () => Promise.resolve(BALANCE),
      },
    },
  });
  chain.emit("JobMarket", "JobPosted", POSTED_AT_BLOCK, [jobId, poster, poster, terms]);
  commitAndDemand(chain, key);
  return chain;
}

function commitAndDemand(chain: LogChain, claim: string): void {
  chain.emit("JobMarket", "ClaimCommitted", POSTED_AT_BLOCK + 2, [
    ...[jobId, claim, worker],
    ...[1, id("root"), id("outputs"), 9],
  ]);
  const { shard } = DEMANDED;
  chain.emit("DisputeManager", "TraceDemanded", POSTED_AT_BLOCK + 3, [MARKET, claim, payer, shard, leaf, 99, 5]);
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
        const sent = await collected(fakeChain({ showsJob: true }).chain, state, account, find);
        expect(sent).to.deep.equal([
          `returnPrepayments(${JSON.stringify([MARKET, key, [subject]])})`,
          `withdraw(${JSON.stringify([account])})`,
        ]);
      });
    }
  }

  it("are asked for again where the node does not show the job", async () => {
    const { chain } = fakeChain({ showsJob: false });
    const send = (): Promise<TransactionReceipt> => Promise.resolve({} as unknown as TransactionReceipt);
    const collector = new PrepaymentCollector(chain, { address: payer, send } as unknown as Sender, prepaidClaims);
    for (let look = 0; look < 2; look++) {
      const error: unknown = await collector.collect(new MarketState(), () => false).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(OrionError);
      expect((error as OrionError).message).to.equal(`the node does not show the job of the claim ${key}`);
    }
  });

  it("are found on more claims than nodes take in one list of topics", async () => {
    const fake = fakeChain({ showsJob: true });
    const more = Array.from({ length: 1_200 }, (_, i) => id(`claim ${String(i)}`));
    for (const claim of more) commitAndDemand(fake, claim);
    const found = await prepaidClaims(fake.chain, inMemory, payer);
    expect(found.map((claim) => claim.key).sort()).to.deep.equal([key, ...more].sort());
    const lengths = fake.asked.flatMap(({ topics }) => topics.map((topic) => [topic ?? []].flat().length));
    expect(Math.max(...lengths)).to.equal(500);
  });
});
