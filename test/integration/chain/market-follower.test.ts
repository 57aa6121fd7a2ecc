import { isDeepStrictEqual as isEqual } from "node:util";

import { expect } from "chai";

import { createMarketFollower, type MarketEvent } from "@orion/protocol/chain";
import { OrionError } from "@orion/protocol/common";

import { anvilPath, startAnvil } from "../../support/network/chain-process.ts";
import { dice, followed, plain, RandomMarket, readAnew, viewsOf } from "../../support/network/random-market.ts";
import { ACCOUNTS, ORION, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";
import { wrapChain } from "../../support/network/wrapped-chain.ts";

const anvil = anvilPath();

describe("createMarketFollower", function () {
  this.timeout(120_000);
  const workers = [0, 1, 2].map((i) => ACCOUNTS.workers + i);
  let running: TestNetwork;
  let market: RandomMarket;

  before(async function () {
    if (anvil === undefined) return this.skip();
    running = await startTestNetwork({ startChain: () => startAnvil(anvil) });
    for (const worker of workers) await running.stake(worker, 1_000n * ORION);
    market = new RandomMarket(running, 1, workers);
  });
  after(async () => {
    await running?.stop();
  });

  it("says what the contract's own views say, after every random move", async () => {
    const follower = createMarketFollower({ chain: running.chain });
    for (let i = 0; i < 3; i++) await market.post();
    for (let i = 0; i < 120; i++) {
      await market.move();
      await follower.sync();
      if (i % 10 !== 0) continue;
      for (const job of follower.state.jobs.values()) expect(followed(job)).to.deep.equal(await viewsOf(running, job));
    }
    expect(market.played).to.be.greaterThan(30);
    expect(plain(follower.state)).to.deep.equal(plain(await readAnew(running)));
    expect(follower.block).to.equal(await running.chain.provider.getBlockNumber());
    expect(follower.time).to.equal((await running.chain.provider.getBlock("latest"))?.timestamp);
  });

  it("asks for no larger range than it may, and comes to the same", async () => {
    const ranges: number[] = [];
    const chain = wrapChain(running.chain, {
      getLogs: (filter, real) => {
        ranges.push(Number(filter.toBlock) - Number(filter.fromBlock) + 1);
        return real(filter);
      },
    });
    const events: MarketEvent[] = [];
    const follower = createMarketFollower({ chain, maxRange: 7, onEvent: (event) => events.push(event) });
    await follower.sync();
    expect(Math.max(...ranges)).to.equal(7);
    expect(plain(follower.state)).to.deep.equal(plain(await readAnew(running)));
    expect(events.length).to.be.greaterThan(market.played);
  });

  for (const depth of [1, 2, 3, 5, 9, 20]) {
    it(`keeps no trace of ${String(depth)} blocks that a reorganisation removes`, async () => {
      const roll = dice(depth);
      const follower = createMarketFollower({ chain: running.chain });
      await follower.sync();
      const head = await running.chain.provider.getBlockNumber();
      while ((await running.chain.provider.getBlockNumber()) < head + depth + 2) {
        await market.move();
        if (roll(2) === 0) await follower.sync();
      }
      await follower.sync();
      const before = plain(follower.state);
      await running.chainProcess.rpc("anvil_reorg", [depth, []]);
      await follower.sync();
      expect(plain(follower.state)).to.deep.equal(plain(await readAnew(running)));
      if (depth >= 8) expect(plain(follower.state)).to.not.deep.equal(before);
      for (let i = 0; i < 5; i++) await market.move();
      await follower.sync();
      expect(plain(follower.state)).to.deep.equal(plain(await readAnew(running)));
      for (const job of follower.state.jobs.values()) expect(followed(job)).to.deep.equal(await viewsOf(running, job));
    });
  }

  it("reads everything anew after a reorganisation below all that it remembers", async () => {
    const late = createMarketFollower({ chain: running.chain });
    await market.move();
    await late.sync();
    for (let i = 0; i < 4; i++) await market.move();
    await running.chainProcess.rpc("anvil_reorg", [10, []]);
    await late.sync();
    expect(plain(late.state)).to.deep.equal(plain(await readAnew(running)));
  });

  it("finds logs that a lagging node behind a balancer left out", async () => {
    const roll = dice(5);
    let lag = 0;
    const chain = wrapChain(running.chain, {
      getLogs: async (filter, real) => {
        const logs = await real(filter);
        return logs.filter((log) => log.blockNumber <= Number(filter.toBlock) - lag);
      },
    });
    const follower = createMarketFollower({ chain });
    let incomplete = 0;
    for (let i = 0; i < 40; i++) {
      lag = roll(4);
      await market.move();
      await follower.sync();
      if (!isEqual(plain(follower.state), plain(await readAnew(running)))) incomplete++;
    }
    lag = 0;
    await follower.sync();
    expect(incomplete).to.be.greaterThan(0);
    expect(plain(follower.state)).to.deep.equal(plain(await readAnew(running)));
  });

  it("does not go back when a node lags, and says so when its block is needed", async () => {
    let lag = 0;
    const chain = wrapChain(running.chain, {
      getBlock: async (block, real) => {
        const head = (await running.chain.provider.getBlockNumber()) - lag;
        if (block === "latest") return real(head);
        return block > head ? null : real(block);
      },
    });
    const follower = createMarketFollower({ chain });
    await market.move();
    await follower.sync();
    const [block, known] = [follower.block, plain(follower.state)];
    lag = 3;
    await follower.sync();
    expect([follower.block, plain(follower.state)]).to.deep.equal([block, known]);
    await running.chainProcess.rpc("evm_mine");
    const error: unknown = await follower.sync(block + 1).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(OrionError);
    expect((error as OrionError).code).to.equal("UNAVAILABLE");
    expect((error as OrionError).message).to.match(/lags: it shows block \d+, this process has seen \d+$/);
    lag = 0;
    await follower.sync(block + 1);
    expect(follower.block).to.be.greaterThan(block);
  });
});
