import { spawn } from "node:child_process";
import { readdir, rename } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";

import { fileJournal, type Call, type TransactionJournal } from "@orion/protocol/chain";
import { AlreadySentError, OrionError, systemClock, UnavailableError, type Clock } from "@orion/protocol/common";

import { anvilPath } from "../../support/network/chain-process.ts";
import { ORION } from "../../support/network/test-network.ts";
import { failureOf, RECEIPT, SEND, SenderBench, unknownOf } from "./sender-bench.ts";

const anvil = anvilPath();
const killed = (name: string): void => {
  if (name.startsWith("signed:")) throw new Error("killed");
};

describe("createSender after an earlier life that ended badly", function () {
  this.timeout(120_000);
  let bench: SenderBench;
  let where: string;
  let lives = 0;

  before(async function () {
    if (anvil === undefined) return this.skip();
    bench = await SenderBench.open(anvil);
  });
  beforeEach(async () => {
    await bench.connect();
    where = path.join(bench.folder, `lives-${String(lives++)}`);
  });
  afterEach(() => bench.disconnect());
  after(() => bench?.close());

  const rpc = (method: string, ...params: unknown[]): Promise<unknown> =>
    bench.running.chainProcess.rpc(method, params);

  /** Sends a payment that is mined without anybody being told. @returns its hash */
  async function payUnseen(call: ReturnType<SenderBench["payment"]>["call"]): Promise<string> {
    bench.rpc.trouble = { after: SEND, afterStatus: 503, hide: { [RECEIPT]: 1_000_000 } };
    const { hash } = await unknownOf(bench.sender({ unknownAfterMs: 300, journal: fileJournal(where) }).send(call));
    bench.rpc.trouble = {};
    return hash;
  }

  for (const [what, trouble] of [
    ["shows no receipt", { hide: { [RECEIPT]: 1 } }],
    ["fails", { errors: { [RECEIPT]: 1 }, errorText: "transaction indexing is in progress" }],
  ] as const) {
    it(`pays once what it paid more than an hour ago, where the node ${what} at the first look`, async () => {
      const { call, moved } = bench.payment();
      const hash = await payUnseen(call);
      await rpc("evm_increaseTime", 3_700);
      await rpc("evm_mine");
      bench.rpc.trouble = trouble;
      const sender = bench.sender({ journal: fileJournal(where) });
      const first: unknown = await sender.send(call).catch((error: unknown) => error);
      const receipt = first instanceof OrionError && first.retryable ? await sender.send(call) : first;
      expect(receipt).to.have.property("hash", hash);
      expect(await moved()).to.equal(ORION);
    });
  }

  it("does not send a call of the same kind after one that was mined unseen, says so once, and sends it when asked again", async () => {
    const [seen, next, service] = [bench.payment(), bench.payment(), bench.payment()];
    const hash = await payUnseen({ ...seen.call, once: true });
    const life = (): ReturnType<SenderBench["sender"]> => bench.sender({ journal: fileJournal(where) });
    // What may be repeated, or is of another kind, goes out.
    await life().send(service.call);
    const other = bench.payment();
    await life().send({ ...other.call, label: "another transfer", once: true });
    const error = await failureOf(life().send({ ...next.call, once: true }));
    expect(error).to.be.instanceOf(AlreadySentError).and.to.have.property("hash", hash);
    expect(await Promise.all([seen, service, other, next].map((one) => one.moved()))).to.deep.equal([
      ...[ORION, ORION, ORION, 0n],
    ]);
    await life().send({ ...next.call, once: true });
    expect(await next.moved()).to.equal(ORION);
    expect(await fileJournal(where).open()).to.deep.equal([]);
  });

  it("does not send a call of the same kind while an earlier one is open", async () => {
    const [first, next] = [bench.payment(), bench.payment()];
    bench.rpc.trouble = { swallow: true };
    const dead = bench.sender({ unknownAfterMs: 300, journal: fileJournal(where), stuckAfterMs: 1e9 });
    const { hash } = await unknownOf(dead.send({ ...first.call, once: true }));
    const again = bench.sender({ unknownAfterMs: 300, journal: fileJournal(where), stuckAfterMs: 1e9 });
    expect((await unknownOf(again.send({ ...next.call, once: true }))).hash).to.equal(hash);
    bench.rpc.trouble = {};
    const error = await failureOf(bench.sender({ journal: fileJournal(where) }).send({ ...next.call, once: true }));
    expect(error).to.be.instanceOf(AlreadySentError);
    expect([await first.moved(), await next.moved()]).to.deep.equal([ORION, 0n]);
  });

  it("takes over from a process whose number is another program's by now", async () => {
    const { call, moved } = bench.payment();
    const hash = await payUnseen(call);
    const other = spawn("sleep", ["60"]);
    try {
      const name = (await readdir(where)).find((one) => one.endsWith(".jsonl")) ?? "";
      await rename(path.join(where, name), path.join(where, `${String(other.pid)}.jsonl`));
      expect((await bench.sender({ journal: fileJournal(where) }).send(call)).hash).to.equal(hash);
      expect(await moved()).to.equal(ORION);
    } finally {
      other.kill();
    }
  });

  it("strikes out nothing for the same nonce on another chain", async () => {
    const { call, moved } = bench.payment();
    const hash = await payUnseen(call);
    const journal = fileJournal(where);
    const [entry] = await journal.open();
    if (entry === undefined) throw new Error("nothing is noted");
    await journal.signed({ ...entry, hash: `0x${"11".repeat(32)}`, chainId: 42_161 });
    await journal.settled(entry.from, entry.nonce, 42_161);
    expect((await bench.sender({ journal: fileJournal(where) }).send(call)).hash).to.equal(hash);
    expect(await moved()).to.equal(ORION);
  });

  it("urgent-overwritten: gives an urgent call a nonce that nothing noted has, and brings it to the chain", async () => {
    bench.rpc.trouble = { swallow: true };
    const first = bench.sender({ unknownAfterMs: 300, journal: fileJournal(where), stuckAfterMs: 1e9 });
    // Those that fit into flight together.
    const old = Array.from({ length: 16 }, () => bench.payment());
    await Promise.all(old.map(({ call }) => first.send(call).catch(() => undefined)));
    bench.rpc.trouble = {};
    const [urgent, plain] = [bench.payment(), bench.payment()];
    const sender = bench.sender({ journal: fileJournal(where), unknownAfterMs: 3_000 });
    await Promise.all([sender.send({ ...urgent.call, urgent: true }), sender.send(plain.call)]);
    const moved = await Promise.all([urgent, plain, ...old].map((one) => one.moved()));
    expect(moved).to.deep.equal(moved.map(() => ORION));
  });

  it("pays once where an urgent call went out before the journal could be read", async () => {
    const { call, moved } = bench.payment();
    const hash = await payUnseen(call);
    const file = fileJournal(where);
    let isReadable = false;
    const journal: TransactionJournal = {
      signed: (transaction) => file.signed(transaction),
      settled: (from, nonce, chainId) => file.settled(from, nonce, chainId),
      open: () => (isReadable ? file.open() : Promise.reject(new UnavailableError("the disk fails"))),
    };
    const [sender, urgent] = [bench.sender({ journal }), bench.payment()];
    await sender.send({ ...urgent.call, urgent: true });
    isReadable = true;
    expect((await sender.send(call)).hash).to.equal(hash);
    expect([await moved(), await urgent.moved()]).to.deep.equal([ORION, ORION]);
  });

  it("urgent-behind: signs an urgent call while an ordinary one waits for what earlier lives sent", async () => {
    await rpc("evm_setAutomine", false);
    const dead = bench.sender({ journal: fileJournal(where), step: killed });
    await dead.send(bench.payment().call).catch(() => undefined);
    const signed: string[] = [];
    const stop = new AbortController();
    const sender = bench.sender({
      journal: fileJournal(where),
      step: (name) => signed.push(name),
      signal: stop.signal,
    });
    const ordinary = sender.send({ ...bench.payment().call, label: "ordinary" }).catch(() => undefined);
    const answer = sender.send({ ...bench.payment().call, label: "answer", urgent: true }).catch(() => undefined);
    for (let look = 0; look < 200 && signed.length === 0; look++) await systemClock.sleep(50);
    stop.abort();
    await Promise.all([ordinary, answer]);
    expect(signed[0]).to.equal("signed:answer");
    expect(signed).not.to.include("signed:ordinary");
  });

  /** A journal in the test's folder, and what was noted in it last. */
  function seeing(): { readonly journal: TransactionJournal; readonly raw: () => string } {
    let raw = "";
    const file = fileJournal(where);
    const journal: TransactionJournal = {
      signed: (transaction) => {
        raw = transaction.raw;
        return file.signed(transaction);
      },
      settled: (from, nonce, chainId) => file.settled(from, nonce, chainId),
      open: () => file.open(),
    };
    return { journal, raw: () => raw };
  }

  /** Two lives sign X and then Y under one nonce, and nobody gets to see either. @returns X as it was signed */
  async function signBoth(x: Call, y: Call): Promise<string> {
    await rpc("evm_setAutomine", false);
    const { journal, raw } = seeing();
    bench.rpc.trouble = { swallow: true };
    await unknownOf(bench.sender({ unknownAfterMs: 300, journal, stuckAfterMs: 1e9 }).send(x));
    await rpc("evm_increaseTime", 3_700);
    await rpc("evm_mine");
    const stop = new AbortController();
    const second = bench.sender({ journal: fileJournal(where), signal: stop.signal }).send(y);
    await systemClock.sleep(800);
    stop.abort();
    await second.catch(() => undefined);
    return raw();
  }

  it("takes no call for done because another one of the same nonce is", async () => {
    const [x, y] = [bench.payment(), bench.payment()];
    const raw = await signBoth(x.call, y.call);
    bench.rpc.trouble = {};
    await rpc("eth_sendRawTransaction", raw);
    await rpc("evm_mine");
    await rpc("evm_setAutomine", true);
    await bench.sender({ journal: fileJournal(where) }).send(y.call);
    expect([await x.moved(), await y.moved()]).to.deep.equal([ORION, ORION]);
  });

  it("takes no call for done that it waits for, because another one of the same nonce is", async () => {
    const [x, y] = [bench.payment(), bench.payment()];
    const raw = await signBoth(x.call, y.call);
    const clock: Clock = {
      now: () => systemClock.now(),
      steady: () => 50 * performance.now(),
      sleep: (ms, signal) => systemClock.sleep(ms / 50, signal),
    };
    const third = bench.sender({ journal: fileJournal(where), clock, stuckAfterMs: 1e9, unknownAfterMs: 1e9 });
    const sent = third.send(y.call);
    const isWaiting = (): boolean => bench.log.lines.some(({ message }) => message.includes("waiting for it instead"));
    while (!isWaiting()) await systemClock.sleep(50);
    await rpc("eth_sendRawTransaction", raw);
    await rpc("evm_mine");
    bench.rpc.trouble = {};
    await rpc("evm_setAutomine", true);
    await sent;
    expect([await x.moved(), await y.moved()]).to.deep.equal([ORION, ORION]);
  });

  it("holds nothing up for what is open on another chain", async () => {
    const { call, moved } = bench.payment();
    const hash = await payUnseen(call);
    const journal = fileJournal(where);
    const [entry] = await journal.open();
    if (entry === undefined) throw new Error("nothing is noted");
    // Under a nonce that is still to come here.
    await journal.signed({ ...entry, hash: `0x${"22".repeat(32)}`, chainId: 42_161, nonce: entry.nonce + 2 });
    const sender = bench.sender({ journal: fileJournal(where) });
    expect((await sender.send(call)).hash).to.equal(hash);
    const later = [bench.payment(), bench.payment(), bench.payment()];
    for (const payment of later) await sender.send(payment.call);
    expect(await Promise.all([moved(), ...later.map((payment) => payment.moved())])).to.deep.equal(
      Array(4).fill(ORION),
    );
    const left = await fileJournal(where).open();
    expect(left.map(({ chainId }) => chainId)).to.deep.equal([42_161]);
  });

  it("waits for what a reorganisation has taken out of its block, and pays once", async () => {
    const [{ call, moved }, next] = [bench.payment(), bench.payment()];
    await rpc("evm_mine");
    const before = await rpc("evm_snapshot");
    bench.rpc.trouble = { after: SEND, afterStatus: 503, hide: { [RECEIPT]: 1_000_000 } };
    const { journal, raw } = seeing();
    const sender = bench.sender({ unknownAfterMs: 2_000, journal });
    await unknownOf(sender.send(call));
    const first = raw();
    bench.rpc.trouble = {};
    await sender.send(next.call);
    await rpc("evm_revert", before);
    for (let block = 0; block < 3; block++) await rpc("evm_mine");
    // It waits for a block again, as what is taken out of one does.
    await rpc("evm_setAutomine", false);
    await rpc("eth_sendRawTransaction", first);
    const sent = sender.send(call);
    await systemClock.sleep(700);
    await rpc("evm_mine");
    await rpc("evm_setAutomine", true);
    const receipt = await sent;
    expect(await bench.running.chain.provider.getTransactionReceipt(receipt.hash)).not.to.equal(null);
    expect(await moved()).to.equal(ORION);
  });
});
