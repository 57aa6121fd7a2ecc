import { expect } from "chai";

import { NEVER, deployDexFixture, poolId, type DexFixture, type Key } from "../../../support/dex-fixture.ts";

const HOUR = 3600;
const ONE = 2n ** 128n;

function expectClose(actual: number, expected: number, within: number): void {
  expect(Math.abs(actual - expected), `${String(actual)} beside ${String(expected)}`).to.be.lessThan(within);
}

describe("DePinDex price history", () => {
  let f: DexFixture;
  let key: Key;
  let id: bigint;

  beforeEach(async () => {
    f = await deployDexFixture();
    key = await f.key(f.tokens[0], f.tokens[1]);
    id = poolId(key);
    // Ten seconds after an hour of the clock began, at which observations are kept.
    const now = await f.helpers.time.latest();
    await f.helpers.time.increaseTo(now - (now % HOUR) + HOUR + 10);
    await f.add(key, 10n ** 18n, 4n * 10n ** 18n);
  });

  const sell = (amountIn: bigint, token: 0 | 1 = 0): Promise<unknown> =>
    f.dex.connect(f.trader).swapExactIn({
      tokenIn: token === 0 ? key.token0 : key.token1,
      hops: [{ tokenOut: token === 0 ? key.token1 : key.token0, fee: 30n }],
      ...{ amountIn, minOut: 0n, to: f.trader, deadline: NEVER },
    });
  const pass = async (hours: number): Promise<void> => {
    await f.helpers.time.increase(hours * HOUR);
  };
  const price = async (window: number): Promise<number> =>
    Number((await f.dex.twap(id, window)).price0X128) / Number(ONE);

  it("is too short for any window that began before the pool", async () => {
    await expect(f.dex.twap(id, HOUR)).to.be.revertedWithCustomError(f.dex, "HistoryTooShort");
    await pass(1);
    await f.dex.twap(id, HOUR);
    await expect(f.dex.twap(id, 2 * HOUR)).to.be.revertedWithCustomError(f.dex, "HistoryTooShort");
    await expect(f.dex.twap(id, 0)).to.be.revertedWithCustomError(f.dex, "WindowOfZero");
    await expect(f.dex.twap(1n, HOUR)).to.be.revertedWithCustomError(f.dex, "UnknownId").withArgs(1n);
    await expect(f.dex.observe(1n)).to.be.revertedWithCustomError(f.dex, "UnknownId").withArgs(1n);
  });

  it("gives the price of each token in the other", async () => {
    await pass(2);
    const { price0X128, price1X128, elapsed } = await f.dex.twap(id, HOUR);
    expectClose(Number(price0X128) / Number(ONE), 4, 1e-8);
    expectClose(Number(price1X128) / Number(ONE), 0.25, 1e-9);
    expect(elapsed).to.be.at.least(BigInt(2 * HOUR));
  });

  it("weighs each price by the seconds that it lasted: the geometric mean", async () => {
    await pass(3);
    await sell(10n ** 18n);
    const [r0, r1, soldAt] = await f.dex.reservesOf(id);
    await pass(1);
    const { elapsed } = await f.dex.twap(id, 3 * HOUR + 1);
    const seconds = Number((await f.dex.observation(id, 1)).time + elapsed - soldAt);
    expect(seconds).to.equal(HOUR);
    const now = Math.log2(Number(r1) / Number(r0));
    const mean = (Math.log2(4) * (Number(elapsed) - seconds) + now * seconds) / Number(elapsed);
    expectClose(Math.log2(await price(3 * HOUR + 1)), mean, 1e-6);
    // The newest observation is of the moment at which the hour of the trade began, some seconds before it.
    const recent = await f.dex.twap(id, HOUR);
    const before = Number(recent.elapsed) - seconds;
    expect(before).to.be.greaterThan(0).and.lessThan(60);
    expectClose(
      Math.log2(Number(recent.price0X128) / Number(ONE)),
      (Math.log2(4) * before + now * seconds) / (before + seconds),
      1e-6,
    );
  });

  it("keeps the moment at which an hour of the clock began, with the reserves that held then", async () => {
    await sell(10n ** 17n);
    const [r0, r1] = await f.dex.reservesOf(id);
    await f.helpers.time.increase(5 * HOUR - 100);
    await f.dex.observe(id);
    await sell(10n ** 18n);
    const [first, last] = [await f.dex.observation(id, 1), await f.dex.observation(id, 0)];
    expect([last.time % BigInt(HOUR), last.reserve0, last.reserve1]).to.deep.equal([0n, r0, r1]);
    expect(last.time - first.time).to.equal(BigInt(5 * HOUR - HOUR) - (first.time % BigInt(HOUR)));
    expect((await f.dex.trackOf(id)).observations).to.equal(2n);
  });

  it("is of no use over more than ninety days, which its word of time cannot tell apart", async () => {
    await f.dex.observe(id);
    await pass(24 * 90);
    await expect(f.dex.twap(id, HOUR)).to.be.revertedWithCustomError(f.dex, "HistoryTooOld");
    await f.dex.observe(id);
    await expect(f.dex.twap(id, 2 * HOUR)).to.be.revertedWithCustomError(f.dex, "HistoryTooOld");
    await pass(2);
    expectClose(await price(HOUR), 4, 1e-8);
  });

  it("counts nothing of what is done and undone within one block", async () => {
    await pass(2);
    const before = await price(HOUR);
    const { ethers } = f;
    await ethers.provider.send("evm_setAutomine", [false]);
    const there = await sellLater(10n ** 21n, 0);
    const back = await sellLater(4n * 10n ** 18n, 1);
    await ethers.provider.send("evm_mine", []);
    await ethers.provider.send("evm_setAutomine", [true]);
    expect((await there.wait())?.blockNumber).to.equal((await back.wait())?.blockNumber);
    const { cumulative } = await f.dex.trackOf(id);
    const seconds = BigInt(await f.helpers.time.latest()) - (await f.dex.observation(id, 1)).time;
    // The sum within the hour is kept to 2^-9.
    expectClose(Number(cumulative / seconds) / 2 ** 64, Math.log2(before), 2 ** -9 / Number(seconds));
  });

  it("moves by a thousandfold price that lasts one block of an hour's 300 by 2.4% only", async () => {
    await pass(2);
    await f.dex.observe(id);
    await f.helpers.time.increase(HOUR - 14);
    await sell(31n * 10n ** 18n);
    const [r0, r1] = await f.dex.reservesOf(id);
    await f.helpers.time.increase(12);
    const factor = Number(r1) / Number(r0) / 4;
    const moved = (await price(HOUR - 10)) / 4;
    expect(1 / factor).to.be.greaterThan(1000);
    expect(moved).to.be.greaterThan(0.97).and.lessThan(0.985);
  });

  it("keeps one observation an hour, for eight days", async () => {
    for (let minutes = 0; minutes < 120; minutes += 20) {
      await f.helpers.time.increase(1200);
      await sell(1000n);
    }
    expect((await f.dex.trackOf(id)).observations).to.equal(3n);
    for (let hour = 0; hour < 200; hour += 1) {
      await pass(1);
      await f.dex.observe(id);
    }
    expect((await f.dex.trackOf(id)).observations).to.equal(192n);
    const oldest = await f.dex.observation(id, 191);
    const age = BigInt(await f.helpers.time.latest()) - oldest.time;
    expect(age).to.be.at.least(BigInt(191 * HOUR));
    expect(oldest.time % BigInt(HOUR)).to.equal(0n);
    const { elapsed } = await f.dex.twap(id, 7 * 24 * HOUR);
    expect(elapsed)
      .to.be.at.least(BigInt(7 * 24 * HOUR))
      .and.below(BigInt(7 * 24 * HOUR + HOUR + 300));
    await expect(f.dex.twap(id, 192 * HOUR + 400)).to.be.revertedWithCustomError(f.dex, "HistoryTooShort");
    await expect(f.dex.observation(id, 192)).to.be.revertedWithCustomError(f.dex, "HistoryTooShort");
  });

  it("knows the lowest, the second and the third-lowest reserves of its last observations, each token on its own", async () => {
    await pass(1);
    await sell(10n ** 18n);
    const newest = await f.dex.observation(id, 0);
    const oldest = await f.dex.observation(id, 1);
    const sorted = (a: bigint, b: bigint): [bigint, bigint] => (a < b ? [a, b] : [b, a]);
    const [low0, high0] = sorted(newest.reserve0, oldest.reserve0);
    const [low1, high1] = sorted(newest.reserve1, oldest.reserve1);
    expect(await f.dex.lowReserves(id, 2, 1)).to.deep.equal([low0, low1]);
    expect(await f.dex.lowReserves(id, 2, 2)).to.deep.equal([high0, high1]);
    // What stands there now is in no observation.
    expect(await f.dex.lowReserves(id, 1, 1)).to.deep.equal([newest.reserve0, newest.reserve1]);
    await expect(f.dex.lowReserves(id, 3, 1))
      .to.be.revertedWithCustomError(f.dex, "HistoryTooShort")
      .withArgs(3n, 2n);
    for (const [observations, rank] of [
      [2n, 0n],
      [2n, 3n],
      [2n, 4n],
      [0n, 1n],
    ] as const) {
      await expect(f.dex.lowReserves(id, observations, rank))
        .to.be.revertedWithCustomError(f.dex, "RankOutOfBounds")
        .withArgs(rank);
    }
  });

  it("ranks the reserves of many observations as sorting them does", async () => {
    const amounts = [5n, 3n, 9n, 3n, 1n, 7n, 2n].map((units) => units * 10n ** 16n);
    for (const [index, amount] of amounts.entries()) {
      await pass(1);
      await sellLater(amount, index % 2 === 0 ? 0 : 1);
    }
    for (const observations of [3n, 5n, 8n]) {
      const seen = [];
      for (let back = 0n; back < observations; back += 1n) seen.push(await f.dex.observation(id, back));
      const ranked = (values: bigint[]): bigint[] => values.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      const [all0, all1] = [ranked(seen.map((one) => one.reserve0)), ranked(seen.map((one) => one.reserve1))];
      for (const rank of [1, 2, 3]) {
        expect(await f.dex.lowReserves(id, observations, rank)).to.deep.equal([all0[rank - 1], all1[rank - 1]]);
      }
    }
  });

  const sellLater = (amountIn: bigint, token: 0 | 1): ReturnType<DexFixture["dex"]["swapExactIn"]> => {
    const [tokenIn, tokenOut] = token === 0 ? [key.token0, key.token1] : [key.token1, key.token0];
    return f.dex
      .connect(f.trader)
      .swapExactIn(
        { tokenIn, hops: [{ tokenOut, fee: 30n }], amountIn, minOut: 0n, to: f.trader, deadline: NEVER },
        { gasLimit: 500_000 },
      );
  };
});
