import { expect } from "chai";
import fc from "fast-check";

import { CU, ORION } from "../../support/market-fixture.ts";
import { deployPurchaseFixture, type PurchaseFixture } from "../../support/purchase-fixture.ts";

const FACTOR = Math.max(1, Number(process.env.FUZZ_RUNS) || 1);
const RUNS = 40 * FACTOR;
const SHARDS_PER_CLAIM = 1024;

const purchase = fc.record({
  route: fc.constantFrom("orion" as const, "third" as const, "odd" as const, "oddLong" as const),
  shards: fc.integer({ min: 1, max: 2_000 }),
  price: fc.bigInt({ min: CU / 10n, max: 3n * CU }),
  fee: fc.bigInt({ min: 0n, max: CU }),
  /** Hundredths of the quote that the buyer allows. */
  allowed: fc.integer({ min: 95, max: 110 }),
  /** Somebody trades before: ORION for CU, or CU for ORION. */
  push: fc.bigInt({ min: -20_000n, max: 20_000n }),
});

describe("BuyAndPost, any purchase", function () {
  this.timeout(120_000);
  let f: PurchaseFixture;

  before(async () => {
    f = await deployPurchaseFixture();
  });

  it("takes exactly its quote for exactly the escrow, or nothing, and ends with nothing of any token", async () => {
    let [bought, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(purchase, async ({ route: name, shards, price, fee, allowed, push }) => {
        const fresh = await f.helpers.takeSnapshot();
        const route = f.routes[name];
        const rows = BigInt(shards);
        // Between the bounds for a whole claim of such shards.
        const collateralPerClaim = BigInt(Math.min(shards, SHARDS_PER_CLAIM) + 1) * ORION;
        const size = { shards, rows, shardsPerClaim: SHARDS_PER_CLAIM, collateralPerClaim };
        const terms = f.own({ ...size, pricePerShard: price, keeperFee: fee });
        const seen = await quote(terms, route);
        if (push > 0n) await f.sell(f.orion, f.credits, push * ORION);
        if (push < 0n) await f.sell(f.credits, f.orion, (-push * CU) / 3n);
        const now = await quote(terms, route);
        const maxIn = (seen * BigInt(allowed)) / 100n;
        const before = await balances(route.tokenIn);
        const call = f.buyAndPost(terms, route, { maxIn });
        if (now > maxIn || now === 0n) {
          await expect(call).to.revert(f.ethers);
          expect(await balances(route.tokenIn)).to.deep.equal(before);
          refused += 1;
        } else {
          await call;
          const [paid, escrowed, credits] = await balances(route.tokenIn);
          expect([before[0] - paid, escrowed - before[1], credits]).to.deep.equal([now, f.escrow(terms), before[2]]);
          bought += 1;
        }
        expect(await f.held()).to.deep.equal([0n, 0n, 0n, 0n]);
        await fresh.restore();
      }),
      { numRuns: RUNS },
    );
    expect(Math.min(bought, refused), "both outcomes were seen").to.be.greaterThan(0);
  });

  /** Zero where the pools cannot give so much. */
  const quote = async (
    terms: ReturnType<PurchaseFixture["own"]>,
    { tokenIn, hops }: PurchaseFixture["routes"]["orion"],
  ): Promise<bigint> => {
    const escrow = f.escrow(terms);
    const pool = await f.credits.balanceOf(f.dex);
    if (escrow >= pool / 4n) return 0n;
    return (await f.router.quote(terms, tokenIn, hops)).amountIn;
  };

  /** The buyer's tokens, the market's credits, the buyer's credits. */
  const balances = async (
    tokenIn: PurchaseFixture["routes"]["orion"]["tokenIn"],
  ): Promise<[bigint, bigint, bigint]> => [
    await tokenIn.balanceOf(f.buyer),
    await f.credits.balanceOf(f.market),
    await f.credits.balanceOf(f.buyer),
  ];
});
