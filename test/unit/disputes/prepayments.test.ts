import { expect } from "chai";
import { id, ZeroAddress, type TransactionReceipt } from "ethers";

import {
  contractInterface,
  jobIdOf,
  MarketState,
  normaliseTerms,
  type Call,
  type Chain,
  type CheckpointFile,
  type RawTerms,
  type Sender,
} from "@orion/protocol/chain";
import { OrionError, systemClock } from "@orion/protocol/common";
import {
  COMMITTED,
  DEMANDED as DEMANDED_BY,
  PrepaymentCollector,
  placeOnChain,
  prepaidClaims,
  subjectOf,
  type CollectorContext,
  type PrepaymentSource,
} from "@orion/protocol/disputes";

import { CHAIN_ID, LogChain, MARKET, timeOf } from "../../support/log-chain.ts";
import { HandClock } from "../../support/hand-clock.ts";
import { recordingLogger } from "../../support/network/in-process.ts";
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

/** How the claim ended, as far as a node shows it; prepayments of a fallen one are its payer's, those of a closed one its worker's. */
type End = "fallen" | "closed" | "hidden";

interface FakeOptions {
  readonly showsJob: boolean;
  readonly end?: () => End;
}

/** A chain on which one claim was committed, asked for a trace, and ended, a thousand blocks ago and more. */
function fakeChain({ showsJob, end = () => "fallen" }: FakeOptions): LogChain {
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

function commitAndDemand(chain: LogChain, claim: string): void {
  chain.emit("JobMarket", "ClaimCommitted", POSTED_AT_BLOCK + 2, [
    ...[jobId, claim, worker],
    ...[1, id("root"), id("outputs"), 9],
  ]);
  const { shard } = DEMANDED;
  chain.emit("DisputeManager", "TraceDemanded", POSTED_AT_BLOCK + 3, [MARKET, claim, payer, shard, leaf, 99, 5]);
}

function contextOf(
  chain: Chain,
  address: string,
  send: Sender["send"],
  more: Partial<CollectorContext> = {},
): CollectorContext {
  const sender = { address, send } as unknown as Sender;
  return { chain, sender, clock: systemClock, log: recordingLogger(), ...more };
}

/** The calls that an account makes to bring its prepayments home. */
async function collected(
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

describe("prepayments of an earlier life", () => {
  const subject = subjectOf(DEMANDED, { shards: 2 }, 2);
  const inMemory = new MarketState();
  inMemory.apply({ name: "JobPosted", args: { jobId, terms }, block: POSTED_AT_BLOCK, transaction: id("post") });

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

  describe("with notes", () => {
    const send = (): Promise<TransactionReceipt> => Promise.resolve({} as unknown as TransactionReceipt);
    let files: Map<string, string>;
    const notes = (name: string): CheckpointFile => ({
      name,
      read: () => Promise.resolve(files.get(name)),
      write: (text) => Promise.resolve(void files.set(name, text)),
      remove: () => Promise.resolve(void files.delete(name)),
    });
    const isNoted = (): boolean => [...files.values()].some((text) => text.includes(key));
    beforeEach(() => (files = new Map()));

    /** First block of the look for claims of a life, and the transactions that it sends. */
    async function live(
      fake: LogChain,
      source: PrepaymentSource,
      isOver = true,
    ): Promise<{ from: number; sent: number }> {
      let sent = 0;
      const counted = (): Promise<TransactionReceipt> => {
        sent++;
        return send();
      };
      const account = source === COMMITTED ? worker : payer;
      fake.asked.length = 0;
      const collector = new PrepaymentCollector(contextOf(fake.chain, account, counted, { notes }), source, "test");
      await collector.collect(inMemory, () => !isOver);
      const isLook = ({ topics }: { topics: readonly unknown[] }): boolean =>
        topics.some((topic) => typeof topic === "string" && topic.endsWith(account.slice(2).toLowerCase()));
      return { from: Math.min(...fake.asked.filter(isLook).map(({ fromBlock }) => fromBlock)), sent };
    }

    for (const [who, source, end] of [
      ["the account that demanded", DEMANDED_BY, "fallen"],
      ["the worker that was asked", COMMITTED, "closed"],
    ] as const) {
      it(`are looked for in the whole history once, and come home to ${who} in a later life`, async () => {
        const fake = fakeChain({ showsJob: true, end: () => end });
        expect(await live(fake, source, false)).to.deep.equal({ from: 0, sent: 0 });
        fake.head += 100;
        expect(await live(fake, source, false)).to.deep.equal({ from: HEAD + 1, sent: 0 });
        fake.head += 100;
        expect(await live(fake, source)).to.deep.equal({ from: HEAD + 101, sent: 2 });
      });
    }

    it("are looked for in the whole history again where the notes are damaged, of another chain or of another account", async () => {
      const fake = fakeChain({ showsJob: true });
      await live(fake, DEMANDED_BY, false);
      const [name = ""] = files.keys();
      const whole = files.get(name) ?? "";
      for (const text of ["", "{", whole.slice(0, -9), whole.replace(payer, worker), whole.replace(key, "0x12")]) {
        files.set(name, text);
        expect((await live(fake, DEMANDED_BY, false)).from, text).to.equal(0);
      }
      fake.name = "fork ";
      expect((await live(fake, DEMANDED_BY)).from).to.equal(0);
    });

    it("are looked for among the newest blocks only for an account that has sent nothing", async () => {
      const fake = fakeChain({ showsJob: true });
      [fake.head, fake.sent] = [1_000_000, 0];
      expect((await live(fake, DEMANDED_BY)).from).to.equal(990_000);
    });

    it("say each hour what waits, as of a block an hour ago", async () => {
      const fake = fakeChain({ showsJob: true });
      const clock = new HandClock(0);
      const more = { notes, clock };
      const collector = new PrepaymentCollector(contextOf(fake.chain, payer, send, more), DEMANDED_BY, "test");
      const blockNoted = (): unknown =>
        (JSON.parse([...files.values()][0]?.split("\n")[1] ?? "{}") as { block?: { number: number } }).block?.number;
      await collector.collect(inMemory, () => true);
      expect([blockNoted(), isNoted()]).to.deep.equal([HEAD, true]);
      fake.head = HEAD + 300;
      await clock.pass(3_599);
      await collector.collect(inMemory, () => true);
      expect(blockNoted()).to.equal(HEAD);
      await clock.pass(2);
      await collector.collect(inMemory, () => false);
      expect([blockNoted(), isNoted()]).to.deep.equal([HEAD, false]);
      fake.head = HEAD + 600;
      await clock.pass(3_601);
      await collector.collect(inMemory, () => false);
      expect(blockNoted()).to.equal(HEAD + 300);
    });
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
