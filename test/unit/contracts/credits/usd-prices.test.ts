import { expect } from "chai";
import { JsonRpcProvider, ZeroAddress } from "ethers";

import type { Chain } from "@orion/protocol/chain";
import { UnavailableError } from "@orion/protocol/common";
import { readOrionUsd } from "@orion/protocol/exchange";

import type { UsdPrices } from "../../../../protocol/chain/generated/chainlink/UsdPrices.js";
import type { LocalFeed } from "../../../../protocol/chain/generated/mocks/LocalFeed.js";
import { HOUR, deployCreditsFixture, expectAbout, type CreditsFixture } from "../../../support/credits-fixture.ts";
import { CU, DAY, ORION } from "../../../support/market-fixture.ts";

const MAX_AGE = 2 * HOUR;
const GRACE = HOUR;
const USD = 10n ** 18n;

describe("UsdPrices", () => {
  let f: CreditsFixture;
  let feed: LocalFeed;
  let sequencer: LocalFeed;
  let prices: UsdPrices;
  let onRollup: UsdPrices;
  let restore: () => Promise<void>;

  before(async () => {
    f = await deployCreditsFixture();
    feed = await mock(8, 50_000_000n);
    sequencer = await mock(0, 0n);
    prices = await adapter(feed, ZeroAddress);
    onRollup = await adapter(feed, sequencer);
  });
  beforeEach(async () => {
    restore = await f.mark();
  });
  afterEach(() => restore());

  const mock = (decimals: number, answer: bigint): Promise<LocalFeed> =>
    f.ethers.deployContract("LocalFeed", [decimals, answer]);
  const adapter = (from: LocalFeed, uptime: LocalFeed | string): Promise<UsdPrices> =>
    f.ethers.deployContract("UsdPrices", [from, uptime, f.credits, MAX_AGE, GRACE]);
  const now = async (): Promise<bigint> => BigInt(await f.time.latest());
  /** The sequencer's feed: 0 for up and 1 for down, since when. */
  const uptime = async (answer: bigint, startedAt: bigint): Promise<void> => {
    await sequencer.updateRoundData(2, answer, await now(), startedAt);
  };

  describe("ORION in dollars", () => {
    it("has 18 decimals, whatever the feed has", async () => {
      expect(await prices.orionPrice()).to.equal(USD / 2n);
      for (const [decimals, answer] of [
        [0, 3n],
        [1, 30n],
        [8, 3n * 10n ** 8n],
        [17, 3n * 10n ** 17n],
        [18, 3n * 10n ** 18n],
      ] as const) {
        expect(await (await adapter(await mock(decimals, answer), ZeroAddress)).orionPrice()).to.equal(3n * USD);
      }
    });

    it("refuses a feed with more decimals than it has itself", async () => {
      const fine = await mock(19, 1n);
      await expect(f.ethers.deployContract("UsdPrices", [fine, ZeroAddress, f.credits, MAX_AGE, GRACE]))
        .to.be.revertedWithCustomError(prices, "TooManyDecimals")
        .withArgs(19);
    });

    it("refuses answers of zero, below zero and beyond an aggregator's 192 bits", async () => {
      for (const answer of [0n, -1n, -(2n ** 255n), 2n ** 191n, 2n ** 255n - 1n]) {
        await feed.updateAnswer(answer);
        await expect(prices.orionPrice()).to.be.revertedWithCustomError(prices, "BadAnswer").withArgs(answer);
      }
      for (const answer of [1n, 2n ** 191n - 1n]) {
        await feed.updateAnswer(answer);
        expect(await prices.orionPrice()).to.equal(answer * 10n ** 10n);
      }
    });

    it("refuses an answer older than its age, to the second", async () => {
      await feed.updateAnswer(1n);
      const updatedAt = await feed.latestTimestamp();
      await f.time.increaseTo(updatedAt + BigInt(MAX_AGE));
      expect(await prices.orionPrice()).to.equal(10n ** 10n);
      await f.time.increase(1);
      await expect(prices.orionPrice())
        .to.be.revertedWithCustomError(prices, "StaleAnswer")
        .withArgs(updatedAt, MAX_AGE);
    });

    it("refuses an answer from the future and one of a round that never ended", async () => {
      const tomorrow = (await now()) + BigInt(DAY);
      await feed.updateRoundData(9, 1n, tomorrow, tomorrow);
      await expect(prices.orionPrice())
        .to.be.revertedWithCustomError(prices, "StaleAnswer")
        .withArgs(tomorrow, MAX_AGE);
      await feed.updateRoundData(10, 1n, 0n, await now());
      await expect(prices.orionPrice()).to.be.revertedWithCustomError(prices, "StaleAnswer").withArgs(0n, MAX_AGE);
    });
  });

  describe("on a rollup", () => {
    it("counts once the sequencer has been up for longer than the grace", async () => {
      const since = await now();
      await uptime(0n, since);
      await f.time.increaseTo(since + BigInt(GRACE));
      await expect(onRollup.orionPrice())
        .to.be.revertedWithCustomError(onRollup, "SequencerJustUp")
        .withArgs(since, GRACE);
      await f.time.increase(1);
      expect(await onRollup.orionPrice()).to.equal(USD / 2n);
    });

    it("refuses while the sequencer is down, before its feed's first round, and one that is up from the future", async () => {
      await uptime(1n, (await now()) - BigInt(DAY));
      await expect(onRollup.orionPrice()).to.be.revertedWithCustomError(onRollup, "SequencerDown");
      await uptime(0n, 0n);
      await expect(onRollup.orionPrice()).to.be.revertedWithCustomError(onRollup, "SequencerDown");
      const tomorrow = (await now()) + BigInt(DAY);
      await uptime(0n, tomorrow);
      await expect(onRollup.orionPrice())
        .to.be.revertedWithCustomError(onRollup, "SequencerJustUp")
        .withArgs(tomorrow, GRACE);
    });

    it("asks the sequencer's feed also for the price of credits", async () => {
      await f.provide(1_000n * CU, 4n * ORION);
      await f.hours(2);
      await feed.updateAnswer(50_000_000n);
      await uptime(1n, await now());
      await expect(onRollup.creditPrice(HOUR)).to.be.revertedWithCustomError(onRollup, "SequencerDown");
    });
  });

  describe("a report", () => {
    const report = (of: UsdPrices): ReturnType<UsdPrices["report"]> => of.connect(f.attacker).report();

    it("tells events what anybody reads, with the time of the answer, and is made by anybody", async () => {
      expect(await prices.reportedAt()).to.equal(0n);
      await feed.updateAnswer(123_456_789n);
      const updatedAt = await feed.latestTimestamp();
      await f.time.increase(HOUR);
      await expect(report(prices))
        .to.emit(prices, "OrionPriceReported")
        .withArgs(await prices.orionPrice(), updatedAt);
      expect(await prices.orionPrice()).to.equal(123_456_789n * 10n ** 10n);
      expect(await prices.reportedAt()).to.equal(updatedAt);
    });

    it("has 18 decimals, whatever the feed has", async () => {
      for (const [decimals, answer] of [
        [0, 3n],
        [8, 3n * 10n ** 8n],
        [18, 3n * 10n ** 18n],
      ] as const) {
        const fed = await mock(decimals, answer);
        const one = await adapter(fed, ZeroAddress);
        await expect(report(one))
          .to.emit(one, "OrionPriceReported")
          .withArgs(3n * USD, await fed.latestTimestamp());
      }
    });

    it("is made once for each answer, even if the next one says the same", async () => {
      await feed.updateAnswer(7n);
      const first = await feed.latestTimestamp();
      await report(prices);
      await expect(report(prices)).to.be.revertedWithCustomError(prices, "NotNewer").withArgs(first, first);
      await feed.updateAnswer(7n);
      await expect(report(prices))
        .to.emit(prices, "OrionPriceReported")
        .withArgs(7n * 10n ** 10n, await feed.latestTimestamp());
    });

    it("never goes back to an older answer, as a feed that was replaced may give", async () => {
      await feed.updateAnswer(7n);
      const reported = await feed.latestTimestamp();
      await report(prices);
      await feed.updateRoundData(1, 8n, reported - 1n, reported - 1n);
      await expect(report(prices))
        .to.be.revertedWithCustomError(prices, "NotNewer")
        .withArgs(reported - 1n, reported);
      await feed.updateRoundData(2, 8n, reported + 1n, reported + 1n);
      await expect(report(prices)).to.emit(prices, "OrionPriceReported");
    });

    it("is refused for every reason for which there is no price, and then leaves room for the next answer", async () => {
      await feed.updateAnswer(0n);
      await expect(report(prices)).to.be.revertedWithCustomError(prices, "BadAnswer").withArgs(0n);
      const tomorrow = (await now()) + BigInt(DAY);
      await feed.updateRoundData(9, 1n, tomorrow, tomorrow);
      await expect(report(prices)).to.be.revertedWithCustomError(prices, "StaleAnswer").withArgs(tomorrow, MAX_AGE);
      await feed.updateAnswer(1n);
      const updatedAt = await feed.latestTimestamp();
      await f.time.increase(MAX_AGE + 1);
      await expect(report(prices)).to.be.revertedWithCustomError(prices, "StaleAnswer").withArgs(updatedAt, MAX_AGE);
      expect(await prices.reportedAt()).to.equal(0n);
      await feed.updateAnswer(1n);
      await expect(report(prices)).to.emit(prices, "OrionPriceReported");
    });

    it("is refused while the sequencer is down or has just come back", async () => {
      await uptime(1n, await now());
      await expect(report(onRollup)).to.be.revertedWithCustomError(onRollup, "SequencerDown");
      const since = await now();
      await uptime(0n, since);
      await expect(report(onRollup)).to.be.revertedWithCustomError(onRollup, "SequencerJustUp").withArgs(since, GRACE);
      await f.time.increaseTo(since + BigInt(GRACE) + 1n);
      await expect(report(onRollup)).to.emit(onRollup, "OrionPriceReported");
    });
  });

  describe("read for people", () => {
    /** All that the reader touches of a chain. */
    const read = (usdPrices: UsdPrices | undefined): Promise<bigint | undefined> =>
      readOrionUsd({ contracts: { usdPrices }, network: { rpcUrl: "in this process" } } as unknown as Chain);

    it("is what the contract says, and nothing without a feed", async () => {
      await feed.updateAnswer(50_000_000n);
      expect(await read(prices)).to.equal(USD / 2n);
      expect(await read(undefined)).to.equal(undefined);
    });

    it("is nothing, and no failure, for every reason for which there is no price", async () => {
      await feed.updateAnswer(0n);
      expect(await read(prices)).to.equal(undefined);
      await feed.updateAnswer(1n);
      await f.time.increase(MAX_AGE + 1);
      expect(await read(prices)).to.equal(undefined);
      await feed.updateAnswer(1n);
      await uptime(1n, await now());
      expect(await read(onRollup)).to.equal(undefined);
      await uptime(0n, await now());
      expect(await read(onRollup)).to.equal(undefined);
    });

    it("is a failure where the chain does not answer", async () => {
      const nowhere = new JsonRpcProvider("http://127.0.0.1:1", 1, { staticNetwork: true });
      try {
        const outcome = await read(prices.connect(nowhere)).catch((error: unknown) => error);
        expect(outcome).to.be.instanceOf(UnavailableError);
      } finally {
        nowhere.destroy();
      }
    });
  });

  describe("CU in dollars", () => {
    it("is the mean on the exchange times the feed's price", async () => {
      await f.provide(1_000n * CU, 4n * ORION);
      await f.hours(2);
      await feed.updateAnswer(50_000_000n);
      expectAbout(await prices.creditPrice(HOUR), 2n * USD);
      expect(await prices.creditPrice(HOUR)).to.equal((await f.credits.meanPrice(HOUR)) / 2n);
    });

    it("has no price for a window that began before the pool", async () => {
      await expect(prices.creditPrice(HOUR)).to.be.revertedWithCustomError(prices, "NoPrice");
      await f.provide(1_000n * CU, 4n * ORION);
      await f.hours(2);
      await feed.updateAnswer(50_000_000n);
      await expect(prices.creditPrice(DAY)).to.be.revertedWithCustomError(prices, "NoPrice");
      await expect(prices.creditPrice(0n)).to.be.revertedWithCustomError(prices, "NoPrice");
    });

    it("is refused with a stale feed", async () => {
      await f.provide(1_000n * CU, 4n * ORION);
      await f.hours(3);
      await expect(prices.creditPrice(HOUR)).to.be.revertedWithCustomError(prices, "StaleAnswer");
    });
  });
});
