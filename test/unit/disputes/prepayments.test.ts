import { expect } from "chai";
import { id, type TransactionReceipt } from "ethers";

import { MarketState, type Call, type CheckpointFile } from "@orion/protocol/chain";
import { OrionError } from "@orion/protocol/common";
import {
  COMMITTED,
  DEMANDED as DEMANDED_BY,
  PrepaymentCollector,
  placeOnChain,
  prepaidClaims,
  subjectOf,
} from "@orion/protocol/disputes";

import { LogChain, MARKET } from "../../support/log-chain.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { accountAt } from "../../support/network/test-network.ts";
import {
  worker,
  payer,
  HEAD,
  POSTED_AT_BLOCK,
  key,
  DEMANDED,
  type End,
  fakeChain,
  commitAndDemand,
  contextOf,
  collected,
  inMemory,
} from "./prepaid-claim.ts";

describe("prepayments of an earlier life", () => {
  const subject = subjectOf(DEMANDED, { shards: 2 }, 2);

  for (const [who, account, source, end] of [
    ["the account that demanded", payer, DEMANDED_BY, "fallen"],
    ["the worker that was asked", worker, COMMITTED, "closed"],
  ] as const) {
    for (const [where, state] of [
      ["in memory", inMemory],
      ["retired", new MarketState()],
    ] as const) {
      it(`come home to ${who} where the job is ${where}`, async () => {
        const sent = await collected(fakeChain({ showsJob: true, end: () => end }).chain, state, account, source);
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
    const clock = new HandClock(0);
    const collector = new PrepaymentCollector(contextOf(chain, payer, send, { clock }), DEMANDED_BY, "test");
    for (let look = 0; look < 2; look++) {
      const error: unknown = await collector.collect(new MarketState(), () => false).catch((reason: unknown) => reason);
      await clock.pass(61);
      expect(error).to.be.instanceOf(OrionError);
      expect((error as OrionError).message).to.equal(`the node does not show the job of the claim ${key}`);
    }
  });

  it("are found on more claims than nodes take in one list of topics", async () => {
    const fake = fakeChain({ showsJob: true });
    const more = Array.from({ length: 1_200 }, (_, i) => id(`claim ${String(i)}`));
    for (const claim of more) commitAndDemand(fake, claim);
    const found = await prepaidClaims(fake.chain, inMemory, payer, 0);
    expect(found.map((claim) => claim.key).sort()).to.deep.equal([key, ...more].sort());
    const lengths = fake.asked.flatMap(({ topics }) => topics.map((topic) => [topic ?? []].flat().length));
    expect(Math.max(...lengths)).to.equal(500);
  });

  describe("of a node that lags", () => {
    const send = (): Promise<TransactionReceipt> => Promise.resolve({} as unknown as TransactionReceipt);

    it("are asked for again until it shows how the claim ended", async () => {
      let end: End = "hidden";
      const sent: string[] = [];
      const counted = (call: Call): Promise<TransactionReceipt> => {
        sent.push(call.label);
        return send();
      };
      const clock = new HandClock(0);
      const fake = fakeChain({ showsJob: true, end: () => end });
      const collector = new PrepaymentCollector(contextOf(fake.chain, payer, counted, { clock }), DEMANDED_BY, "test");
      await collector.collect(inMemory, () => false);
      end = "fallen";
      await collector.collect(inMemory, () => false);
      expect(sent).to.deep.equal(["withdraw"]);
      await clock.pass(61);
      await collector.collect(inMemory, () => false);
      expect(sent).to.deep.equal(["withdraw", "returnPrepayments", "withdraw"]);
    });

    it("are not forgotten where they are added while the history is looked at", async () => {
      const fake = new LogChain(HEAD, { contracts: fakeChain({ showsJob: true }).chain.contracts });
      const sent: string[] = [];
      const counted = (call: Call): Promise<TransactionReceipt> => {
        sent.push(call.label);
        return send();
      };
      const clock = new HandClock(0);
      const collector = new PrepaymentCollector(contextOf(fake.chain, payer, counted, { clock }), DEMANDED_BY, "test");
      const looking = collector.collect(inMemory, () => false);
      collector.add({ key, shards: { from: 2, to: 4 }, sinceBlock: POSTED_AT_BLOCK });
      await looking;
      commitAndDemand(fake, key);
      await clock.pass(61);
      await collector.collect(inMemory, () => false);
      expect(sent).to.include("returnPrepayments");
    });

    it("are looked for in the next life where it did not know the account, and nothing is noted", async () => {
      const files = new Map<string, string>();
      const notes = (name: string): CheckpointFile => ({
        ...{ name, read: () => Promise.resolve(files.get(name)), remove: () => Promise.resolve() },
        write: (text) => Promise.resolve(void files.set(name, text)),
      });
      const fake = fakeChain({ showsJob: true });
      fake.sent = 0;
      fake.head = 1_000_000;
      await new PrepaymentCollector(contextOf(fake.chain, payer, send, { notes }), DEMANDED_BY, "test").collect(
        inMemory,
        () => false,
      );
      expect(files.size).to.equal(0);
    });
  });

  it("are an account's own: nobody pays gas to return those of others, or what has become its worker's", async () => {
    const stranger = accountAt(8).address;
    for (const [account, source, end] of [
      [stranger, DEMANDED_BY, "fallen"],
      [payer, DEMANDED_BY, "closed"],
      [worker, COMMITTED, "fallen"],
    ] as const) {
      const fake = fakeChain({ showsJob: true, end: () => end });
      const sent: string[] = [];
      const send = (call: Call): Promise<TransactionReceipt> => {
        sent.push(call.label);
        return Promise.resolve({} as unknown as TransactionReceipt);
      };
      const collector = new PrepaymentCollector(contextOf(fake.chain, account, send), source, "test");
      collector.add({ key, shards: { from: 2, to: 4 }, sinceBlock: POSTED_AT_BLOCK });
      await collector.collect(inMemory, () => false);
      expect(sent).to.deep.equal(["withdraw"]);
    }
  });

  it("come home in several transactions where they are more than one takes", async () => {
    const fake = fakeChain({ showsJob: true });
    for (let i = 0; i < 1_200; i++) {
      const place = placeOnChain("trace", 4_096 + i);
      const args = [MARKET, key, payer, place, id(`hash ${String(i)}`), 7, 99, 5];
      fake.emit("DisputeManager", "Demanded", POSTED_AT_BLOCK + 4, args);
    }
    const sent = await collected(fake.chain, inMemory, payer, DEMANDED_BY);
    expect(sent.map((call) => call.slice(0, call.indexOf("(")))).to.deep.equal([
      ...Array.from({ length: 3 }, () => "returnPrepayments"),
      "withdraw",
    ]);
  });
});
