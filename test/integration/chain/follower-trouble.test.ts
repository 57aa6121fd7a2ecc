import { expect } from "chai";

import { connectChain, createMarketFollower, logRangeOf, readLogs, type Chain } from "@orion/protocol/chain";
import { systemClock, type Clock } from "@orion/protocol/common";

import { anvilPath, startAnvil } from "../../support/network/chain-process.ts";
import { recordingLogger } from "../../support/network/in-process.ts";
import { plain, readAnew } from "../../support/network/random-market.ts";
import { startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { postTinyJob } from "../../support/network/tiny-job.ts";
import { startTroubledRpc, type TroubledRpc } from "../../support/network/troubled-rpc.ts";

const anvil = anvilPath();

describe("a market follower over an endpoint in trouble (follower)", function () {
  this.timeout(120_000);
  let running: TestNetwork;
  let rpc: TroubledRpc;
  let chain: Chain;
  let log: ReturnType<typeof recordingLogger>;
  let elapsed: number;
  /** Passes as fast as a test wants. */
  const clock: Clock = { ...systemClock, steady: () => elapsed };

  before(async function () {
    if (anvil === undefined) return this.skip();
    running = await startTestNetwork({ startChain: () => startAnvil(anvil) });
    rpc = await startTroubledRpc(running.network.rpcUrl);
  });
  beforeEach(async () => {
    elapsed = 1_000;
    rpc.trouble = {};
    log = recordingLogger();
    chain = await connectChain({ ...running.network, rpcUrl: rpc.url });
    rpc.reset();
  });
  afterEach(() => chain.close());
  after(async () => {
    await rpc?.stop();
    await running?.stop();
  });

  const mine = (blocks: number): Promise<unknown> =>
    running.chainProcess.rpc("anvil_mine", [`0x${blocks.toString(16)}`]);
  const warnings = (): string[] => log.lines.filter(({ level }) => level === "warn").map(({ message }) => message);

  for (const lag of [4, 12, 30]) {
    it(`sees every job behind a node whose logs are ${String(lag)} blocks late, and says that it lags`, async () => {
      const follower = createMarketFollower({ chain, log, clock });
      await follower.sync();
      rpc.trouble = { stale: lag, staleOnly: ["eth_getLogs"] };
      const { jobId } = await postTinyJob(running, { shards: 1 });
      for (let i = 0; i < lag; i++) {
        await follower.sync();
        await mine(1);
      }
      expect(follower.state.jobs.has(jobId)).to.equal(false);
      await mine(1);
      await follower.sync();
      expect(follower.state.jobs.has(jobId)).to.equal(true);
      expect(plain(follower.state)).to.deep.equal(plain(await readAnew(running)));
      expect(warnings()).to.deep.equal([
        "the RPC left out logs that it shows now: one of its nodes lags, or it mixes several",
      ]);
    });
  }

  it("sees every job behind a node that is minutes late, at a look that is wider now and then", async () => {
    const follower = createMarketFollower({ chain, log, clock });
    await follower.sync();
    rpc.trouble = { stale: 200, staleOnly: ["eth_getLogs"] };
    const { jobId } = await postTinyJob(running, { shards: 1 });
    for (let i = 0; i < 20; i++) {
      await mine(9);
      await follower.sync();
    }
    rpc.trouble = {};
    await mine(10);
    elapsed += 31_000;
    await follower.sync();
    expect(follower.state.jobs.has(jobId)).to.equal(true);
  });

  for (const [getLogsMax, getLogsText] of [
    [60, undefined],
    [30, "query returned more than 10000 results"],
    [7, "block range is too wide"],
  ] as const) {
    it(`reads over a limit of ${String(getLogsMax)} blocks, and remembers it`, async () => {
      const far = await connectChain({ ...running.network, rpcUrl: rpc.url, deployBlock: 1 });
      rpc.trouble = { getLogsMax, ...(getLogsText === undefined ? {} : { getLogsText }) };
      const from = (await chain.provider.getBlockNumber()) - 150;
      const query = { address: far.network.addresses.market, topics: [], fromBlock: from };
      await readLogs(far, query);
      expect(logRangeOf(far))
        .to.be.at.most(getLogsMax)
        .and.to.be.greaterThan(getLogsMax / 2 - 1);
      rpc.reset();
      await readLogs(far, query);
      expect(rpc.counts.eth_getLogs).to.be.at.most(Math.ceil(151 / logRangeOf(far)));
      far.close();
    });
  }

  it("keeps to the range that the network file gives", async () => {
    const limited = await connectChain({ ...running.network, rpcUrl: rpc.url, logRange: 40 });
    rpc.trouble = { getLogsMax: 40 };
    const from = (await chain.provider.getBlockNumber()) - 119;
    await readLogs(limited, { address: running.network.addresses.market, topics: [], fromBlock: from });
    expect(rpc.counts.eth_getLogs).to.equal(3);
    limited.close();
  });

  it("says within two minutes that the head stands still, and nothing while a quiet local chain only waits", async () => {
    const follower = createMarketFollower({ chain, log, clock });
    await follower.sync();
    await running.chainProcess.rpc("evm_increaseTime", [60]);
    for (elapsed = 0; elapsed <= 180_000; elapsed += 10_000) await follower.sync();
    expect(warnings().filter((line) => line.includes("stands still"))).to.have.length(0);
    rpc.trouble = { freeze: follower.block };
    await mine(60);
    const from = elapsed;
    for (; elapsed <= from + 120_000 && warnings().length === 0; elapsed += 5_000) await follower.sync();
    expect(warnings()[0]).to.match(/stands still at block \d+ for \d+ s/);
    expect(log.lines).to.have.length(1);
  });

  it("says within two minutes that the chain has gone back, and follows the other one when it grows", async () => {
    const snapshot = await running.chainProcess.rpc("evm_snapshot");
    await mine(20);
    await postTinyJob(running, { shards: 1 });
    const follower = createMarketFollower({ chain, log, clock });
    await follower.sync();
    await running.chainProcess.rpc("evm_revert", [snapshot]);
    const from = elapsed;
    for (; elapsed <= from + 120_000 && warnings().length === 0; elapsed += 5_000) await follower.sync();
    expect(warnings()[0]).to.match(/has gone back: it shows block \d+, and block \d+ was seen before/);
    await mine(30);
    await follower.sync();
    expect(plain(follower.state)).to.deep.equal(plain(await readAnew(running)));
  });

  it("asks once a look while the head does not move, and little when it does", async () => {
    const follower = createMarketFollower({ chain, log, clock });
    await follower.sync();
    rpc.reset();
    for (let i = 0; i < 10; i++) await follower.sync();
    expect(rpc.counts).to.deep.equal({ eth_getBlockByNumber: 10 });
    rpc.reset();
    for (let i = 0; i < 10; i++) {
      await mine(1);
      await follower.sync();
    }
    expect(rpc.counts).to.deep.equal({ eth_getBlockByNumber: 10, eth_getLogs: 10, eth_blockNumber: 10 });
  });

  it("takes one look for several services that ask at about the same time", async () => {
    const follower = createMarketFollower({ chain, log, clock });
    await follower.sync();
    rpc.reset();
    for (let i = 0; i < 4; i++) await follower.sync(0, 1_000);
    expect(rpc.requests).to.equal(0);
    elapsed += 1_001;
    await follower.sync(0, 1_000);
    expect(rpc.requests).to.equal(1);
  });

  it("asks less than once a second of a market in which nothing happens, and all the time again once something does", async () => {
    const follower = createMarketFollower({ chain, log, clock });
    const look = async (seconds: number): Promise<number> => {
      rpc.reset();
      for (let i = 0; i < 2 * seconds; i++) {
        elapsed += 500;
        if (i % 4 === 0) await mine(1);
        await follower.sync();
      }
      return Object.values(rpc.counts).reduce((sum, count) => sum + count, 0);
    };
    expect(await look(55)).to.be.greaterThan(150);
    elapsed += 10_000;
    expect(await look(60)).to.be.at.most(60);
    await postTinyJob(running, { shards: 1 });
    elapsed += 4_000;
    await follower.sync();
    expect(await look(55)).to.be.greaterThan(150);
    // What one has sent is looked for at once.
    elapsed += 120_000;
    await follower.sync();
    await mine(1);
    const own = await chain.provider.getBlockNumber();
    await follower.sync(own);
    expect(follower.block).to.equal(own);
  });
});
