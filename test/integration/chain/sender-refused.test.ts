import path from "node:path";

import { expect } from "chai";

import { fileJournal } from "@orion/protocol/chain";
import { systemClock } from "@orion/protocol/common";

import { anvilPath } from "../../support/network/chain-process.ts";
import { ORION } from "../../support/network/test-network.ts";
import { failureOf, RECEIPT, SEND, SenderBench, unknownOf } from "./sender-bench.ts";

const anvil = anvilPath();
const NO_COIN = { errors: { [SEND]: 1 }, errorText: "insufficient funds for gas * price + value" };
const LOOK = "eth_getTransactionByHash";

describe("createSender with what was refused, or waits for more than an hour", function () {
  this.timeout(60_000);
  let bench: SenderBench;
  let where: string;
  let lives = 0;

  before(async function () {
    if (anvil === undefined) return this.skip();
    bench = await SenderBench.open(anvil);
  });
  beforeEach(async () => {
    await bench.connect();
    where = path.join(bench.folder, `refused-${String(lives++)}`);
  });
  afterEach(() => bench.disconnect());
  after(() => bench?.close());

  const rpc = (method: string, ...params: unknown[]): Promise<unknown> =>
    bench.running.chainProcess.rpc(method, params);
  const life = (): ReturnType<SenderBench["sender"]> => bench.sender({ journal: fileJournal(where) });

  it("refused-next-life: does not send in the next life what was told as failed, and leaves no gap", async () => {
    const [refused, other] = [bench.payment(), bench.payment()];
    bench.rpc.trouble = structuredClone(NO_COIN);
    expect((await failureOf(life().send(refused.call))).message).to.include("too little of the chain's own coin");
    bench.rpc.trouble = {};
    await life().send(other.call);
    expect([await refused.moved(), await other.moved()]).to.deep.equal([0n, ORION]);
    expect(await fileJournal(where).open()).to.deep.equal([]);
    await life().send(refused.call);
    expect(await refused.moved()).to.equal(ORION);
  });

  it("says once more, and plainly, that there is too little coin, and pays once there is enough", async () => {
    const { call, moved } = bench.payment();
    for (const errors of [1, 2, 2]) {
      bench.rpc.trouble = { ...NO_COIN, errors: { [SEND]: errors } };
      expect((await failureOf(life().send(call))).message).to.include("too little of the chain's own coin");
    }
    bench.rpc.trouble = {};
    await life().send(call);
    expect(await moved()).to.equal(ORION);
    expect(await fileJournal(where).open()).to.deep.equal([]);
  });

  for (const isSameLife of [true, false]) {
    it(`refused-taken: pays once what a node took, refused and hid, where ${isSameLife ? "the same" : "the next"} life repeats it`, async () => {
      await rpc("evm_setAutomine", false);
      const [{ call, moved }, next] = [bench.payment(), bench.payment()];
      // The node takes the first of the two, the second is answered by a refusal.
      bench.rpc.trouble = {
        after: SEND,
        afterStatus: 503,
        afterLeft: 1,
        hide: { [RECEIPT]: 1_000_000, [LOOK]: 1_000_000 },
      };
      const first = life();
      const send = bench.chain.provider.broadcastTransaction.bind(bench.chain.provider);
      bench.chain.provider.broadcastTransaction = async (raw) => {
        await send(raw).catch(() => undefined);
        throw Object.assign(new Error(NO_COIN.errorText), { code: "INSUFFICIENT_FUNDS" });
      };
      expect((await failureOf(first.send(call))).message).to.include("too little of the chain's own coin");
      bench.chain.provider.broadcastTransaction = send;
      bench.rpc.trouble = {};
      const again = (isSameLife ? first : life()).send(call);
      await systemClock.sleep(500);
      await rpc("evm_mine");
      await rpc("evm_setAutomine", true);
      await again;
      await life().send(next.call);
      expect([await moved(), await next.moved()]).to.deep.equal([ORION, ORION]);
    });
  }

  it("old-in-pool: pays once what has waited in the pool for more than an hour, and holds up no other call", async () => {
    await rpc("evm_setAutomine", false);
    const [{ call, moved }, other] = [bench.payment(), bench.payment()];
    bench.rpc.trouble = { after: SEND, afterStatus: 503 };
    const { hash } = await unknownOf(
      bench.sender({ unknownAfterMs: 300, stuckAfterMs: 1e9, journal: fileJournal(where) }).send(call),
    );
    bench.rpc.trouble = {};
    const [entry] = await fileJournal(where).open();
    await rpc("anvil_dropTransaction", hash);
    await rpc("evm_increaseTime", 3_700);
    await rpc("evm_mine");
    await rpc("eth_sendRawTransaction", entry?.raw);
    expect(await bench.running.chain.provider.getTransactionReceipt(hash)).to.equal(null);
    const sender = life();
    const sent = Promise.all([sender.send(other.call), sender.send(call)]);
    await systemClock.sleep(800);
    await rpc("evm_setIntervalMining", 1);
    await sent;
    expect([await moved(), await other.moved()]).to.deep.equal([ORION, ORION]);
    expect(await fileJournal(where).open()).to.deep.equal([]);
  });
});
