import { expect } from "chai";

import type { LocalFeed } from "../../../protocol/chain/generated/mocks/LocalFeed.js";
import { createObserver } from "@orion/keepers";
import { contractsAt, type Chain, type NetworkFile } from "@orion/protocol/chain";
import { silentLogger, type Logger } from "@orion/protocol/common";
import { readOrionUsd } from "@orion/protocol/exchange";

import { recordingLogger, startHere, type Started } from "../../support/network/in-process.ts";
import { localFeed } from "../../support/network/local-feed.ts";
import { until } from "../../support/network/services.ts";
import { ACCOUNTS, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";

const FAST = { intervalMs: 50 };
const HOUR_SECONDS = 3_600;
const YEAR_SECONDS = 365 * 24 * HOUR_SECONDS;
/** Many looks. */
const A_WHILE_MS = 600;

describe("the observer of a network without a feed", function () {
  this.timeout(60_000);
  let running: TestNetwork;
  let pool: bigint;
  const observers: Started[] = [];

  before(async () => {
    running = await startTestNetwork();
    pool = await running.chain.contracts.credits.POOL();
  });
  afterEach(async () => {
    for (const observer of observers.splice(0)) await observer.stop();
  });
  after(() => running.stop());

  const observe = (account: number): void => {
    const context = { ...running.context(account), chain: withoutFeed(running.chain) };
    observers.push(startHere(createObserver(context, FAST)));
  };

  const observations = async (): Promise<bigint> => (await running.chain.contracts.dex.trackOf(pool)).observations;
  const sent = (account: number): Promise<number> =>
    running.chain.provider.getTransactionCount(running.sender(account).address);

  it("has a quiet pool observed once an hour, and leaves it alone in between", async () => {
    observe(ACCOUNTS.upkeep);
    for (let hour = 1n; hour <= 3n; hour++) {
      await running.advance(HOUR_SECONDS);
      await until(`observation ${hour}`, async () => (await observations()) === 1n + hour);
      await new Promise((resolve) => setTimeout(resolve, A_WHILE_MS));
      expect(await observations()).to.equal(1n + hour);
    }
    expect(await sent(ACCOUNTS.upkeep)).to.equal(3);
  });

  it("goes on when its account has coin again", async () => {
    const log = recordingLogger();
    const before = await observations();
    const { address } = running.sender(ACCOUNTS.stranger);
    await running.chainProcess.rpc("hardhat_setBalance", [address, "0x0"]);
    const context = { ...running.context(ACCOUNTS.stranger), chain: withoutFeed(running.chain), log };
    observers.push(startHere(createObserver(context, FAST)));
    await running.advance(HOUR_SECONDS);
    await until("a warning", async () => log.lines.some(({ message }) => /coin to pay for gas/.test(message)));
    await running.chainProcess.rpc("hardhat_setBalance", [address, "0xde0b6b3a7640000"]);
    await until("an observation", async () => (await observations()) === before + 1n);
    expect(log.lines.filter(({ level }) => level === "warn")).to.have.length(1);
  });

  it("races others without harm", async () => {
    const before = await observations();
    observe(ACCOUNTS.upkeep);
    observe(ACCOUNTS.aggregator);
    await running.advance(HOUR_SECONDS);
    await until("an observation", async () => (await observations()) === before + 1n);
    expect(await observations()).to.equal(before + 1n);
  });

  it("gives the price of credits its day of observations", async () => {
    const { credits } = running.chain.contracts;
    observe(ACCOUNTS.upkeep);
    await running.advance(7 * 24 * HOUR_SECONDS);
    for (let seen = await observations(); seen < 24n; seen++) {
      expect(await credits.isPriceLive()).to.equal(false);
      await running.advance(HOUR_SECONDS);
      await until("an observation", async () => (await observations()) > seen);
    }
    expect(await credits.isPriceLive()).to.equal(true);
  });
});

describe("the observer of a network with a feed", function () {
  this.timeout(60_000);
  let running: TestNetwork;
  let feed: LocalFeed;
  const observers: Started[] = [];

  before(async () => {
    running = await startTestNetwork();
    feed = await localFeed(running.chain.contracts);
  });
  afterEach(async () => {
    for (const observer of observers.splice(0)) await observer.stop();
  });
  after(() => running.stop());

  const observe = (account: number, log: Logger = silentLogger): void => {
    observers.push(startHere(createObserver({ ...running.context(account), log }, FAST)));
  };
  const prices = (): NonNullable<Chain["contracts"]["usdPrices"]> => running.chain.contracts.usdPrices!;
  const answer = async (price: bigint): Promise<bigint> => {
    const data = feed.interface.encodeFunctionData("updateAnswer", [price]);
    await running.sender(ACCOUNTS.stranger).send({ to: await feed.getAddress(), data, label: "answer" });
    return feed.latestTimestamp();
  };
  const reports = async (): Promise<[price: bigint, updatedAt: bigint][]> => {
    const events = await prices().queryFilter(prices().filters.OrionPriceReported());
    return events.map(({ args: { price, updatedAt } }) => [price, updatedAt]);
  };
  const untilReported = (updatedAt: bigint): Promise<void> =>
    until("a report", async () => (await prices().reportedAt()) === updatedAt);
  const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, A_WHILE_MS));

  it("reports at once what was never reported, however many race", async () => {
    observe(ACCOUNTS.upkeep);
    observe(ACCOUNTS.aggregator);
    const updatedAt = await feed.latestTimestamp();
    await untilReported(updatedAt);
    await aWhile();
    expect(await reports()).to.deep.equal([[5n * 10n ** 17n, updatedAt]]);
  });

  it("waits with a newer answer until the reported one is an hour old, and says nothing where there is none", async () => {
    const log = recordingLogger();
    observe(ACCOUNTS.upkeep, log);
    const updatedAt = await answer(60_000_000n);
    await aWhile();
    expect(await reports()).to.have.length(1);
    await running.advance(HOUR_SECONDS);
    await untilReported(updatedAt);
    await running.advance(2 * HOUR_SECONDS);
    await aWhile();
    expect((await reports()).slice(1)).to.deep.equal([[6n * 10n ** 17n, updatedAt]]);
    expect(log.lines.filter(({ level }) => level === "warn")).to.deep.equal([]);
  });

  it("tells once of a feed that is gone, which has no price for anybody, and reports again when it is back", async () => {
    const log = recordingLogger();
    const warnings = (): unknown[] => log.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields);
    const address = await feed.getAddress();
    const code = await running.chain.provider.getCode(address);
    await running.chainProcess.rpc("hardhat_setCode", [address, "0x"]);
    await running.advance(HOUR_SECONDS);
    observe(ACCOUNTS.upkeep, log);
    await until("a warning", () => Promise.resolve(warnings().length > 0));
    await aWhile();
    expect(warnings()).to.have.length(1);
    expect(await readOrionUsd(running.chain)).to.equal(undefined);
    await running.chainProcess.rpc("hardhat_setCode", [address, code]);
    await untilReported(await answer(70_000_000n));
    expect(await readOrionUsd(running.chain)).to.equal(7n * 10n ** 17n);
  });

  it("tells once that the feed is stale, and goes on observing the pool", async () => {
    const log = recordingLogger();
    await running.advance(YEAR_SECONDS + 2 * HOUR_SECONDS);
    observe(ACCOUNTS.upkeep, log);
    const said = (words: string): unknown[] =>
      log.lines.filter(({ message }) => message.includes(words)).map(({ fields }) => fields.refusal ?? "");
    await until("a warning", () => Promise.resolve(said("no dollar price").length > 0));
    for (let hour = 1; hour <= 2; hour++) {
      await running.advance(HOUR_SECONDS);
      await until("an observation", () => Promise.resolve(said("price observed").length > hour));
    }
    expect(said("no dollar price")).to.deep.equal(["StaleAnswer"]);
    await untilReported(await answer(80_000_000n));
  });
});

/** The same network as the network file of one without a feed describes it. */
function withoutFeed(chain: Chain): Chain {
  const network: NetworkFile = { ...chain.network, addresses: { ...chain.network.addresses, usdPrices: undefined } };
  return { ...chain, network, contracts: contractsAt(network, chain.provider) };
}
