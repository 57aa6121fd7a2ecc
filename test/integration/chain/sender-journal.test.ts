import { readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";

import { fileJournal, type TransactionJournal } from "@orion/protocol/chain";
import { systemClock, type Clock } from "@orion/protocol/common";

import { anvilPath } from "../../support/network/chain-process.ts";
import { accountAt, ACCOUNTS, ORION } from "../../support/network/test-network.ts";
import { failureOf, RECEIPT, SEND, SenderBench, unknownOf } from "./sender-bench.ts";

const anvil = anvilPath();

describe("createSender with a journal", function () {
  this.timeout(120_000);
  let bench: SenderBench;

  before(async function () {
    if (anvil === undefined) return this.skip();
    bench = await SenderBench.open(anvil);
  });
  beforeEach(() => bench.connect());
  afterEach(() => bench.disconnect());
  after(() => bench?.close());

  it("settles at the next start what was open, and does not make the same call again", async () => {
    const { call, moved } = bench.payment();
    const where = path.join(bench.folder, "restart");
    bench.rpc.trouble = { after: SEND, afterStatus: 503, hide: { [RECEIPT]: 1_000_000 } };
    const first = bench.sender({ unknownAfterMs: 300, journal: fileJournal(where) });
    const { hash } = await unknownOf(first.send(call));
    bench.rpc.trouble = {};
    const receipt = await bench.sender({ journal: fileJournal(where) }).send(call);
    expect(receipt.hash).to.equal(hash);
    expect(await moved()).to.equal(ORION);
    expect(bench.log.lines.map(({ message }) => message)).to.include(
      "the same call was sent earlier, and is mined by now: it is not sent a second time",
    );
    // Whoever wants it once more says it once more.
    const again = bench.sender({ journal: fileJournal(where) });
    await again.send(call);
    expect(await moved()).to.equal(2n * ORION);
  });

  it("adopted-twice: makes no call again that was mined since, however many lives come in between", async () => {
    const [{ call, moved }, other] = [bench.payment(), bench.payment()];
    const where = path.join(bench.folder, "three-lives");
    bench.rpc.trouble = { after: SEND, afterStatus: 503, hide: { [RECEIPT]: 1_000_000 } };
    const first = bench.sender({ unknownAfterMs: 300, journal: fileJournal(where) });
    const hashes = (await Promise.all([0, 1].map(() => unknownOf(first.send(call))))).map(({ hash }) => hash);
    bench.rpc.trouble = {};
    // Lives that settle it, do something else and die.
    for (let life = 0; life < 2; life++) await bench.sender({ journal: fileJournal(where) }).send(other.call);
    expect(await moved()).to.equal(2n * ORION);
    const asked = bench.sender({ journal: fileJournal(where) });
    const again = [await asked.send(call), await asked.send(call)].map(({ hash }) => hash);
    expect(again.sort()).to.deep.equal(hashes.sort());
    expect(await moved()).to.equal(2n * ORION);
    await bench.sender({ journal: fileJournal(where) }).send(call);
    expect(await moved()).to.equal(3n * ORION);
  });

  it("makes no call again that it gave up itself, and that was mined after all", async () => {
    const { call, moved } = bench.payment();
    bench.rpc.trouble = { after: SEND, afterStatus: 503, hide: { [RECEIPT]: 1_000_000 } };
    const sender = bench.sender({ unknownAfterMs: 300 });
    const { hash } = await unknownOf(sender.send(call));
    // Asked for again it is waited for again, over an endpoint that still fails and one that does not.
    expect((await unknownOf(sender.send(call))).hash).to.equal(hash);
    bench.rpc.trouble = {};
    expect((await sender.send(call)).hash).to.equal(hash);
    expect(await moved()).to.equal(ORION);
  });

  it("stops at once while it looks at what earlier lives sent", async () => {
    const { call } = bench.payment();
    const where = path.join(bench.folder, "stopped-early");
    bench.rpc.trouble = { after: SEND, afterStatus: 503, hide: { [RECEIPT]: 1_000_000 } };
    await unknownOf(bench.sender({ unknownAfterMs: 300, journal: fileJournal(where) }).send(call));
    for (const afterMs of [0, 5, 50]) {
      const stop = new AbortController();
      const sending = failureOf(bench.sender({ journal: fileJournal(where), signal: stop.signal }).send(call));
      await systemClock.sleep(afterMs);
      stop.abort();
      expect((await sending).code).to.equal("ABORTED");
    }
  });

  it("sends what was signed and never left, after a restart, before anything else", async () => {
    const { call, moved } = bench.payment();
    const where = path.join(bench.folder, "killed");
    const killed = bench.sender({
      journal: fileJournal(where),
      step: (name) => {
        if (name.startsWith("signed:")) throw new Error("killed");
      },
    });
    expect(await killed.send(call).catch((error: unknown) => (error as Error).message)).to.equal("killed");
    expect(await moved()).to.equal(0n);
    const next = bench.payment();
    const receipt = await bench.sender({ journal: fileJournal(where) }).send(next.call);
    expect([await moved(), await next.moved()]).to.deep.equal([ORION, ORION]);
    expect((await bench.running.chain.provider.getTransaction(receipt.hash))?.nonce).to.be.greaterThan(0);
  });

  for (const [jump, days] of [
    ["forth", 3],
    ["back", -3],
  ] as const) {
    it(`settles and sends at the next start what was open, however far the machine's date jumps ${jump} meanwhile`, async () => {
      const clock: Clock = { ...systemClock, now: () => Date.now() + days * 86_400_000 };
      const [mined, waiting] = [bench.payment(), bench.payment()];
      const [minedIn, waitingIn] = ["mined", "waiting"].map((name) => path.join(bench.folder, `${jump}-${name}`)) as [
        string,
        string,
      ];
      bench.rpc.trouble = { hide: { [RECEIPT]: 1_000_000 } };
      const { hash } = await unknownOf(
        bench.sender({ unknownAfterMs: 300, journal: fileJournal(minedIn) }).send(mined.call),
      );
      bench.rpc.trouble = {};
      expect((await bench.sender({ clock, journal: fileJournal(minedIn) }).send(mined.call)).hash).to.equal(hash);
      expect(await mined.moved()).to.equal(ORION);

      const step = (name: string): void => {
        if (name.startsWith("signed:")) throw new Error("killed");
      };
      const killed = bench.sender({ journal: fileJournal(waitingIn), step });
      expect(await killed.send(waiting.call).catch((error: unknown) => (error as Error).message)).to.equal("killed");
      await bench.sender({ clock, journal: fileJournal(waitingIn) }).send(bench.payment().call);
      expect(await waiting.moved()).to.equal(ORION);
    });
  }

  it("notes each transaction before it goes out, and sends nothing where that fails unless it is urgent", async () => {
    const order: string[] = [];
    const journal: TransactionJournal = {
      signed: ({ label }) => Promise.resolve(void order.push(`noted ${label}`)),
      settled: () => Promise.resolve(void order.push("settled")),
      open: () => Promise.resolve([]),
    };
    await bench.sender({ journal, step: (name) => order.push(name) }).send(bench.payment().call);
    expect(order).to.deep.equal(["noted transfer", "signed:transfer", "broadcast:transfer", "settled"]);
    const full: TransactionJournal = { ...journal, signed: () => Promise.reject(new Error("ENOSPC")) };
    const { call, moved } = bench.payment();
    const sender = bench.sender({ journal: full });
    expect(await sender.send(call).catch((error: unknown) => (error as Error).message)).to.equal("ENOSPC");
    expect(await moved()).to.equal(0n);
    await sender.send({ ...call, urgent: true });
    expect(await moved()).to.equal(ORION);
  });

  for (const strikesOut of [true, false]) {
    it(`ends a call that is stopped as it is signed${strikesOut ? ", and never sends it" : "; what cannot be struck out is named"}`, async () => {
      const stop = new AbortController();
      const where = path.join(bench.folder, `stopped-${String(strikesOut)}`);
      const file = fileJournal(where);
      const journal: TransactionJournal = {
        signed: async (transaction) => {
          await file.signed(transaction);
          stop.abort();
        },
        settled: (from, nonce, chainId) =>
          strikesOut ? file.settled(from, nonce, chainId) : Promise.reject(new Error("ENOSPC")),
        open: () => file.open(),
      };
      const { call, moved } = bench.payment();
      const error = await failureOf(bench.sender({ journal, signal: stop.signal }).send(call));
      expect([error.code, /nothing happened/.test(error.hint ?? "")]).to.deep.equal(["ABORTED", strikesOut]);
      const next = bench.payment();
      await bench.sender({ journal: fileJournal(where) }).send(next.call);
      expect([await moved(), await next.moved()]).to.deep.equal([strikesOut ? 0n : ORION, ORION]);
    });
  }

  it("takes a journal that cannot be read for no empty one, and reads it once it can be", async () => {
    const where = path.join(bench.folder, "unreadable");
    const { call, moved } = bench.payment();
    // As a process does that is killed before it can note the outcome.
    const earlier = fileJournal(where);
    const killed: TransactionJournal = {
      signed: (transaction) => earlier.signed(transaction),
      settled: () => Promise.resolve(),
      open: () => Promise.resolve([]),
    };
    await bench.sender({ journal: killed }).send(call);
    const away = `${where}.away`;
    await rename(where, away);
    await writeFile(where, "no folder");
    const journal = fileJournal(where);
    const error = await failureOf(journal.open());
    expect([error.code, error.retryable]).to.deep.equal(["UNAVAILABLE", true]);
    await rm(where);
    await rename(away, where);
    expect(await journal.open()).to.have.length(1);
    await bench.sender({ journal }).send(call);
    expect(await moved()).to.equal(ORION);
  });

  it("keeps no file of what is settled", async () => {
    const where = path.join(bench.folder, "settled");
    await bench.sender({ journal: fileJournal(where) }).send(bench.payment().call);
    expect((await readdir(where)).filter((name) => name.endsWith(".jsonl"))).to.have.length(1);
    expect(await fileJournal(where).open()).to.deep.equal([]);
  });

  it("keeps its file small beside an entry that stays open, and the entry", async () => {
    const where = path.join(bench.folder, "compacted");
    const journal = fileJournal(where);
    const entry = {
      from: accountAt(ACCOUNTS.stranger).address,
      chainId: 1,
      label: "x",
      raw: `0x${"ab".repeat(2_000)}`,
    };
    await journal.signed({ ...entry, hash: "0x0", nonce: 0 });
    for (let nonce = 1; nonce <= 100; nonce++) {
      await journal.signed({ ...entry, hash: `0x${String(nonce)}`, nonce });
      await journal.settled(entry.from, nonce, 1);
    }
    const name = (await readdir(where)).find((one) => one.endsWith(".jsonl")) ?? "";
    expect((await stat(path.join(where, name))).size).to.be.lessThan(80_000);
    expect((await fileJournal(where).open()).map(({ nonce }) => nonce)).to.deep.equal([0]);
  });
});
