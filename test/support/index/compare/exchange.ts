import { expect } from "chai";

import { ask, type Row } from "../graphql.ts";
import { big, low, sum, type Page } from "./page.ts";

const X128 = 2n ** 128n;
const POOL =
  "token0 { id } token1 { id } fee reserve0 reserve1 shares price0 volume0 volume1 lpFees0 lpFees1 protocolFees0 protocolFees1 protocolPart swapCount";

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** Pools, shares, fees and volumes equal what the exchange says and has announced; farms and stakes what mining says. */
export async function compareExchange(page: Page): Promise<void> {
  const { world, at } = page;
  const { dex, orion, credits } = world.contracts;
  const pools = await page.all("pools", POOL);
  const positions = await page.all("lpPositions", "shares account pool { id }");
  for (const pool of pools.values()) await comparePool(page, pool, [...positions.values()]);
  const tokens = await page.all("tokens", "reserves volume lpFees protocolFees collectedFees");
  for (const token of [orion, credits]) {
    const row = tokens.get(low(await token.getAddress()));
    expect(big(row, "protocolFees")).to.equal(await dex.protocolFees(token, at));
    expect(big(row, "reserves") + big(row, "protocolFees")).to.equal(await token.balanceOf(dex, at));
  }
  const exchange = await page.only("exchanges", "poolCount swapCount paused");
  expect(exchange.poolCount).to.equal(pools.size);
  expect(big(exchange, "swapCount")).to.equal(sum(pools.values(), "swapCount"));
  expect(exchange.paused).to.equal(await dex.paused(at));
  await compareMining(page);
}

async function comparePool(page: Page, row: Row, positions: readonly Row[]): Promise<void> {
  const { dex } = page.world.contracts;
  const id = BigInt(String(row.id));
  const [reserve0, reserve1] = await dex.reservesOf(id, page.at);
  const { protocolPart } = await dex.trackOf(id, page.at);
  const supply = await dex.totalSupply(id, page.at);
  const indexed = [row.reserve0, row.reserve1, row.shares, row.protocolPart].map(String);
  expect(indexed).to.deep.equal([reserve0, reserve1, supply, protocolPart].map(String));
  // Both are doubles here; the index reckons with 34 digits.
  expect(Math.abs((Number(row.price0) * Number(reserve0)) / Number(reserve1) - 1) < 1e-12, "price").to.equal(true);
  const shares = positions.filter((position) => (position.pool as { id: string }).id === row.id);
  expect(sum(shares, "shares")).to.equal(supply);
  for (const position of shares) {
    expect(big(position, "shares")).to.equal(await dex.balanceOf(String(position.account), id, page.at));
  }
  await compareSwaps(page, row, id);
  await compareCandles(page, row);
}

/**
 * The ticks of a pool add up to its own totals at any block; so do its candles, hours and days, the unfinished ones included, at the head. (At an
 * earlier block graph-node has no candle of the hour that was unfinished then.)
 */
async function compareCandles({ world, block }: Page, row: Row): Promise<void> {
  const fields = "timestamp volume0 volume1 swaps";
  const of = `first: 1000, where: { pool: "${String(row.id)}" }, block: { number: ${block} }`;
  const series = [`priceTicks(${of}) { ${fields} }`];
  if (block === (await world.head())) {
    for (const interval of ["hour", "day"]) {
      series.push(`candles(interval: ${interval}, current: include, ${of}) { ${fields} }`);
    }
  }
  for (const one of series) {
    const { points } = await ask<{ points: Row[] }>(world.indexUrl, `{ points: ${one} }`);
    for (const field of ["volume0", "volume1"]) expect(sum(points, field), one).to.equal(big(row, field));
    expect(sum(points, "swaps"), one).to.equal(big(row, "swapCount"));
  }
}

/** What the pool's swaps add up to, by the exchange's own events. */
async function compareSwaps({ world, block }: Page, row: Row, id: bigint): Promise<void> {
  const { dex } = world.contracts;
  const swaps = (await dex.queryFilter(dex.filters.Swap(id), 0, block)).map(({ args }) => args);
  const total = (of: (swap: (typeof swaps)[number]) => bigint): bigint => swaps.reduce((t, swap) => t + of(swap), 0n);
  const feeOf = (amount: bigint, taken: bigint): bigint =>
    amount <= 0n ? 0n : (amount * big(row, "fee")) / 10_000n - taken;
  expect(Number(row.swapCount)).to.equal(swaps.length);
  expect(big(row, "volume0")).to.equal(total(({ amount0 }) => magnitude(amount0)));
  expect(big(row, "volume1")).to.equal(total(({ amount1 }) => magnitude(amount1)));
  expect(big(row, "lpFees0")).to.equal(total(({ amount0, protocolFee }) => feeOf(amount0, protocolFee)));
  expect(big(row, "lpFees1")).to.equal(total(({ amount1, protocolFee }) => feeOf(amount1, protocolFee)));
  expect(big(row, "protocolFees0")).to.equal(total(({ amount0, protocolFee }) => (amount0 > 0n ? protocolFee : 0n)));
  expect(big(row, "protocolFees1")).to.equal(total(({ amount1, protocolFee }) => (amount1 > 0n ? protocolFee : 0n)));
}

/** Farms are indexed as of their latest event; carried to the block's time by the rule in the schema, they equal the contract. */
async function compareMining(page: Page): Promise<void> {
  const { world, at } = page;
  const { mining, orion } = world.contracts;
  const totals = await page.only("minings", "funded paid forfeited");
  expect(big(totals, "funded") - big(totals, "paid")).to.equal(await orion.balanceOf(mining, at));
  const now = BigInt((await world.provider.getBlock(page.block))?.timestamp ?? 0);
  const farms = await page.all("farms", "rate budget staked perShareX128 updatedAt funded accrued paid forfeited");
  const perShare = new Map<string, bigint>();
  for (const row of farms.values()) {
    const { rate, budget, staked } = await mining.farm(BigInt(String(row.id)), at);
    const due = big(row, "rate") * (now - big(row, "updatedAt"));
    const accrued = big(row, "staked") === 0n ? 0n : due < big(row, "budget") ? due : big(row, "budget");
    const indexed = [big(row, "rate"), big(row, "budget") - accrued, big(row, "staked")];
    expect(indexed.map(String)).to.deep.equal([rate, budget, staked].map(String));
    expect(big(row, "budget") + big(row, "accrued") - big(row, "forfeited")).to.equal(big(row, "funded"));
    const grown = staked === 0n ? 0n : (accrued * X128) / staked;
    perShare.set(String(row.id), big(row, "perShareX128") + grown);
  }
  for (const row of (await page.all("farmStakes", "account shares owed perShareX128 farm { id }")).values()) {
    const farm = (row.farm as { id: string }).id;
    const { shares, earned } = await mining.stakeOf(BigInt(farm), String(row.account), at);
    const grown = (perShare.get(farm) ?? 0n) - big(row, "perShareX128");
    const owed = big(row, "owed") + (big(row, "shares") * grown) / X128;
    expect([big(row, "shares"), owed].map(String)).to.deep.equal([shares, earned].map(String));
  }
}
