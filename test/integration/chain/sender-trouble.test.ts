import { expect } from "chai";
import { toBeHex, type TransactionReceipt } from "ethers";

import { systemClock, type Clock } from "@orion/protocol/common";

import { anvilPath } from "../../support/network/chain-process.ts";
import { accountAt, ORION } from "../../support/network/test-network.ts";
import type { Trouble } from "../../support/network/troubled-node.ts";
import { failureOf, RECEIPT, SEND, SenderBench, unknownOf } from "./sender-bench.ts";

const anvil = anvilPath();
const GWEI = 10n ** 9n;

describe("createSender over an endpoint in trouble (sender)", function () {
  this.timeout(120_000);
  let bench: SenderBench;

  before(async function () {
    if (anvil === undefined) return this.skip();
    bench = await SenderBench.open(anvil);
  });
  beforeEach(() => bench.connect());
  afterEach(() => bench.disconnect());
  after(() => bench?.close());

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
          await bench.running.chainProcess.rpc("evm_setAutomine", [false]);
          await bench.running.chainProcess.rpc("evm_setIntervalMining", [1]);
        }
        const { call, moved } = bench.payment();
        // Troubles are counted down.
        bench.rpc.trouble = structuredClone(trouble);
        const sender = bench.sender();
        expect((await sender.send(call)).status).to.equal(1);
        bench.rpc.trouble = {};
        expect(await moved()).to.equal(ORION);
        // What is sent next is not disturbed, and the first one does not come a second time.
        const next = bench.payment();
        await sender.send(next.call);
        expect([await moved(), await next.moved()]).to.deep.equal([ORION, ORION]);
      });
    }
  }

  it("calls the outcome unknown, with the hash, where no receipt ever comes, and has paid once", async () => {
    await bench.running.chainProcess.rpc("evm_setAutomine", [false]);
    await bench.running.chainProcess.rpc("evm_setIntervalMining", [1]);
    const { call, moved } = bench.payment();
    bench.rpc.trouble = { hide: { [RECEIPT]: 1_000_000 } };
    const error = await unknownOf(bench.sender({ unknownAfterMs: 3_000, stuckAfterMs: 1_500 }).send(call));
    expect([error.code, error.retryable]).to.deep.equal(["TRANSACTION_UNKNOWN", true]);
    const { hash } = error;
    expect(error.message).to.include(hash).and.to.include("may have happened");
    expect((await bench.running.chain.provider.getTransactionReceipt(hash))?.status).to.equal(1);
    expect(await moved()).to.equal(ORION);
  });

  it("keeps a call that is repeated while its outcome is unknown from being made twice", async () => {
    const { call, moved } = bench.payment();
    bench.rpc.trouble = { hide: { [RECEIPT]: 1_000_000 } };
    const sender = bench.sender({ unknownAfterMs: 500 });
    const first = await unknownOf(sender.send(call));
    const second = await unknownOf(sender.send(call));
    expect([first.code, second.code, second.hash]).to.deep.equal([
      "TRANSACTION_UNKNOWN",
      "TRANSACTION_UNKNOWN",
      first.hash,
    ]);
    expect(await moved()).to.equal(ORION);
  });

  describe("with several transactions in flight", () => {
    const nonceOf = async ({ hash }: TransactionReceipt): Promise<number> =>
      (await bench.running.chain.provider.getTransaction(hash))?.nonce ?? -1;
    const pooled = async (): Promise<number> => {
      const status = (await bench.running.chainProcess.rpc("txpool_status")) as { pending: string };
      return Number(status.pending);
    };
    const untilPooled = async (count: number): Promise<void> => {
      while ((await pooled()) < count) await systemClock.sleep(20);
    };

    it("does not wait for one receipt to send the next, and asks little while it waits", async () => {
      await bench.running.chainProcess.rpc("evm_setAutomine", [false]);
      const payments = Array.from({ length: 10 }, () => bench.payment());
      const sender = bench.sender();
      const sending = Promise.all(payments.map(({ call }) => sender.send(call)));
      await untilPooled(10);
      await systemClock.sleep(3_000);
      bench.rpc.reset();
      await systemClock.sleep(5_000);
      expect(Object.values(bench.rpc.counts).reduce((sum, count) => sum + count, 0)).to.be.lessThan(30);
      await bench.running.chainProcess.rpc("evm_mine");
      const receipts = await sending;
      expect(new Set(receipts.map(({ blockNumber }) => blockNumber)).size).to.equal(1);
      for (const { moved } of payments) expect(await moved()).to.equal(ORION);
    });

    it("lets an urgent call overtake all that are not signed yet", async () => {
      await bench.running.chainProcess.rpc("evm_setAutomine", [false]);
      const sender = bench.sender({ parallel: 2 });
      const sending = Array.from({ length: 6 }, () => bench.payment()).map(({ call }) => sender.send(call));
      await untilPooled(2);
      const urgent = sender.send({ ...bench.payment().call, urgent: true });
      await untilPooled(3);
      await bench.running.chainProcess.rpc("evm_setIntervalMining", [1]);
      const first = await nonceOf((await sending[0]) as TransactionReceipt);
      expect(await nonceOf(await urgent)).to.equal(first + 2);
      await Promise.all(sending);
    });

    it("waits with a call whose simulation needs one in flight, and holds up no other", async () => {
      await bench.running.chainProcess.rpc("evm_setAutomine", [false]);
      const wallet = accountAt(17);
      const { orion } = bench.running.chain.contracts;
      const deployer = bench.sender();
      const to = bench.running.network.addresses.orion;
      const fund = orion.interface.encodeFunctionData("transfer", [wallet.address, ORION]);
      const funding = deployer.send({ to, data: fund, label: "fund" });
      await bench.running.chainProcess.rpc("evm_setIntervalMining", [1]);
      await funding;
      const sender = bench.sender({}, wallet);
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
      (await bench.running.chain.provider.getTransactionReceipt(hash))?.gasPrice ?? 0n;

    it("pays no tip of 100,000 gwei because an endpoint suggests it, and says so", async () => {
      bench.rpc.trouble = { results: { eth_maxPriorityFeePerGas: toBeHex(100_000n * GWEI) } };
      const price = await gasPrice(await bench.sender().send(bench.payment().call));
      expect(price <= 5n * GWEI).to.equal(true);
      expect(bench.log.lines.filter(({ message }) => /out of all proportion/.test(message))).to.have.length(1);
    });

    it("signs nothing above the limit that it is given, and says both prices", async () => {
      const { call, moved } = bench.payment();
      const error = await failureOf(bench.sender({ maxFeePerGas: 1n }).send(call));
      expect(error.code).to.equal("FEE_ABOVE_LIMIT");
      expect(error.message).to.match(/^the chain asks [\d.e-]+ gwei per gas, the limit is 1e-9$/);
      expect(await moved()).to.equal(0n);
    });

    it("tells what a call will cost before it goes out", async () => {
      const notices: bigint[] = [];
      const sender = bench.sender({ onSigned: ({ expectedCost, maxCost }) => notices.push(expectedCost, maxCost) });
      const receipt = await sender.send(bench.payment().call);
      const cost = receipt.gasUsed * receipt.gasPrice;
      expect((notices[0] ?? 0n) * 2n > cost && (notices[1] ?? 0n) > cost).to.equal(true);
    });
  });

  it("raises the price of a stuck transaction by a clock that nobody can set", async () => {
    await bench.running.chainProcess.rpc("evm_setAutomine", [false]);
    for (const jump of [-3_600_000, 3_600_000]) {
      const began = Date.now();
      const clock: Clock = { ...systemClock, now: () => Date.now() + (Date.now() - began > 300 ? jump : 0) };
      const sending = bench.sender({ clock, stuckAfterMs: 1_000 }).send(bench.payment().call);
      await systemClock.sleep(700);
      const raised = (): number =>
        bench.log.lines.filter(({ message }) => /raising its gas price/.test(message)).length;
      const before = raised();
      await systemClock.sleep(1_800);
      expect(raised() - before).to.be.greaterThan(0);
      await bench.running.chainProcess.rpc("evm_mine");
      await sending;
      bench.log.lines.length = 0;
    }
  });

  it("works where batches are refused", async () => {
    bench.rpc.trouble = { batchMax: 1 };
    const { call, moved } = bench.payment();
    await bench.sender().send(call);
    expect(await moved()).to.equal(ORION);
  });
});
