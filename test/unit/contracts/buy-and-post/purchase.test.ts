import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";

import { CU, ORION } from "../../../support/market-fixture.ts";
import { marketSteps } from "../../../support/market-steps.ts";
import { signPermit } from "../../../support/permit.ts";
import { deployPurchaseFixture, type PurchaseFixture } from "../../../support/purchase-fixture.ts";

interface PermitFields {
  readonly value: bigint;
  readonly deadline: bigint;
  readonly v: 27 | 28;
  readonly r: string;
  readonly s: string;
}

const NOTHING = [0n, 0n, 0n, 0n];

describe("BuyAndPost: buying and posting", () => {
  let f: PurchaseFixture;

  before(async () => {
    f = await deployPurchaseFixture();
  });
  afterEach(async () => {
    await f.reset();
  });

  it("buys exactly the escrow, posts the job and keeps nothing", async () => {
    const terms = f.own({ shards: 10, shardsPerClaim: 4 });
    const [jobId, escrow] = [await f.market.jobIdOf(terms), f.escrow(terms)];
    const { hops } = f.routes.orion;
    const quoted = await f.router.quote(terms, f.orion, hops);
    expect(quoted.escrow).to.equal(escrow);
    expect(quoted.amountIn).to.equal(await f.dex.quoteExactOut(f.orion, hops, escrow));
    const buying = f.buyAndPost(terms);
    await expect(buying)
      .to.emit(f.router, "BoughtAndPosted")
      .withArgs(jobId, f.buyer.address, f.orion.target, quoted.amountIn, escrow);
    await expect(buying)
      .to.emit(f.market, "JobPosted")
      .withArgs(jobId, f.buyer.address, f.router.target, Object.values(terms));
    await expect(buying).to.changeTokenBalances(f.ethers, f.credits, [f.buyer, f.market, f.router], [0n, escrow, 0n]);
    await expect(buying).to.changeTokenBalance(f.ethers, f.orion, f.buyer, -quoted.amountIn);
    expect(await f.held()).to.deep.equal(NOTHING);
    expect((await f.market.job(jobId)).remainingEscrow).to.equal(escrow);
  });

  it("never takes input that is not needed, whatever is allowed", async () => {
    const terms = f.own();
    const { amountIn } = await f.router.quote(terms, f.orion, f.routes.orion.hops);
    const exact = f.buyAndPost(terms, f.routes.orion, { maxIn: amountIn });
    await expect(exact).to.changeTokenBalance(f.ethers, f.orion, f.buyer, -amountIn);
    const other = f.own();
    const { amountIn: next } = await f.router.quote(other, f.orion, f.routes.orion.hops);
    const generous = f.buyAndPost(other, f.routes.orion, { maxIn: MaxUint256 });
    await expect(generous).to.changeTokenBalance(f.ethers, f.orion, f.buyer, -next);
    expect(await f.held()).to.deep.equal(NOTHING);
  });

  it("pays with any token that a route of pools leads from", async () => {
    const terms = f.own({ shards: 100, shardsPerClaim: 100, rows: 100n, collateralPerClaim: 50n * ORION });
    const { amountIn } = await f.router.quote(terms, f.third, f.routes.third.hops);
    const buying = f.buyAndPost(terms, f.routes.third);
    await expect(buying).to.changeTokenBalance(f.ethers, f.third, f.buyer, -amountIn);
    await expect(buying).to.changeTokenBalance(f.ethers, f.credits, f.market, f.escrow(terms));
    await expect(buying).to.changeTokenBalance(f.ethers, f.orion, f.buyer, 0n);
    expect(await f.held()).to.deep.equal(NOTHING);
  });

  it("takes no more than `maxIn` and nothing after the deadline", async () => {
    const terms = f.own();
    const { amountIn } = await f.router.quote(terms, f.orion, f.routes.orion.hops);
    await expect(f.buyAndPost(terms, f.routes.orion, { maxIn: amountIn - 1n }))
      .to.be.revertedWithCustomError(f.router, "TooExpensive")
      .withArgs(amountIn, amountIn - 1n);
    const now = BigInt(await f.time.latest());
    await expect(f.buyAndPost(terms, f.routes.orion, { deadline: now }))
      .to.be.revertedWithCustomError(f.dex, "Expired")
      .withArgs(now);
    await f.buyAndPost(terms, f.routes.orion, { deadline: now + 60n });
  });

  it("refuses a route that is empty, ends in another token, or has no pool", async () => {
    const terms = f.own();
    await expect(f.buyAndPost(terms, { ...f.routes.orion, hops: [] })).to.be.revertedWithCustomError(
      f.router,
      "EmptyRoute",
    );
    const toOrion = f.routes.third.hops.slice(0, 1);
    for (const call of [
      () => f.buyAndPost(terms, { ...f.routes.third, hops: toOrion }),
      () => f.router.quote(terms, f.third, toOrion),
    ]) {
      await expect(call()).to.be.revertedWithCustomError(f.router, "NotCredits").withArgs(f.orion.target);
    }
    const noPool = { ...f.routes.third, hops: f.routes.orion.hops };
    await expect(f.buyAndPost(terms, noPool)).to.be.revertedWithCustomError(f.dex, "UnknownPool");
  });

  it("undoes the purchase when the market refuses the job", async () => {
    const start = await f.orion.balanceOf(f.buyer);
    const poor = f.own({ pricePerShard: 1n });
    await expect(f.buyAndPost(poor)).to.be.revertedWithCustomError(f.market, "BelowPar");
    const free = f.own({ pricePerShard: 0n, keeperFee: 0n });
    await expect(f.buyAndPost(free)).to.be.revertedWithCustomError(f.dex, "ZeroAmount");
    const huge = f.own({ shards: 2 ** 32 - 1, rows: 2n ** 33n, pricePerShard: 2n ** 90n });
    await expect(f.buyAndPost(huge)).to.be.revertedWithCustomError(f.market, "EscrowTooLarge");
    const posted = f.own();
    await f.buyAndPost(posted);
    const paid = start - (await f.orion.balanceOf(f.buyer));
    await expect(f.buyAndPost(posted)).to.be.revertedWithCustomError(f.market, "JobExists");
    await f.market.setPaused(true);
    await expect(f.buyAndPost(f.own())).to.be.revertedWithCustomError(f.market, "MarketPaused");
    expect(start - (await f.orion.balanceOf(f.buyer))).to.equal(paid);
    expect(await f.held()).to.deep.equal(NOTHING);
  });

  it("pays for another's job, who owns it and all that comes back", async () => {
    const terms = f.terms({ keeper: ZeroAddress, keeperFee: 0n });
    await f.buyAndPost(terms);
    await expect(f.market.connect(f.buyer).cancel(terms)).to.be.revertedWithCustomError(f.market, "NotPoster");
    const cancel = f.market.connect(f.poster).cancel(terms);
    await expect(cancel).to.changeTokenBalance(f.ethers, f.credits, f.poster, f.escrow(terms));
  });

  it("posts jobs like any other: claimed, committed, settled and paid out of what was bought", async () => {
    const steps = marketSteps(f);
    const terms = f.own({ shards: 2, shardsPerClaim: 2 });
    await f.buyAndPost(terms);
    const job = { terms, id: await f.market.jobIdOf(terms) };
    await steps.work(job, f.workers[0]);
    await steps.passWindow();
    const settle = steps.settle(job);
    await expect(settle).to.changeTokenBalance(f.ethers, f.credits, f.workers[0], f.escrow(terms));
  });

  it("refuses an escrow that is more than the pool holds", async () => {
    const shards = 2 ** 20;
    const terms = f.own({ shards, rows: BigInt(shards), shardsPerClaim: 1024 });
    expect(f.escrow(terms)).to.be.greaterThan(100_000n * CU);
    await expect(f.buyAndPost(terms)).to.be.revertedWithCustomError(f.dex, "ReserveTooSmall");
  });

  describe("with a permit", () => {
    const permitOf = async (value: bigint): Promise<PermitFields> => {
      const { v, r, s } = await signPermit(f.orion, f.buyer, await f.router.getAddress(), value);
      return { value, deadline: MaxUint256, v, r, s };
    };

    beforeEach(async () => {
      await f.orion.connect(f.buyer).approve(f.router, 0n);
    });

    it("needs no approval before", async () => {
      const terms = f.own();
      const { amountIn } = await f.router.quote(terms, f.orion, f.routes.orion.hops);
      const permit = await permitOf(amountIn);
      await f.router.connect(f.buyer).buyAndPostWithPermit(terms, await f.payment(f.routes.orion), permit);
      expect(await f.orion.allowance(f.buyer, f.router)).to.equal(0n);
      expect(await f.held()).to.deep.equal(NOTHING);
    });

    it("goes on when somebody sent the permit first", async () => {
      const permit = await permitOf(ORION * 1_000n);
      const { value, deadline, v, r, s } = permit;
      await f.orion.connect(f.keeper).permit(f.buyer, f.router, value, deadline, v, r, s);
      const buying = f.router.connect(f.buyer).buyAndPostWithPermit(f.own(), await f.payment(f.routes.orion), permit);
      await expect(buying).to.emit(f.router, "BoughtAndPosted");
    });

    it("is passed over when it is broken: an approval that is there counts, and without one nothing is taken", async () => {
      const broken = { ...(await permitOf(1n)), r: `0x${"11".repeat(32)}` };
      const payment = await f.payment(f.routes.orion);
      const buying = (): Promise<unknown> => f.router.connect(f.buyer).buyAndPostWithPermit(f.own(), payment, broken);
      await expect(buying()).to.be.revertedWithCustomError(f.orion, "ERC20InsufficientAllowance");
      await f.orion.connect(f.buyer).approve(f.router, MaxUint256);
      await expect(buying()).to.emit(f.router, "BoughtAndPosted");
    });

    it("of another is of no use: only the caller's tokens are ever taken", async () => {
      const permit = await permitOf(ORION * 1_000n);
      const { value, deadline, v, r, s } = permit;
      await f.orion.permit(f.buyer, f.router, value, deadline, v, r, s);
      const payment = await f.payment(f.routes.orion);
      const stolen = f.router.connect(f.keeper).buyAndPostWithPermit(f.own(), payment, permit);
      await expect(stolen).to.be.revertedWithCustomError(f.orion, "ERC20InsufficientAllowance");
    });
  });
});
