import { expect } from "chai";

import { ask, type Row } from "../graphql.ts";
import { big, type Page } from "./page.ts";

/** The dollar price equals what `UsdPrices` said when it was last reported; so does every tick, and candles add up to them at the head. */
export async function compareDollars(page: Page): Promise<void> {
  const { world, block, at } = page;
  const { usdPrices } = world.contracts;
  if (usdPrices === undefined) throw new Error("the network has no feed");
  const row = await page.only("usdFeeds", "price updatedAt reportedAt reportCount");
  expect(big(row, "updatedAt")).to.equal(await usdPrices.reportedAt(at));
  const reports = await usdPrices.queryFilter(usdPrices.filters.OrionPriceReported(), 0, block);
  expect(big(row, "reportCount")).to.equal(BigInt(reports.length));
  const said = await Promise.all(
    reports.map(async ({ blockNumber }) => {
      const then = { blockTag: blockNumber };
      const { timestamp = 0 } = (await world.provider.getBlock(blockNumber)) ?? {};
      return [await usdPrices.orionPrice(then), await usdPrices.reportedAt(then), BigInt(timestamp)] as const;
    }),
  );
  const [price, updatedAt, reportedAt] = said.at(-1) ?? [0n, 0n, 0n];
  expect(["price", "updatedAt", "reportedAt"].map((field) => big(row, field))).to.deep.equal([
    ...[price, updatedAt, reportedAt],
  ]);
  const query = `usdTicks(first: 1000, orderBy: id, block: { number: ${block} }) { price updatedAt timestamp }`;
  const { usdTicks } = await ask<{ usdTicks: Row[] }>(world.indexUrl, `{ ${query} }`);
  expect(
    usdTicks.map((tick) => [big(tick, "price"), big(tick, "updatedAt"), big(tick, "timestamp") / 1_000_000n]),
  ).to.deep.equal(said);
  if (block === (await world.head())) await compareCandles(page, said);
}

async function compareCandles({ world }: Page, said: readonly (readonly [bigint, bigint, bigint])[]): Promise<void> {
  for (const [interval, seconds] of [
    ["hour", 3_600n],
    ["day", 86_400n],
  ] as const) {
    const fields = "timestamp open high low close reports";
    const query = `usdCandles(interval: ${interval}, current: include, first: 1000, orderBy: timestamp) { ${fields} }`;
    const { usdCandles } = await ask<{ usdCandles: Row[] }>(world.indexUrl, `{ ${query} }`);
    const expected = Map.groupBy(said, ([, , time]) => time - (time % seconds));
    expect(usdCandles.map((candle) => big(candle, "timestamp") / 1_000_000n)).to.have.members([...expected.keys()]);
    for (const candle of usdCandles) {
      const prices = (expected.get(big(candle, "timestamp") / 1_000_000n) ?? []).map(([price]) => price);
      const sorted = prices.toSorted((a, b) => (a < b ? -1 : 1));
      const [open, high, low, close] = ["open", "high", "low", "close"].map((field) => big(candle, field));
      expect([open, high, low, close]).to.deep.equal([prices[0], sorted.at(-1), sorted[0], prices.at(-1)]);
      expect(candle.reports).to.equal(prices.length);
    }
  }
}
