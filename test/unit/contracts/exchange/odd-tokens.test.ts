import { expect } from "chai";
import { ZeroHash } from "ethers";

import { NEVER, deployDexFixture, type DexFixture, type Key } from "../../../support/dex-fixture.ts";
import type { OddToken } from "../../../../protocol/chain/generated/mocks/OddToken.js";

const DEPOSIT = 10n ** 9n;

describe("DePinDex and odd tokens", () => {
  let f: DexFixture;
  let odd: OddToken;
  let key: Key;

  beforeEach(async () => {
    f = await deployDexFixture();
    odd = await f.odd();
    key = await f.key(odd, f.tokens[0]);
    await f.add(key, DEPOSIT, DEPOSIT);
  });

  const swap = async (isSelling: boolean): Promise<unknown> => {
    const [tokenIn, tokenOut] = isSelling ? [odd, f.tokens[0]] : [f.tokens[0], odd];
    const hops = [{ tokenOut: await tokenOut.getAddress(), fee: 30n }];
    const [amountIn, to] = [1000n, f.trader];
    return f.dex
      .connect(f.trader)
      .swapExactIn({ tokenIn: await tokenIn.getAddress(), hops, amountIn, minOut: 0n, to, deadline: NEVER });
  };
  const remove = (to: string): Promise<unknown> =>
    f.dex
      .connect(f.provider)
      .removeLiquidity({ key, shares: 1000n, minAmount0: 0n, minAmount1: 0n, to, deadline: NEVER });

  it("fee-on-transfer: refuses a token that delivers less than was sent, on deposit and on sale", async () => {
    await odd.setFees(10n, 0n);
    const token = await odd.getAddress();
    await expect(swap(true)).to.be.revertedWithCustomError(f.dex, "WrongTransfer").withArgs(token, 1000n, 990n);
    await expect(f.add(key, DEPOSIT, DEPOSIT))
      .to.be.revertedWithCustomError(f.dex, "WrongTransfer")
      .withArgs(token, DEPOSIT, DEPOSIT - 10n);
  });

  it("fee-on-transfer: refuses a token that charges the exchange for a payment", async () => {
    await odd.setFees(0n, 10n);
    const out = (997n * DEPOSIT) / (DEPOSIT + 997n);
    await expect(swap(false))
      .to.be.revertedWithCustomError(f.dex, "WrongTransfer")
      .withArgs(await odd.getAddress(), out, out + 10n);
  });

  it("missing return value: takes a token that reports nothing, and refuses one that reports failure", async () => {
    await odd.setAnswers(true, false);
    await swap(true);
    await swap(false);
    await odd.setAnswers(false, true);
    const token = await odd.getAddress();
    for (const isSelling of [true, false]) {
      const hops = [{ tokenOut: token, fee: 30n }];
      const amount = isSelling ? 1000n : await f.dex.quoteExactIn(await f.tokens[0].getAddress(), hops, 1000n);
      await expect(swap(isSelling)).to.be.revertedWithCustomError(f.dex, "WrongTransfer").withArgs(token, amount, 0n);
    }
  });

  it("refuses a token that no longer says what the exchange holds", async () => {
    await f.ethers.provider.send("hardhat_setCode", [await odd.getAddress(), "0x"]);
    for (const isSelling of [true, false]) {
      await expect(swap(isSelling))
        .to.be.revertedWithCustomError(f.dex, "UnreadableBalance")
        .withArgs(await odd.getAddress());
    }
  });

  it("is as strict where a swap goes through one pool directly", async () => {
    const [token, plain] = [await odd.getAddress(), await f.tokens[0].getAddress()];
    const common = { to: f.trader, deadline: NEVER, fee: 30n };
    const dex = f.dex.connect(f.trader);
    const sold = { ...common, tokenIn: token, tokenOut: plain };
    const bought = { ...common, tokenIn: plain, tokenOut: token };
    await odd.setFees(10n, 0n);
    await expect(dex.swapDirectExactIn({ ...sold, amount: 1000n, limit: 0n }))
      .to.be.revertedWithCustomError(f.dex, "WrongTransfer")
      .withArgs(token, 1000n, 990n);
    await odd.setFees(0n, 10n);
    await expect(dex.swapDirectExactOut({ ...bought, amount: 1000n, limit: 2000n }))
      .to.be.revertedWithCustomError(f.dex, "WrongTransfer")
      .withArgs(token, 1000n, 1010n);
  });

  it("blacklisting: lets who is blocked by a token be paid elsewhere", async () => {
    await odd.setBlocked(f.provider, true);
    await expect(remove(f.provider.address)).to.be.revertedWithCustomError(odd, "Blocked");
    await remove(f.stranger.address);
  });

  it("rebasing: loses to a token that shrinks its balances only that token: another pool pays in full", async () => {
    const other = await f.key(f.tokens[0], f.tokens[1]);
    await f.add(other, DEPOSIT, DEPOSIT);
    await odd.burn(f.dex, DEPOSIT);
    await expect(swap(false)).to.revert(f.ethers);
    const call = f.dex.connect(f.provider).removeLiquidity({
      ...{ key: other, shares: DEPOSIT - 1000n, minAmount0: DEPOSIT - 1000n, minAmount1: DEPOSIT - 1000n },
      ...{ to: f.provider, deadline: NEVER },
    });
    await expect(call).to.changeTokenBalance(f.ethers, f.tokens[1], f.provider, DEPOSIT - 1000n);
  });

  it("reentrancy by ERC-777 hooks, read-only too: is closed to every entry from inside a transfer, and readable there with the final reserves", async () => {
    const id = await poolIdOf(key);
    const hops = [{ tokenOut: key.token1, fee: 30n }];
    const [to, deadline] = [f.trader.address, NEVER];
    const permit = { value: 0n, deadline, v: 0, r: ZeroHash, s: ZeroHash };
    const i = f.dex.interface;
    const input = { tokenIn: key.token0, hops, amountIn: 1000n, minOut: 0n, to, deadline };
    const output = { tokenIn: key.token0, hops, amountOut: 1000n, maxIn: NEVER, to, deadline };
    const { token0: tokenIn, token1: tokenOut, fee } = key;
    const direct = { amount: 1000n, limit: 0n, to, deadline, tokenIn, tokenOut, fee };
    const deposit = { key, maxAmount0: 1000n, maxAmount1: 1000n, minShares: 0n, to, deadline };
    const calls = [
      i.encodeFunctionData("swapDirectExactIn", [direct]),
      i.encodeFunctionData("swapDirectExactOut", [{ ...direct, limit: NEVER }]),
      i.encodeFunctionData("swapExactIn", [input]),
      i.encodeFunctionData("swapExactInWithPermit", [input, permit]),
      i.encodeFunctionData("swapExactOut", [output]),
      i.encodeFunctionData("swapExactOutWithPermit", [output, permit]),
      i.encodeFunctionData("addLiquidity", [deposit]),
      i.encodeFunctionData("addLiquidityWithPermit", [deposit, permit, permit]),
      i.encodeFunctionData("removeLiquidity", [{ key, shares: 1n, minAmount0: 0n, minAmount1: 0n, to, deadline }]),
      i.encodeFunctionData("observe", [id]),
    ];
    const locked = i.encodeErrorResult("ReentrancyGuardReentrantCall");
    for (const call of calls) {
      for (const isSelling of [true, false]) {
        await odd.setHook(f.dex, call);
        await swap(isSelling);
        expect([await odd.hookSucceeded(), await odd.hookResult()]).to.deep.equal([false, locked]);
      }
    }
    await odd.setHook(f.dex, i.encodeFunctionData("reservesOf", [id]));
    await swap(true);
    const seen = i.decodeFunctionResult("reservesOf", await odd.hookResult());
    expect([...seen]).to.deep.equal([...(await f.dex.reservesOf(id))]);
  });

  const poolIdOf = async (of: Key): Promise<bigint> => {
    const [event] = await f.dex.queryFilter(f.dex.filters.PoolCreated(undefined, of.token0, of.token1));
    if (event === undefined) throw new Error("the pool was created");
    return event.args.id;
  };
});
