import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";

import { NEVER, deployDexFixture, poolId, type DexFixture, type Key } from "../../../support/dex-fixture.ts";
import { signPermit } from "../../../support/permit.ts";

const LOCKED = 1000n;

describe("DePinDex liquidity", () => {
  let f: DexFixture;
  let key: Key;

  before(async () => {
    f = await deployDexFixture();
    key = await f.key(f.tokens[0], f.tokens[1]);
  });
  let restore: () => Promise<void>;
  beforeEach(async () => {
    const snapshot = await f.helpers.takeSnapshot();
    restore = () => snapshot.restore();
  });
  afterEach(() => restore());

  const deposit = (change: object = {}): Parameters<DexFixture["dex"]["addLiquidity"]>[0] => ({
    ...{ key, maxAmount0: 1_000_000n, maxAmount1: 4_000_000n, minShares: 0n, to: f.provider, deadline: NEVER },
    ...change,
  });
  const add = (change: object = {}): ReturnType<DexFixture["dex"]["addLiquidity"]> =>
    f.dex.connect(f.provider).addLiquidity(deposit(change));
  const remove = (shares: bigint, change: object = {}): ReturnType<DexFixture["dex"]["removeLiquidity"]> =>
    f.dex
      .connect(f.provider)
      .removeLiquidity({ key, shares, minAmount0: 0n, minAmount1: 0n, to: f.provider, deadline: NEVER, ...change });
  const refuses = (call: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> =>
    expect(call)
      .to.be.revertedWithCustomError(f.dex, error)
      .withArgs(...args);

  describe("a first deposit", () => {
    it("creates the pool and gives the geometric mean less the locked shares, as quoted", async () => {
      expect(await f.dex.quoteAdd(key, 1_000_000n, 4_000_000n)).to.deep.equal([1_999_000n, 1_000_000n, 4_000_000n]);
      const adding = await add({ minShares: 1_999_000n });
      await expect(adding).to.emit(f.dex, "PoolCreated").withArgs(poolId(key), key.token0, key.token1, key.fee);
      await expect(adding)
        .to.emit(f.dex, "LiquidityAdded")
        .withArgs(
          ...[poolId(key), f.provider.address, f.provider.address],
          ...[1_999_000n, 1_000_000n, 4_000_000n, 1_000_000n, 4_000_000n],
        );
      expect(await f.dex.totalSupply(poolId(key))).to.equal(2_000_000n);
      expect(await f.dex.balanceOf("0x000000000000000000000000000000000000dEaD", poolId(key))).to.equal(LOCKED);
    });
    it("must be worth more than the locked shares and fit the reserves", async () => {
      await refuses(add({ maxAmount0: 1000n, maxAmount1: 1000n }), "TooFewShares", LOCKED);
      await refuses(add({ maxAmount0: 0n }), "TooFewShares", 0n);
      await refuses(add({ maxAmount0: 2n ** 102n }), "AmountTooLarge", 2n ** 102n);
    });
    it("names two different tokens in order, and a fee tier", async () => {
      const { token0, token1 } = key;
      const swapped = { ...key, token0: token1, token1: token0 };
      await refuses(add({ key: swapped }), "InvalidTokens", token1, token0);
      await refuses(add({ key: { ...key, token1: token0 } }), "InvalidTokens", token0, token0);
      await refuses(add({ key: { ...key, token0: ZeroAddress } }), "InvalidTokens", ZeroAddress, token1);
      await refuses(add({ key: { ...key, fee: 31n } }), "InvalidFee", 31n);
      for (const fee of [1n, 5n, 100n]) await add({ key: { ...key, fee } });
    });
    it("cannot be made to inflate shares: a donation changes no reserve", async () => {
      await add({ maxAmount0: 1001n, maxAmount1: 1001n });
      await f.tokens[0].connect(f.trader).transfer(f.dex, 10n ** 18n);
      expect((await f.dex.quoteAdd(key, 5000n, 5000n)).shares).to.equal(5000n);
    });
  });

  describe("a later deposit", () => {
    beforeEach(async () => {
      await add();
    });
    it("takes both tokens in the pool's ratio and leaves the rest", async () => {
      const quoted = await f.dex.quoteAdd(key, 10n, 1_000_000n);
      expect(quoted).to.deep.equal([20n, 10n, 40n]);
      const adding = await add({ maxAmount0: 10n, maxAmount1: MaxUint256 });
      await expect(adding).to.changeTokenBalance(f.ethers, f.tokens[0], f.provider, -10n);
      await expect(adding).to.changeTokenBalance(f.ethers, f.tokens[1], f.provider, -40n);
    });
    it("pays rounded up", async () => {
      await remove(1n);
      const [shares, amount0, amount1] = await f.dex.quoteAdd(key, 3n, 3n);
      const [reserve0, reserve1] = await f.dex.reservesOf(poolId(key));
      const supply = await f.dex.totalSupply(poolId(key));
      expect(amount0 * supply).to.be.at.least(shares * reserve0);
      expect(amount1 * supply).to.be.at.least(shares * reserve1);
    });
    it("reverts below the least shares, late, for nobody, for nothing or beyond the slot", async () => {
      const deadline = await f.helpers.time.latest();
      await refuses(add({ minShares: 2_000_001n }), "TooLittle", 2_000_000n, 2_000_001n);
      await refuses(add({ deadline }), "Expired", deadline);
      await refuses(add({ to: ZeroAddress }), "InvalidRecipient", ZeroAddress);
      await refuses(add({ to: f.dex }), "InvalidRecipient", await f.dex.getAddress());
      await refuses(add({ maxAmount0: 0n }), "TooFewShares", 0n);
      const most = 2n ** 102n - 1n;
      const call = add({ maxAmount0: MaxUint256, maxAmount1: most });
      await expect(call).to.be.revertedWithCustomError(f.dex, "AmountTooLarge");
    });
    it("works by permits alone", async () => {
      const permits = [];
      for (const token of [f.tokens[0], f.tokens[1]]) {
        await token.connect(f.provider).approve(f.dex, 0n);
        const { v, r, s } = await signPermit(token, f.provider, await f.dex.getAddress(), 400n);
        permits.push({ value: 400n, deadline: MaxUint256, v, r, s });
      }
      const [permit0, permit1] = permits;
      if (!permit0 || !permit1) throw new Error("two permits were signed");
      const call = f.dex
        .connect(f.provider)
        .addLiquidityWithPermit(deposit({ maxAmount0: 100n, maxAmount1: 400n }), permit0, permit1);
      await expect(call).to.changeTokenBalance(f.ethers, f.tokens[1], f.provider, -400n);
    });
    it("is all that a pause stops", async () => {
      await expect(f.dex.connect(f.trader).setPaused(true)).to.be.revertedWithCustomError(
        f.dex,
        "OwnableUnauthorizedAccount",
      );
      await expect(f.dex.setPaused(true)).to.emit(f.dex, "PausedSet").withArgs(true);
      await refuses(add(), "LiquidityPaused");
      const hops = [{ tokenOut: key.token1, fee: 30n }];
      await f.dex
        .connect(f.trader)
        .swapExactIn({ tokenIn: key.token0, hops, amountIn: 1000n, minOut: 1n, to: f.trader, deadline: NEVER });
      await f.dex.observe(poolId(key));
      await remove(1_999_000n);
      await f.dex.setPaused(false);
      await add();
    });
  });

  describe("a removal", () => {
    beforeEach(async () => {
      await add();
    });
    it("gives the shares' part of both reserves, as quoted, to whom the owner says", async () => {
      expect(await f.dex.quoteRemove(key, 1001n)).to.deep.equal([500n, 2002n]);
      const removing = await remove(1001n, { to: f.stranger, minAmount0: 500n, minAmount1: 2002n });
      await expect(removing).to.changeTokenBalance(f.ethers, f.tokens[0], f.stranger, 500n);
      await expect(removing).to.changeTokenBalance(f.ethers, f.tokens[1], f.stranger, 2002n);
      await expect(removing)
        .to.emit(f.dex, "LiquidityRemoved")
        .withArgs(
          ...[poolId(key), f.provider.address, f.stranger.address],
          ...[1001n, 500n, 2002n, 999_500n, 3_997_998n],
        );
    });
    it("of everything leaves what the locked shares stand for, and the pool can be filled again", async () => {
      await remove(1_999_000n);
      expect((await f.dex.reservesOf(poolId(key))).slice(0, 2)).to.deep.equal([500n, 2000n]);
      await add();
    });
    it("reverts below either least amount, late, for nobody, of nothing, and of more than is owned", async () => {
      const deadline = await f.helpers.time.latest();
      await refuses(remove(1001n, { minAmount0: 501n }), "TooLittle", 500n, 501n);
      await refuses(remove(1001n, { minAmount1: 2003n }), "TooLittle", 2002n, 2003n);
      await refuses(remove(1001n, { deadline }), "Expired", deadline);
      await refuses(remove(1001n, { to: ZeroAddress }), "InvalidRecipient", ZeroAddress);
      await refuses(remove(0n), "ZeroAmount");
      await refuses(
        remove(1_999_001n),
        "ERC6909InsufficientBalance",
        ...[f.provider.address, 1_999_000n, 1_999_001n, poolId(key)],
      );
      const unknown = { ...key, fee: 5n };
      await refuses(remove(1n, { key: unknown }), "UnknownPool", unknown.token0, unknown.token1, unknown.fee);
      await refuses(f.dex.quoteRemove(unknown, 1n), "UnknownPool", unknown.token0, unknown.token1, unknown.fee);
    });
    it("is for whoever holds the shares now", async () => {
      await f.dex.connect(f.provider).transfer(f.stranger, poolId(key), 1000n);
      const call = f.dex
        .connect(f.stranger)
        .removeLiquidity({ key, shares: 1000n, minAmount0: 0n, minAmount1: 0n, to: f.stranger, deadline: NEVER });
      await expect(call).to.changeTokenBalance(f.ethers, f.tokens[1], f.stranger, 2000n);
    });
    it("can never be of shares sent to the exchange, which refuses them", async () => {
      const call = f.dex.connect(f.provider).transfer(f.dex, poolId(key), 1n);
      await refuses(call, "InvalidRecipient", await f.dex.getAddress());
    });
  });
});
