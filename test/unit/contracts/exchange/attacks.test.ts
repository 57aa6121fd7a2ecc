import { expect } from "chai";

import { NEVER, deployDexFixture, poolId, type DexFixture, type Key } from "../../../support/dex-fixture.ts";

const UNIT = 10n ** 18n;
const MOST = 2n ** 102n - 1n;

/** The exchange's lines of the list of attacks that no other test here carries by name. */
describe("DePinDex under attack", () => {
  let f: DexFixture;
  let key: Key;
  let id: bigint;

  beforeEach(async () => {
    f = await deployDexFixture();
    key = await f.key(f.tokens[0], f.tokens[1]);
    id = poolId(key);
  });

  const swap = (amount: bigint, isSelling: boolean, limit = 0n): ReturnType<DexFixture["dex"]["swapDirectExactIn"]> =>
    f.dex.connect(f.trader).swapDirectExactIn({
      ...{ amount, limit, to: f.trader, deadline: NEVER, fee: key.fee },
      ...(isSelling ? { tokenIn: key.token0, tokenOut: key.token1 } : { tokenIn: key.token1, tokenOut: key.token0 }),
    });
  const sold = async (amount: bigint, isSelling: boolean): Promise<bigint> => {
    const [tokenIn, tokenOut] = isSelling ? [key.token0, key.token1] : [key.token1, key.token0];
    const out = await f.dex.quoteExactIn(tokenIn, [{ tokenOut, fee: key.fee }], amount);
    await swap(amount, isSelling, out);
    return out;
  };
  const exit = async (shares: bigint): Promise<readonly [bigint, bigint]> => {
    const [amount0, amount1] = await f.dex.quoteRemove(key, shares);
    const to = { minAmount0: amount0, minAmount1: amount1, to: f.provider, deadline: NEVER };
    await f.dex.connect(f.provider).removeLiquidity({ key, shares, ...to });
    return [amount0, amount1];
  };
  const worth = async (): Promise<readonly [product: bigint, supply: bigint]> => {
    const [reserve0, reserve1] = await f.dex.reservesOf(id);
    return [reserve0 * reserve1, await f.dex.totalSupply(id)];
  };

  it("first-depositor inflation: the first to come cannot round a later deposit away, and loses what it tries with", async () => {
    // The least pool there can be, made by the trader, who then gives a fortune to the exchange to raise the price of a share.
    const deposit = { key, maxAmount0: 1001n, maxAmount1: 1001n, minShares: 1n, to: f.trader, deadline: NEVER };
    await f.dex.connect(f.trader).addLiquidity(deposit);
    for (const token of f.tokens.slice(0, 2)) await token.connect(f.trader).transfer(f.dex, 1000n * UNIT);
    await f.add(key, UNIT, UNIT);
    const [back0, back1] = await exit(await f.dex.balanceOf(f.provider, id));
    expect([UNIT - back0 <= 1n, UNIT - back1 <= 1n]).to.deep.equal([true, true]);
    const [, supply] = await worth();
    expect((await f.dex.quoteRemove(key, await f.dex.balanceOf(f.trader, id))).amount0).to.equal(1n);
    expect(supply).to.equal(1001n);
  });

  it("donation: what is given to the exchange moves no price and no share, and nobody can fetch it", async () => {
    await f.add(key, UNIT, UNIT);
    const before = [await f.dex.reservesOf(id), await f.dex.quoteRemove(key, 5000n), await sellQuote()];
    await f.tokens[0].connect(f.trader).transfer(f.dex, 10n ** 6n * UNIT);
    expect([await f.dex.reservesOf(id), await f.dex.quoteRemove(key, 5000n), await sellQuote()]).to.deep.equal(before);
    await expect(f.dex.collectProtocolFees(key.token0, f.owner)).to.be.revertedWithCustomError(f.dex, "ZeroAmount");
    await exit(await f.dex.balanceOf(f.provider, id));
    expect(await f.tokens[0].balanceOf(f.dex)).to.be.at.least(10n ** 6n * UNIT);
  });
  const sellQuote = (): Promise<bigint> =>
    f.dex.quoteExactIn(key.token0, [{ tokenOut: key.token1, fee: key.fee }], UNIT / 10n);

  it("one-wei swap loops: no rounding adds up for the one who trades, at any ratio of the reserves", async () => {
    await f.add(key, 1_000_003n, 77_777_777n);
    let [product] = await worth();
    let balance = 0n;
    for (let round = 0; round < 40; round += 1) {
      // One unit of the dear token in, and its proceeds, less a unit, back.
      const out = await sold(1n, true);
      balance -= 1n;
      const least = await f.dex.quoteExactOut(key.token1, [{ tokenOut: key.token0, fee: key.fee }], 1n);
      expect(least).to.be.greaterThan(out, "a unit bought back for what it brought");
      const direct = { amount: 1n, limit: least, to: f.trader, deadline: NEVER, fee: key.fee };
      await f.dex.connect(f.trader).swapDirectExactOut({ ...direct, tokenIn: key.token1, tokenOut: key.token0 });
      balance += 1n;
      const [now] = await worth();
      expect(now).to.be.greaterThan(product);
      product = now;
    }
    expect(balance).to.equal(0n);
    // One unit of the cheap token buys nothing, so it is not taken either.
    await expect(swap(1n, false)).to.be.revertedWithCustomError(f.dex, "ZeroAmount");
  });

  it("deposit and exit loops: no rounding adds up for the one who joins and leaves", async () => {
    await f.add(key, 1_000_003n, 77_777_777n);
    const first = await worth();
    for (let round = 1n; round < 30n; round += 1n) {
      await f.add(key, round * 7n, round * 613n);
      const [product, supply] = await worth();
      expect(product * first[1] ** 2n >= first[0] * supply ** 2n).to.equal(true);
      await exit(1n + (round % 5n));
    }
  });

  it("sandwich: a least output stops it, and without one its victim pays while the pool loses nothing", async () => {
    await f.add(key, 1000n * UNIT, 1000n * UNIT);
    const victim = 10n * UNIT;
    const fair = await f.dex.quoteExactIn(key.token0, [{ tokenOut: key.token1, fee: key.fee }], victim);
    const start = await f.helpers.takeSnapshot();
    const [product] = await worth();
    const got = await sold(100n * UNIT, true);
    await expect(swap(victim, true, (fair * 995n) / 1000n)).to.be.revertedWithCustomError(f.dex, "TooLittle");
    // The attacker turns back alone, and has paid the fee twice.
    expect(await sold(got, false)).to.be.lessThan((100n * UNIT * 9950n) / 10_000n);
    await start.restore();
    // A victim that takes anything is robbed by the next one; the holders of shares are not.
    const bought = await sold(100n * UNIT, true);
    expect(await sold(victim, true)).to.be.lessThan((fair * 85n) / 100n);
    expect(await sold(bought, false)).to.be.greaterThan(100n * UNIT);
    expect((await worth())[0]).to.be.greaterThan(product);
  });

  it("sandwich: it never wins more than the victim's limit left, and loses where the victim's swap moves the price by less than two fees", async () => {
    await f.add(key, 1000n * UNIT, 1000n * UNIT);
    const start = await f.helpers.takeSnapshot();
    const seen = { won: 0, lost: 0, stopped: 0 };
    for (const victim of [2n * UNIT, 10n * UNIT]) {
      const fair = await f.dex.quoteExactIn(key.token0, [{ tokenOut: key.token1, fee: key.fee }], victim);
      const least = (fair * 995n) / 1000n;
      for (const quarters of [1n, 2n, 4n, 8n, 12n, 40n]) {
        const size = (quarters * UNIT) / 4n;
        const bought = await sold(size, true);
        const left = await f.dex.quoteExactIn(key.token0, [{ tokenOut: key.token1, fee: key.fee }], victim);
        if (left < least) {
          await expect(swap(victim, true, least)).to.be.revertedWithCustomError(f.dex, "TooLittle");
          seen.stopped += 1;
        } else {
          await swap(victim, true, least);
          const gain = (await sold(bought, false)) - size;
          expect(gain).to.be.at.most(fair - least);
          if (victim === 2n * UNIT) expect(gain).to.be.below(0n);
          seen[gain > 0n ? "won" : "lost"] += 1;
        }
        await start.restore();
      }
    }
    // Each way was met: the test is of sandwiches that win, that lose and that are stopped.
    expect(Math.min(seen.won, seen.lost, seen.stopped)).to.be.greaterThan(0);
  });

  it("a stale transaction: past its deadline nothing of it happens", async () => {
    await f.add(key, UNIT, UNIT);
    const deadline = (await f.helpers.time.latest()) + 100;
    const direct = { amount: 1000n, limit: 0n, to: f.trader, deadline, fee: key.fee };
    const stale = { ...direct, tokenIn: key.token0, tokenOut: key.token1 };
    await f.dex.connect(f.trader).swapDirectExactIn(stale);
    await f.helpers.time.increase(101);
    await expect(f.dex.connect(f.trader).swapDirectExactIn(stale))
      .to.be.revertedWithCustomError(f.dex, "Expired")
      .withArgs(deadline);
  });

  it("rebasing: a token that grows by itself gives nobody more of it, and one that shrinks pays while it can", async () => {
    const odd = await f.odd();
    const grown = await f.key(odd, f.tokens[0]);
    await f.add(grown, 10n ** 9n, 10n ** 9n);
    const shares = await f.dex.balanceOf(f.provider, poolId(grown));
    const before = await f.dex.quoteRemove(grown, shares);
    await odd.mint(f.dex, 10n ** 9n);
    expect(await f.dex.quoteRemove(grown, shares)).to.deep.equal(before);
    await odd.burn(f.dex, 10n ** 9n + 10n ** 8n);
    const out = { minAmount0: 0n, minAmount1: 0n, to: f.provider, deadline: NEVER };
    await f.dex.connect(f.provider).removeLiquidity({ key: grown, shares: shares / 2n, ...out });
    await expect(f.dex.connect(f.provider).removeLiquidity({ key: grown, shares: shares / 2n, ...out })).to.revert(
      f.ethers,
    );
  });

  it("decimals: pools of tokens with 0, 6 and 27 decimals are exact to the unit", async () => {
    const made = [];
    for (const decimals of [0, 6, 27]) {
      const token = await f.ethers.deployContract("PlainToken", [decimals]);
      for (const holder of [f.provider, f.trader]) {
        await token.mint(holder, 10n ** 32n);
        await token.connect(holder).approve(f.dex, 2n ** 256n - 1n);
      }
      made.push({ token, one: 10n ** BigInt(decimals) });
    }
    for (const x of made) {
      for (const y of made) {
        if (x === y) continue;
        key = await f.key(x.token, y.token);
        id = poolId(key);
        const isFirst = key.token0 === (await x.token.getAddress());
        // A thousand of one beside two thousand of the other, in whole tokens.
        const [rx, ry] = [1000n * x.one, 2000n * y.one];
        if ((await f.dex.reservesOf(id)).reserve0 > 0n) continue;
        await f.add(key, isFirst ? rx : ry, isFirst ? ry : rx);
        const out = (10n * x.one * 9970n * ry) / (rx * 10_000n + 10n * x.one * 9970n);
        expect(await sold(10n * x.one, isFirst)).to.equal(out);
        const now = await f.dex.reservesOf(id);
        expect(isFirst ? [now[0], now[1]] : [now[1], now[0]]).to.deep.equal([rx + 10n * x.one, ry - out]);
        await f.helpers.time.increase(2 * 3600);
        const { price0X128 } = await f.dex.twap(id, 3600);
        const spot = (now[1] << 128n) / now[0];
        const gap = price0X128 > spot ? price0X128 - spot : spot - price0X128;
        expect(gap <= spot / 10n ** 4n + 1n).to.equal(true);
      }
    }
  });

  it("extreme reserves: every action still works, and still favours the pool, at the largest there are", async () => {
    for (const token of f.tokens) await token.mint(f.provider, 2n ** 120n);
    await f.add(key, MOST - 10n ** 20n, MOST - 10n ** 20n);
    const [product, supply] = await worth();
    await sold(10n ** 20n, true);
    await expect(swap(1000n, true))
      .to.be.revertedWithCustomError(f.dex, "AmountTooLarge")
      .withArgs(MOST + 1000n);
    await sold(10n ** 20n, false);
    await f.add(key, 10n ** 12n, 10n ** 12n);
    await exit(supply / 3n);
    const [now, shares] = await worth();
    expect(now * supply ** 2n >= product * shares ** 2n).to.equal(true);
    // Against the smallest: one unit of one token beside all of the other.
    const lopsided = await f.key(f.tokens[1], f.tokens[2]);
    await f.add(lopsided, 1n, MOST);
    key = lopsided;
    id = poolId(key);
    const [before] = await worth();
    await sold(1n, true);
    expect((await worth())[0]).to.be.at.least(before);
    await f.helpers.time.increase(2 * 3600);
    const { price0X128, price1X128 } = await f.dex.twap(id, 3600);
    expect([price0X128 > 2n ** 228n, price1X128 < 2n ** 28n]).to.deep.equal([true, true]);
  });
});
