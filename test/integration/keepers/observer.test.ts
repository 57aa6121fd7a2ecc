import { expect } from "chai";

import { createObserver } from "@orion/keepers";

import { startHere, type Started } from "../../support/network/in-process.ts";
import { until } from "../../support/network/services.ts";
import { ACCOUNTS, startTestNetwork, type TestNetwork } from "../../support/network/test-network.ts";

const FAST = { intervalMs: 50 };
const HOUR_SECONDS = 3_600;
/** Many looks. */
const A_WHILE_MS = 600;

describe("the observer", function () {
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
    observers.push(startHere(createObserver(running.context(account), FAST)));
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
