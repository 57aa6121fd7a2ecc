import { expect } from "chai";
import { makeError, type TransactionReceipt } from "ethers";

import type { CheckpointFile } from "@orion/protocol/chain";
import { UnavailableError } from "@orion/protocol/common";
import {
  COMMITTED,
  DEMANDED as DEMANDED_BY,
  PrepaymentCollector,
  type PrepaymentSource,
} from "@orion/protocol/disputes";

import { HandClock } from "../../support/hand-clock.ts";
import type { LogChain } from "../../support/log-chain.ts";
import { worker, payer, HEAD, key, fakeChain, contextOf, inMemory } from "./prepaid-claim.ts";

describe("prepayments of an earlier life, with notes", () => {
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

  it("end no service where the node fails: the failure is one of ours, and may be tried again", async () => {
    const failure = makeError("could not coalesce error", "UNKNOWN_ERROR", {
      error: { code: -32_000, message: "transaction indexing is in progress" },
    });
    for (const method of ["getBlock", "getTransactionCount", "getLogs"]) {
      for (const isNoted of [false, true]) {
        const fake = fakeChain({ showsJob: true });
        files = new Map();
        if (isNoted) await live(fake, DEMANDED_BY, false);
        fake.head += 10;
        Object.assign(fake.chain.provider, { [method]: () => Promise.reject(failure) });
        if (isNoted && method === "getTransactionCount") continue;
        const error: unknown = await live(fake, DEMANDED_BY, false).catch((reason: unknown) => reason);
        expect(error, `${method}, ${String(isNoted)}`).to.be.instanceOf(UnavailableError);
      }
    }
  });
});
