import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { toBeHex, Wallet, type HDNodeWallet, type TransactionReceipt } from "ethers";

import {
  connectChain,
  createSender,
  fileJournal,
  type Call,
  type Chain,
  type Sender,
  type SenderOptions,
  type TransactionJournal,
} from "@orion/protocol/chain";
import { OrionError, systemClock, TransactionUnknownError, type Clock } from "@orion/protocol/common";

import { anvilPath, startAnvil } from "../../support/network/chain-process.ts";
import { recordingLogger } from "../../support/network/in-process.ts";
import { accountAt, ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import type { Trouble } from "../../support/network/troubled-node.ts";
import { startTroubledRpc, type TroubledRpc } from "../../support/network/troubled-rpc.ts";

const anvil = anvilPath();
const GWEI = 10n ** 9n;

describe("createSender over an endpoint in trouble (sender)", function () {
  this.timeout(120_000);
  let running: TestNetwork;
  let rpc: TroubledRpc;
  let chain: Chain;
  let log: ReturnType<typeof recordingLogger>;
  let folder: string;

  before(async function () {
    if (anvil === undefined) return this.skip();
    running = await startTestNetwork({ startChain: () => startAnvil(anvil) });
    rpc = await startTroubledRpc(running.network.rpcUrl);
    folder = await mkdtemp(path.join(tmpdir(), "orion-journal-"));
  });
  beforeEach(async () => {
    rpc.trouble = {};
    log = recordingLogger();
    chain = await connectChain({ ...running.network, rpcUrl: rpc.url });
    rpc.reset();
  });
  afterEach(async () => {
    chain.close();
    await running.chainProcess.rpc("evm_setIntervalMining", [0]);
    await running.chainProcess.rpc("evm_setAutomine", [true]);
  });
  after(async () => {
    await rpc?.stop();
    await running?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const senderOf = (options: Partial<SenderOptions> = {}, wallet?: HDNodeWallet): Sender =>
    createSender({
      chain,
      wallet: wallet ?? accountAt(ACCOUNTS.deployer),
      clock: systemClock,
      log,
      pollMs: 20,
      ...options,
    });
  /** A payment to somebody new, and how much arrived. */
  const payment = (): { call: Call; moved: () => Promise<bigint> } => {
    const to = Wallet.createRandom().address;
    const { orion } = running.chain.contracts;
    const data = orion.interface.encodeFunctionData("transfer", [to, ORION]);
    return {
      call: { to: running.network.addresses.orion, data, label: "transfer" },
      moved: () => orion.balanceOf(to),
    };
  };
  const failureOf = async (action: Promise<unknown>): Promise<OrionError> => {
    const error: unknown = await action.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof OrionError) return error;
    throw new Error("it did not fail as it should", { cause: error });
  };

  const unknownOf = async (action: Promise<unknown>): Promise<TransactionUnknownError> => {
    const error = await failureOf(action);
    if (error instanceof TransactionUnknownError) return error;
    throw new Error("its outcome is known", { cause: error });
  };

  const SEND = "eth_sendRawTransaction";
  const RECEIPT = "eth_getTransactionReceipt";
  const HARMLESS: Record<string, Trouble> = {
    "two receipts in a row that a lagging node does not have": { hide: { [RECEIPT]: 2 } },
    "twelve receipts in a row that it does not have": { hide: { [RECEIPT]: 12 } },
    "a limit of requests just after the node took it": { after: SEND, afterStatus: 429, afterLeft: 1 },
    "a 502 just after the node took it": { after: SEND, afterStatus: 502, afterLeft: 1 },
    "a 503 just after the node took it": { after: SEND, afterStatus: 503, afterLeft: 1 },
    "a connection that closes just after the node took it": { dropAfter: SEND, dropLeft: 1 },
    "a connection that closes before the node has it": { dropBefore: SEND, dropLeft: 1 },
    "a gateway that passes it on twice": { duplicate: true },
    "already known": { errors: { [SEND]: 1 }, errorText: "already known" },
    "ALREADY_EXISTS: already known": { errors: { [SEND]: 2 }, errorText: "ALREADY_EXISTS: already known" },
    "Known transaction": { errors: { [SEND]: 1 }, errorText: "Known transaction" },
    "transaction already imported": {
      errors: { [SEND]: 1 },
      errorText: "Transaction with the same hash was already imported",
    },
    "nonce too low of a node that has mined it": {
      errors: { [SEND]: 1 },
      errorText: "nonce too low: next nonce 1, tx nonce 0",
    },
    "header not found where the receipt is asked for": { errors: { [RECEIPT]: 1 } },
    "transaction indexing is in progress": {
      errors: { [RECEIPT]: 3 },
      errorText: "transaction indexing is in progress",
    },
    "reads that are a block or two old, some of the time": {
      stale: 1,
      staleShare: 0.5,
      staleOnly: ["eth_getTransactionCount", RECEIPT],
    },
  };
  for (const [name, trouble] of Object.entries(HARMLESS)) {
    for (const blocks of ["at once", "every second"] as const) {
      if (blocks === "every second" && trouble.hide === undefined && trouble.duplicate === undefined) continue;
      it(`pays once over ${name}, where blocks come ${blocks}`, async () => {
        if (blocks === "every second") {
          await running.chainProcess.rpc("evm_setAutomine", [false]);
          await running.chainProcess.rpc("evm_setIntervalMining", [1]);
        }
        const { call, moved } = payment();
        // Troubles are counted down.
        rpc.trouble = structuredClone(trouble);
        const sender = senderOf();
        expect((await sender.send(call)).status).to.equal(1);
        rpc.trouble = {};
        expect(await moved()).to.equal(ORION);
        // What is sent next is not disturbed, and the first one does not come a second time.
        const next = payment();
        await sender.send(next.call);
        expect([await moved(), await next.moved()]).to.deep.equal([ORION, ORION]);
      });
    }
  }

  it("calls the outcome unknown, with the hash, where no receipt ever comes, and has paid once", async () => {
    await running.chainProcess.rpc("evm_setAutomine", [false]);
    await running.chainProcess.rpc("evm_setIntervalMining", [1]);
    const { call, moved } = payment();
    rpc.trouble = { hide: { [RECEIPT]: 1_000_000 } };
    const error = await unknownOf(senderOf({ unknownAfterMs: 3_000, stuckAfterMs: 1_500 }).send(call));
    expect([error.code, error.retryable]).to.deep.equal(["TRANSACTION_UNKNOWN", true]);
    const { hash } = error;
    expect(error.message).to.include(hash).and.to.include("may have happened");
    expect((await running.chain.provider.getTransactionReceipt(hash))?.status).to.equal(1);
    expect(await moved()).to.equal(ORION);
  });

  it("keeps a call that is repeated while its outcome is unknown from being made twice", async () => {
    const { call, moved } = payment();
    rpc.trouble = { hide: { [RECEIPT]: 1_000_000 } };
    const sender = senderOf({ unknownAfterMs: 500 });
    const first = await unknownOf(sender.send(call));
    const second = await unknownOf(sender.send(call));
    expect([first.code, second.code, second.hash]).to.deep.equal([
      "TRANSACTION_UNKNOWN",
      "TRANSACTION_UNKNOWN",
      first.hash,
    ]);
    expect(await moved()).to.equal(ORION);
  });

  it("settles at the next start what was open, and does not make the same call again", async () => {
    const { call, moved } = payment();
    const where = path.join(folder, "restart");
    rpc.trouble = { after: SEND, afterStatus: 503, hide: { [RECEIPT]: 1_000_000 } };
    const first = senderOf({ unknownAfterMs: 300, journal: fileJournal(where) });
    const { hash } = await unknownOf(first.send(call));
    rpc.trouble = {};
    const receipt = await senderOf({ journal: fileJournal(where) }).send(call);
    expect(receipt.hash).to.equal(hash);
    expect(await moved()).to.equal(ORION);
    expect(log.lines.map(({ message }) => message)).to.include(
      "the same call was sent earlier, and is mined by now: it is not sent a second time",
    );
    // Whoever wants it once more says it once more.
    const again = senderOf({ journal: fileJournal(where) });
    await again.send(call);
    expect(await moved()).to.equal(2n * ORION);
  });

  it("sends what was signed and never left, after a restart, before anything else", async () => {
    const { call, moved } = payment();
    const where = path.join(folder, "killed");
    const killed = senderOf({
      journal: fileJournal(where),
      step: (name) => {
        if (name.startsWith("signed:")) throw new Error("killed");
      },
    });
    expect(await killed.send(call).catch((error: unknown) => (error as Error).message)).to.equal("killed");
    expect(await moved()).to.equal(0n);
    const next = payment();
    const receipt = await senderOf({ journal: fileJournal(where) }).send(next.call);
    expect([await moved(), await next.moved()]).to.deep.equal([ORION, ORION]);
    expect((await running.chain.provider.getTransaction(receipt.hash))?.nonce).to.be.greaterThan(0);
  });

  for (const [jump, days] of [
    ["forth", 3],
    ["back", -3],
  ] as const) {
    it(`settles and sends at the next start what was open, however far the machine's date jumps ${jump} meanwhile`, async () => {
      const clock: Clock = { ...systemClock, now: () => Date.now() + days * 86_400_000 };
      const [mined, waiting] = [payment(), payment()];
      const [minedIn, waitingIn] = ["mined", "waiting"].map((name) => path.join(folder, `${jump}-${name}`)) as [
        string,
        string,
      ];
      rpc.trouble = { hide: { [RECEIPT]: 1_000_000 } };
      const { hash } = await unknownOf(
        senderOf({ unknownAfterMs: 300, journal: fileJournal(minedIn) }).send(mined.call),
      );
      rpc.trouble = {};
      expect((await senderOf({ clock, journal: fileJournal(minedIn) }).send(mined.call)).hash).to.equal(hash);
      expect(await mined.moved()).to.equal(ORION);

      const step = (name: string): void => {
        if (name.startsWith("signed:")) throw new Error("killed");
      };
      const killed = senderOf({ journal: fileJournal(waitingIn), step });
      expect(await killed.send(waiting.call).catch((error: unknown) => (error as Error).message)).to.equal("killed");
      await senderOf({ clock, journal: fileJournal(waitingIn) }).send(payment().call);
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
    await senderOf({ journal, step: (name) => order.push(name) }).send(payment().call);
    expect(order).to.deep.equal(["noted transfer", "signed:transfer", "broadcast:transfer", "settled"]);
    const full: TransactionJournal = { ...journal, signed: () => Promise.reject(new Error("ENOSPC")) };
    const { call, moved } = payment();
    const sender = senderOf({ journal: full });
    expect(await sender.send(call).catch((error: unknown) => (error as Error).message)).to.equal("ENOSPC");
    expect(await moved()).to.equal(0n);
    await sender.send({ ...call, urgent: true });
    expect(await moved()).to.equal(ORION);
  });

  for (const strikesOut of [true, false]) {
    it(`ends a call that is stopped as it is signed${strikesOut ? ", and never sends it" : "; what cannot be struck out is named"}`, async () => {
      const stop = new AbortController();
      const where = path.join(folder, `stopped-${String(strikesOut)}`);
      const file = fileJournal(where);
      const journal: TransactionJournal = {
        signed: async (transaction) => {
          await file.signed(transaction);
          stop.abort();
        },
        settled: (from, nonce) => (strikesOut ? file.settled(from, nonce) : Promise.reject(new Error("ENOSPC"))),
        open: () => file.open(),
      };
      const { call, moved } = payment();
      const error = await failureOf(senderOf({ journal, signal: stop.signal }).send(call));
      expect([error.code, /nothing happened/.test(error.hint ?? "")]).to.deep.equal(["ABORTED", strikesOut]);
      const next = payment();
      await senderOf({ journal: fileJournal(where) }).send(next.call);
      expect([await moved(), await next.moved()]).to.deep.equal([strikesOut ? 0n : ORION, ORION]);
    });
  }

  it("takes a journal that cannot be read for no empty one, and reads it once it can be", async () => {
    const where = path.join(folder, "unreadable");
    const { call, moved } = payment();
    // As a process does that is killed before it can note the outcome.
    const earlier = fileJournal(where);
    const killed: TransactionJournal = {
      signed: (transaction) => earlier.signed(transaction),
      settled: () => Promise.resolve(),
      open: () => Promise.resolve([]),
    };
    await senderOf({ journal: killed }).send(call);
    const away = `${where}.away`;
    await rename(where, away);
    await writeFile(where, "no folder");
    const journal = fileJournal(where);
    const error = await failureOf(journal.open());
    expect([error.code, error.retryable]).to.deep.equal(["UNAVAILABLE", true]);
    await rm(where);
    await rename(away, where);
    expect(await journal.open()).to.have.length(1);
    await senderOf({ journal }).send(call);
    expect(await moved()).to.equal(ORION);
  });

  it("keeps no file of what is settled", async () => {
    const where = path.join(folder, "settled");
    await senderOf({ journal: fileJournal(where) }).send(payment().call);
    expect(await readdir(where)).to.have.length(1);
    expect(await fileJournal(where).open()).to.deep.equal([]);
  });

  describe("with several transactions in flight", () => {
    const nonceOf = async ({ hash }: TransactionReceipt): Promise<number> =>
      (await running.chain.provider.getTransaction(hash))?.nonce ?? -1;
    const pooled = async (): Promise<number> => {
      const status = (await running.chainProcess.rpc("txpool_status")) as { pending: string };
      return Number(status.pending);
    };
    const untilPooled = async (count: number): Promise<void> => {
      while ((await pooled()) < count) await systemClock.sleep(20);
    };

    it("does not wait for one receipt to send the next, and asks little while it waits", async () => {
      await running.chainProcess.rpc("evm_setAutomine", [false]);
      const payments = Array.from({ length: 10 }, payment);
      const sender = senderOf();
      const sending = Promise.all(payments.map(({ call }) => sender.send(call)));
      await untilPooled(10);
      await systemClock.sleep(3_000);
      rpc.reset();
      await systemClock.sleep(5_000);
      expect(Object.values(rpc.counts).reduce((sum, count) => sum + count, 0)).to.be.lessThan(30);
      await running.chainProcess.rpc("evm_mine");
      const receipts = await sending;
      expect(new Set(receipts.map(({ blockNumber }) => blockNumber)).size).to.equal(1);
      for (const { moved } of payments) expect(await moved()).to.equal(ORION);
    });

    it("lets an urgent call overtake all that are not signed yet", async () => {
      await running.chainProcess.rpc("evm_setAutomine", [false]);
      const sender = senderOf({ parallel: 2 });
      const sending = Array.from({ length: 6 }, payment).map(({ call }) => sender.send(call));
      await untilPooled(2);
      const urgent = sender.send({ ...payment().call, urgent: true });
      await untilPooled(3);
      await running.chainProcess.rpc("evm_setIntervalMining", [1]);
      const first = await nonceOf((await sending[0]) as TransactionReceipt);
      expect(await nonceOf(await urgent)).to.equal(first + 2);
      await Promise.all(sending);
    });

    it("waits with a call whose simulation needs one in flight, and holds up no other", async () => {
      await running.chainProcess.rpc("evm_setAutomine", [false]);
      const wallet = accountAt(17);
      const { orion } = running.chain.contracts;
      const deployer = senderOf();
      const to = running.network.addresses.orion;
      const fund = orion.interface.encodeFunctionData("transfer", [wallet.address, ORION]);
      const funding = deployer.send({ to, data: fund, label: "fund" });
      await running.chainProcess.rpc("evm_setIntervalMining", [1]);
      await funding;
      const sender = senderOf({}, wallet);
      const spender = accountAt(18).address;
      const approve = orion.interface.encodeFunctionData("approve", [wallet.address, ORION]);
      const use = orion.interface.encodeFunctionData("transferFrom", [wallet.address, spender, ORION]);
      const calls = [approve, use].map((data, i) => sender.send({ to, data, label: `call ${String(i)}` }));
      const receipts = await Promise.all(calls);
      expect(receipts.map(({ status }) => status)).to.deep.equal([1, 1]);
      expect(await orion.balanceOf(spender)).to.equal(ORION);
    });
  });

  describe("with prices that make no sense", () => {
    const gasPrice = async ({ hash }: TransactionReceipt): Promise<bigint> =>
      (await running.chain.provider.getTransactionReceipt(hash))?.gasPrice ?? 0n;

    it("pays no tip of 100,000 gwei because an endpoint suggests it, and says so", async () => {
      rpc.trouble = { results: { eth_maxPriorityFeePerGas: toBeHex(100_000n * GWEI) } };
      const price = await gasPrice(await senderOf().send(payment().call));
      expect(price <= 5n * GWEI).to.equal(true);
      expect(log.lines.filter(({ message }) => /out of all proportion/.test(message))).to.have.length(1);
    });

    it("signs nothing above the limit that it is given, and says both prices", async () => {
      const { call, moved } = payment();
      const error = await failureOf(senderOf({ maxFeePerGas: 1n }).send(call));
      expect(error.code).to.equal("FEE_ABOVE_LIMIT");
      expect(error.message).to.match(/^the chain asks [\d.e-]+ gwei per gas, the limit is 1e-9$/);
      expect(await moved()).to.equal(0n);
    });

    it("tells what a call will cost before it goes out", async () => {
      const notices: bigint[] = [];
      const sender = senderOf({ onSigned: ({ expectedCost, maxCost }) => notices.push(expectedCost, maxCost) });
      const receipt = await sender.send(payment().call);
      const cost = receipt.gasUsed * receipt.gasPrice;
      expect((notices[0] ?? 0n) * 2n > cost && (notices[1] ?? 0n) > cost).to.equal(true);
    });
  });

  it("raises the price of a stuck transaction by a clock that nobody can set", async () => {
    await running.chainProcess.rpc("evm_setAutomine", [false]);
    for (const jump of [-3_600_000, 3_600_000]) {
      const began = Date.now();
      const clock: Clock = { ...systemClock, now: () => Date.now() + (Date.now() - began > 300 ? jump : 0) };
      const sending = senderOf({ clock, stuckAfterMs: 1_000 }).send(payment().call);
      await systemClock.sleep(700);
      const raised = (): number => log.lines.filter(({ message }) => /raising its gas price/.test(message)).length;
      const before = raised();
      await systemClock.sleep(1_800);
      expect(raised() - before).to.be.greaterThan(0);
      await running.chainProcess.rpc("evm_mine");
      await sending;
      log.lines.length = 0;
    }
  });

  it("works where batches are refused", async () => {
    rpc.trouble = { batchMax: 1 };
    const { call, moved } = payment();
    await senderOf().send(call);
    expect(await moved()).to.equal(ORION);
  });
});
