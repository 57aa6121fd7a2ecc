import { expect } from "chai";
import { MaxUint256 } from "ethers";

import { NEVER } from "../../../support/dex-fixture.ts";
import { CU, ORION } from "../../../support/market-fixture.ts";
import { deployPurchaseFixture, type PurchaseFixture } from "../../../support/purchase-fixture.ts";

const NOTHING = [0n, 0n, 0n, 0n];

describe("BuyAndPost under attack", () => {
  let f: PurchaseFixture;

  before(async () => {
    f = await deployPurchaseFixture();
  });
  afterEach(async () => {
    await f.reset();
  });

  it("sandwich: a price pushed beyond `maxIn` reverts, and within it an attacker takes less than the margin", async () => {
    const terms = f.own({ shards: 1_000, rows: 1_000n, shardsPerClaim: 1_000, collateralPerClaim: 500n * ORION });
    const { amountIn } = await f.router.quote(terms, f.orion, f.routes.orion.hops);
    const margin = amountIn / 100n;
    const limits = { maxIn: amountIn + margin };
    const attacker = f.owner;
    const start = await f.helpers.takeSnapshot();
    await f.sell(f.orion, f.credits, 2_000n * ORION);
    await expect(f.buyAndPost(terms, f.routes.orion, limits)).to.be.revertedWithCustomError(f.router, "TooExpensive");
    await start.restore();
    const [money, credits] = [await f.orion.balanceOf(attacker), await f.credits.balanceOf(attacker)];
    await f.sell(f.orion, f.credits, 1_300n * ORION);
    const { amountIn: pushed } = await f.router.quote(terms, f.orion, f.routes.orion.hops);
    // Nearly all of the margin is used up.
    expect(pushed).to.be.within(amountIn + (margin * 8n) / 10n, limits.maxIn);
    const buying = f.buyAndPost(terms, f.routes.orion, limits);
    await expect(buying).to.changeTokenBalance(f.ethers, f.orion, f.buyer, -pushed);
    await f.sell(f.credits, f.orion, (await f.credits.balanceOf(attacker)) - credits);
    expect((await f.orion.balanceOf(attacker)) - money).to.be.lessThan(margin);
  });

  it("donations to it change nothing: no price, no purchase, and nobody gets them", async () => {
    const terms = f.own();
    const before = await f.router.quote(terms, f.orion, f.routes.orion.hops);
    const gifts = [7n * ORION, 3n * CU, 11n, 13n];
    await f.orion.transfer(f.router, gifts[0] ?? 0n);
    await f.credits.transfer(f.router, gifts[1] ?? 0n);
    await f.third.transfer(f.router, gifts[2] ?? 0n);
    await f.odd.transfer(f.router, gifts[3] ?? 0n);
    const after = await f.router.quote(terms, f.orion, f.routes.orion.hops);
    expect([...after]).to.deep.equal([...before]);
    const buying = f.buyAndPost(terms);
    await expect(buying).to.changeTokenBalance(f.ethers, f.orion, f.buyer, -before.amountIn);
    await expect(buying).to.changeTokenBalance(f.ethers, f.credits, f.market, f.escrow(terms));
    for (const route of [f.routes.third, f.routes.odd]) await f.buyAndPost(f.own(), route);
    expect(await f.held()).to.deep.equal(gifts);
  });

  it("lends nobody its own approvals: market and exchange take only from who calls them", async () => {
    await f.buyAndPost(f.own());
    await f.credits.transfer(f.router, 100n * CU);
    await f.orion.transfer(f.router, 100n * ORION);
    const posting = f.market.connect(f.keeper).postJobFor(f.own());
    await expect(posting).to.be.revertedWithCustomError(f.credits, "ERC20InsufficientAllowance");
    const [tokenIn, { hops }] = [f.orion, f.routes.orion];
    const swap = { tokenIn, hops, amountIn: ORION, minOut: 0n, to: f.keeper, deadline: NEVER };
    const selling = f.dex.connect(f.keeper).swapExactIn(swap);
    await expect(selling).to.be.revertedWithCustomError(f.orion, "ERC20InsufficientAllowance");
  });

  it("a token that delivers less than was sent is refused, also where an earlier gift would cover it", async () => {
    await f.odd.setFees(10n, 0n);
    await expect(f.buyAndPost(f.own(), f.routes.odd)).to.revert(f.ethers);
    await f.odd.setFees(0n, 0n);
    await f.odd.transfer(f.router, 1_000n);
    await f.odd.setFees(10n, 0n);
    await expect(f.buyAndPost(f.own(), f.routes.odd)).to.be.revertedWithCustomError(f.dex, "WrongTransfer");
    // One that charges the sender on top asks for more than stands here.
    await f.odd.burn(f.router, 1_000n);
    await f.odd.setFees(0n, 10n);
    await expect(f.buyAndPost(f.own(), f.routes.odd)).to.revert(f.ethers);
    await f.odd.setFees(0n, 0n);
    await f.buyAndPost(f.own(), f.routes.odd);
    expect(await f.held()).to.deep.equal(NOTHING);
  });

  it("a round trip that begins and ends in CU costs its fees and leaves nothing behind", async () => {
    await f.credits.transfer(f.buyer, 100n * CU);
    await f.credits.connect(f.buyer).approve(f.router, MaxUint256);
    const hops = [{ tokenOut: await f.orion.getAddress(), fee: 30 }, ...f.routes.orion.hops];
    const terms = f.own();
    const { amountIn, escrow } = await f.router.quote(terms, f.credits, hops);
    expect(amountIn).to.be.greaterThan(escrow);
    const buying = f.buyAndPost(terms, { tokenIn: f.credits, hops });
    await expect(buying).to.changeTokenBalances(f.ethers, f.credits, [f.buyer, f.market], [-amountIn, escrow]);
    expect(await f.held()).to.deep.equal(NOTHING);
  });

  it("takes a token that reports nothing, and refuses one that reports failure or blocks the buyer", async () => {
    await f.odd.setAnswers(true, false);
    await f.buyAndPost(f.own(), f.routes.odd);
    await f.odd.setAnswers(false, true);
    const failing = f.buyAndPost(f.own(), f.routes.odd);
    await expect(failing).to.be.revertedWithCustomError(f.router, "SafeERC20FailedOperation");
    await f.odd.setAnswers(false, false);
    await f.odd.setBlocked(f.buyer, true);
    await expect(f.buyAndPost(f.own(), f.routes.odd)).to.be.revertedWithCustomError(f.odd, "Blocked");
    expect(await f.held()).to.deep.equal(NOTHING);
  });

  it("a token that shrinks an approval is approved again", async () => {
    for (let i = 0; i < 3; i += 1) await f.buyAndPost(f.own(), f.routes.odd);
    expect(await f.odd.allowance(f.router, f.dex)).to.be.lessThan(MaxUint256);
    const router = await f.router.getAddress();
    await f.helpers.impersonateAccount(router);
    await f.helpers.setBalance(router, ORION);
    await f.odd.connect(await f.ethers.getSigner(router)).approve(f.dex, 1n);
    await f.buyAndPost(f.own(), f.routes.odd);
    expect(await f.held()).to.deep.equal(NOTHING);
  });

  describe("from inside a transfer", () => {
    it("is closed to itself", async () => {
      const i = f.router.interface;
      const locked = i.encodeErrorResult("ReentrancyGuardReentrantCall");
      const payment = await f.payment(f.routes.odd);
      await f.odd.setHook(f.router, i.encodeFunctionData("buyAndPost", [f.own(), payment]));
      await f.buyAndPost(f.own(), f.routes.odd);
      expect([await f.odd.hookSucceeded(), await f.odd.hookResult()]).to.deep.equal([false, locked]);
      const permit = { value: 0n, deadline: 0n, v: 0, r: `0x${"00".repeat(32)}`, s: `0x${"00".repeat(32)}` };
      await f.odd.setHook(f.router, i.encodeFunctionData("buyAndPostWithPermit", [f.own(), payment, permit]));
      await f.buyAndPost(f.own(), f.routes.odd);
      expect([await f.odd.hookSucceeded(), await f.odd.hookResult()]).to.deep.equal([false, locked]);
      expect(await f.held()).to.deep.equal(NOTHING);
    });

    it("cannot make the buyer pay more: a price moved up between quote and swap reverts", async () => {
      await f.orion.transfer(f.odd, 10_000n * ORION);
      await oddSells(f.orion, f.routes.orion.hops, 10_000n * ORION);
      await expect(f.buyAndPost(f.own(), f.routes.oddLong)).to.be.revertedWithCustomError(f.dex, "TooMuch");
      expect(await f.held()).to.deep.equal(NOTHING);
    });

    it("leaves nothing behind: what a price moved down between quote and swap spares goes back to the buyer", async () => {
      await f.credits.transfer(f.odd, 10_000n * CU);
      const hops = [{ tokenOut: await f.orion.getAddress(), fee: 30 }];
      await oddSells(f.credits, hops, 10_000n * CU);
      const terms = f.own({ shards: 100, rows: 100n, shardsPerClaim: 100, collateralPerClaim: 50n * ORION });
      const { amountIn } = await f.router.quote(terms, f.odd, f.routes.oddLong.hops);
      const before = await f.odd.balanceOf(f.buyer);
      await f.buyAndPost(terms, f.routes.oddLong);
      const [bought] = await f.router.queryFilter(f.router.filters.BoughtAndPosted(), "latest");
      const spent = before - (await f.odd.balanceOf(f.buyer));
      expect(spent).to.equal(bought?.args.amountIn);
      expect(spent).to.be.lessThan(amountIn);
      expect(await f.held()).to.deep.equal(NOTHING);
    });

    /** The odd token's own next transfer makes it sell what it holds. */
    const oddSells = async (
      tokenIn: PurchaseFixture["orion"] | PurchaseFixture["credits"],
      hops: { tokenOut: string; fee: number }[],
      amountIn: bigint,
    ): Promise<void> => {
      const address = await f.odd.getAddress();
      await f.helpers.impersonateAccount(address);
      await f.helpers.setBalance(address, ORION);
      await tokenIn.connect(await f.ethers.getSigner(address)).approve(f.dex, MaxUint256);
      const swap = { tokenIn: await tokenIn.getAddress(), hops, amountIn, minOut: 0n, to: address, deadline: NEVER };
      await f.odd.setHook(f.dex, f.dex.interface.encodeFunctionData("swapExactIn", [swap]));
    };
  });
});
