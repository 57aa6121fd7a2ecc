import { expect } from "chai";
import { parseEther, Wallet, type TransactionReceipt } from "ethers";

import { connectChain, createSender, type Sender, type SenderOptions } from "@orion/protocol/chain";
import {
  AbortedError,
  SentAbortedError,
  OrionError,
  RevertError,
  silentLogger,
  systemClock,
  UnavailableError,
} from "@orion/protocol/common";

import { anvilPath, freePort, startAnvil } from "../../support/network/chain-process.ts";
import { accountAt, ACCOUNTS, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { prepareJob } from "../../support/network/tiny-job.ts";

const anvil = anvilPath();

async function failureOf(action: Promise<unknown>): Promise<OrionError> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(OrionError);
  return error as OrionError;
}

function revertOf(error: OrionError): RevertError {
  if (error instanceof RevertError) return error;
  throw new Error(`not a revert: ${error.message}`, { cause: error });
}

describe("createSender", function () {
  this.timeout(60_000);
  let running: TestNetwork;

  before(async function () {
    if (anvil === undefined) return this.skip();
    running = await startTestNetwork({ startChain: () => startAnvil(anvil) });
  });
  after(async () => {
    await running?.stop();
  });

  const senderOf = (account: number, options: Partial<SenderOptions> = {}): Sender =>
    createSender({
      chain: running.chain,
      wallet: accountAt(account),
      clock: systemClock,
      log: silentLogger,
      pollMs: 10,
      ...options,
    });
  const approval = (amount: bigint): { to: string; data: string; label: string } => ({
    to: running.network.addresses.orion,
    data: running.chain.contracts.orion.interface.encodeFunctionData("approve", [accountAt(9).address, amount]),
    label: "approve",
  });
  const transfer = (amount: bigint): { to: string; data: string; label: string } => ({
    to: running.network.addresses.orion,
    data: running.chain.contracts.orion.interface.encodeFunctionData("transfer", [accountAt(9).address, amount]),
    label: "transfer",
  });
  const transactionsOf = (account: number): Promise<number> =>
    running.chain.provider.getTransactionCount(accountAt(account).address, "latest");

  it("sends what it is given at once one after the other, each with the next nonce", async () => {
    const sender = senderOf(10);
    const receipts = await Promise.all([1n, 2n, 3n, 4n].map((amount) => sender.send(approval(amount))));
    const sent = await Promise.all(receipts.map((receipt) => receipt.getTransaction()));
    expect(sent.map(({ nonce }) => nonce)).to.deep.equal([0, 1, 2, 3]);
    expect(sender.lastBlock).to.equal(receipts[3]?.blockNumber);
  });

  it("signs nothing when the simulation reverts, and names error, values and remedy", async () => {
    const before = await transactionsOf(11);
    const error = revertOf(await failureOf(senderOf(11).send(transfer(5n))));
    expect([error.revert, ...error.values]).to.deep.equal(["ERC20InsufficientBalance", accountAt(11).address, 0n, 5n]);
    expect(error.hint).to.match(/orion credits mint/);
    expect(await transactionsOf(11)).to.equal(before);
  });

  it("decodes the errors of the market with their values", async () => {
    const job = await prepareJob(running, { shards: 4 });
    const terms = { ...job.terms, pricePerShard: job.terms.workPerShard - 1n };
    const data = running.chain.contracts.market.interface.encodeFunctionData("postJob", [terms]);
    const call = { to: running.network.addresses.market, data, label: "postJob" };
    const error = revertOf(await failureOf(senderOf(ACCOUNTS.poster).send(call)));
    expect([error.revert, ...error.values]).to.deep.equal(["BelowPar", terms.pricePerShard, terms.workPerShard]);
    expect(error.message).to.equal(
      `the contract refused the call: BelowPar(${String(terms.pricePerShard)}, ${String(terms.workPerShard)})`,
    );
    expect(error.hint).to.match(/--price/);
  });

  it("goes on after a refused call", async () => {
    const sender = senderOf(10);
    const [refused, receipt] = await Promise.allSettled([sender.send(transfer(1n)), sender.send(approval(9n))]);
    expect([refused.status, receipt.status]).to.deep.equal(["rejected", "fulfilled"]);
  });

  it("lets two processes with one key win their races for nonces", async () => {
    const senders = [senderOf(12), senderOf(12)];
    const sends = senders.flatMap((sender, i) => [1n, 2n, 3n].map((n) => sender.send(approval(BigInt(i) * 10n + n))));
    const receipts = await Promise.all(sends);
    expect(receipts.map(({ status }) => status)).to.deep.equal(Array(6).fill(1));
    expect(await transactionsOf(12)).to.equal(6);
  });

  it("says what is missing when the account cannot pay for gas", async () => {
    const poor = createSender({
      chain: running.chain,
      wallet: Wallet.createRandom(),
      clock: systemClock,
      log: silentLogger,
    });
    const error = revertOf(await failureOf(poor.send(approval(1n))));
    expect(error.revert).to.equal("InsufficientFunds");
    expect(error.message).to.equal("the account has too little of the chain's own coin to pay for gas");
    expect(error.hint).to.match(/coin/);
  });

  it("stops between a transaction and its block when it is told to", async () => {
    const stop = new AbortController();
    await running.chainProcess.rpc("evm_setAutomine", [false]);
    const sending = failureOf(senderOf(13, { signal: stop.signal }).send(approval(1n)));
    setTimeout(() => stop.abort(), 100);
    const stopped = await sending;
    expect(stopped).to.be.instanceOf(SentAbortedError);
    expect(stopped)
      .to.have.property("hash")
      .that.matches(/^0x[0-9a-f]{64}$/);
    await running.chainProcess.rpc("evm_setAutomine", [true]);
    await running.chainProcess.rpc("evm_mine");
    expect(await failureOf(senderOf(13, { signal: stop.signal }).send(approval(1n)))).to.be.instanceOf(AbortedError);
    expect(await transactionsOf(13)).to.equal(1);
  });

  describe("while no block is mined", () => {
    beforeEach(() => running.chainProcess.rpc("evm_setAutomine", [false]));
    afterEach(() => running.chainProcess.rpc("evm_setAutomine", [true]));

    const pending = async (account: number): Promise<{ nonce: string; maxFeePerGas: string }[]> => {
      const pool = (await running.chainProcess.rpc("txpool_content")) as {
        pending: Record<string, Record<string, { nonce: string; maxFeePerGas: string }>>;
      };
      const { address } = accountAt(account);
      const entry = Object.entries(pool.pending).find(([from]) => from.toLowerCase() === address.toLowerCase());
      return Object.values(entry?.[1] ?? {});
    };

    it("raises the fee of a stuck transaction by a quarter each time, under the same nonce", async () => {
      const fees: bigint[] = [];
      const done = senderOf(14, { stuckAfterMs: 150 }).send(approval(1n));
      for (let seen = 0; seen < 3;) {
        const [transaction] = await pending(14);
        const fee = BigInt(transaction?.maxFeePerGas ?? 0);
        if (fee > (fees.at(-1) ?? 0n)) seen = fees.push(fee);
        await systemClock.sleep(20);
      }
      expect((await pending(14)).length).to.equal(1);
      for (const [i, fee] of fees.slice(1).entries()) expect(fee >= ((fees[i] ?? 0n) * 5n) / 4n).to.equal(true);
      await running.chainProcess.rpc("evm_mine");
      expect((await done).status).to.equal(1);
      expect(await transactionsOf(14)).to.equal(1);
    });

    it("replaces what an earlier life left stuck at a lower nonce", async () => {
      const wallet = accountAt(15).connect(running.chain.provider);
      const baseFee = (await running.chain.provider.getBlock("latest"))?.baseFeePerGas ?? 0n;
      const fees = { maxFeePerGas: (baseFee * 12n) / 10n, maxPriorityFeePerGas: 1n };
      const payment = { to: accountAt(9).address, value: parseEther("1"), nonce: 0, gasLimit: 21_000 };
      const left = await wallet.sendTransaction({ ...payment, ...fees });
      const sending = senderOf(15, { stuckAfterMs: 200 }).send(approval(7n));
      const mine = async (): Promise<void> => {
        // Dearer than the old transaction can pay, cheaper than the new one does.
        await running.chainProcess.rpc("anvil_setNextBlockBaseFeePerGas", [
          `0x${((baseFee * 15n) / 10n).toString(16)}`,
        ]);
        await running.chainProcess.rpc("evm_mine");
      };
      const mining = setInterval(() => void mine(), 100);
      const receipt: TransactionReceipt = await sending.finally(() => clearInterval(mining));
      expect((await receipt.getTransaction()).nonce).to.equal(1);
      expect(await running.chain.provider.getTransactionReceipt(left.hash)).to.equal(null);
    });
  });

  it("finds a dead RPC unavailable, in one line with a remedy", async () => {
    const doomed = await startAnvil(anvil ?? "");
    const network = { ...running.network, rpcUrl: doomed.url };
    await doomed.stop();
    const error = await failureOf(connectChain(network));
    expect(error).to.be.instanceOf(UnavailableError);
    expect(error.message).to.equal(`the chain at ${doomed.url} does not answer`);
    expect(error.hint).to.match(/orion devnet/);
  });

  it("finds an RPC that dies under way unavailable, and never a bug", async () => {
    const port = await freePort();
    const other = await startTestNetwork({ startChain: () => startAnvil(anvil ?? "") });
    try {
      const sender = other.sender(ACCOUNTS.poster);
      await other.chainProcess.stop();
      const call = { to: other.network.addresses.orion, data: "0x", label: "nothing" };
      const error = await failureOf(sender.send(call));
      expect([error.code, error.retryable]).to.deep.equal(["UNAVAILABLE", true]);
      expect((await failureOf(other.follower.sync())).code).to.equal("UNAVAILABLE");
      expect(error.message.split("\n")).to.have.length(1);
      expect(port).to.be.greaterThan(0);
    } finally {
      await other.stop();
    }
  });
});
