import { expect } from "chai";
import fc from "fast-check";

import { NEVER, deployDexFixture, poolId, type DexFixture, type Key } from "../../support/dex-fixture.ts";
import { deployUniswapPair } from "../../support/uniswap-pair.ts";

const FACTOR = Math.max(1, Number(process.env.FUZZ_RUNS) || 1);
const RUNS = 12 * FACTOR;
/** A little above the least deposit, up to where a reserve still has room for a swap. */
const reserve = fc.bigInt({ min: 2_000n, max: 2n ** 100n });
const amount = fc
  .tuple(fc.bigInt({ min: 1n, max: 9n }), fc.integer({ min: 0, max: 30 }))
  .map(([digit, zeros]) => digit * 10n ** BigInt(zeros));

/** Exact model: what x · y = k and 0.3% allow, without a rounding of its own. */
const mostOut = (amountIn: bigint, rIn: bigint, rOut: bigint): bigint =>
  (amountIn * 9970n * rOut) / (rIn * 10_000n + amountIn * 9970n);

/** The same for the input that an output needs: the least that `mostOut` gives it for. */
const leastIn = (amountOut: bigint, rIn: bigint, rOut: bigint): bigint => {
  const divisor = (rOut - amountOut) * 9970n;
  return (rIn * amountOut * 10_000n + divisor - 1n) / divisor;
};

/** The largest reserve. */
const MOST = 2n ** 102n - 1n;

describe("DePinDex beside a bigint model and Uniswap v2's own pair", function () {
  this.timeout(120_000);
  let f: DexFixture;
  let key: Key;

  before(async () => {
    f = await deployDexFixture();
    key = await f.key(f.tokens[0], f.tokens[1]);
  });

  it("gives a trader never less, asks never more, than the pair does, and its product never falls", async () => {
    const start = await f.helpers.takeSnapshot();
    const step = fc.record({ amount, zeroForOne: fc.boolean(), exactIn: fc.boolean(), direct: fc.boolean() });
    let swaps = 0;
    const property = async (
      r0: bigint,
      r1: bigint,
      steps: { amount: bigint; zeroForOne: boolean; exactIn: boolean; direct: boolean }[],
    ): Promise<void> => {
      await start.restore();
      await f.add(key, r0, r1);
      const pair = await deployUniswapPair(f.trader, key.token0, key.token1);
      await f.tokens[0].connect(f.trader).transfer(pair.address, r0);
      await f.tokens[1].connect(f.trader).transfer(pair.address, r1);
      await pair.mint(f.trader.address);
      for (const { amount: wanted, zeroForOne, exactIn, direct } of steps) {
        const [x, y] = await pair.reserves();
        expect((await f.dex.reservesOf(poolId(key))).slice(0, 2)).to.deep.equal([x, y]);
        const [rIn, rOut] = zeroForOne ? [x, y] : [y, x];
        const [tokenIn, tokenOut] = zeroForOne ? [key.token0, key.token1] : [key.token1, key.token0];
        const hops = [{ tokenOut, fee: 30n }];
        const common = { tokenIn, hops, to: f.trader, deadline: NEVER };
        const plain = { tokenIn, tokenOut, fee: 30n, to: f.trader, deadline: NEVER };
        const dex = f.dex.connect(f.trader);
        const isDue = exactIn ? mostOut(wanted, rIn, rOut) > 0n : wanted < rOut;
        if (!isDue) continue;
        const cost = exactIn ? wanted : leastIn(wanted, rIn, rOut);
        const quote = exactIn ? f.dex.quoteExactIn(tokenIn, hops, wanted) : f.dex.quoteExactOut(tokenIn, hops, wanted);
        if (rIn + cost > MOST) {
          await expect(quote).to.be.revertedWithCustomError(f.dex, "AmountTooLarge");
          continue;
        }
        expect(await quote).to.equal(exactIn ? mostOut(wanted, rIn, rOut) : cost);
        const out = exactIn ? mostOut(wanted, rIn, rOut) : wanted;
        // The least input for that output, by the model: one unit less gives less.
        if (!exactIn) {
          expect(mostOut(cost, rIn, rOut) >= wanted && mostOut(cost - 1n, rIn, rOut) < wanted).to.equal(true);
          const uniswapRouterAsks = (rIn * wanted * 1000n) / ((rOut - wanted) * 997n) + 1n;
          expect(cost <= uniswapRouterAsks && uniswapRouterAsks - cost <= 1n).to.equal(true);
        }
        const paidIn = zeroForOne ? f.tokens[0] : f.tokens[1];
        await paidIn.connect(f.trader).transfer(pair.address, cost);
        const [out0, out1] = zeroForOne ? [0n, out] : [out, 0n];
        // The pair's own check of its product takes what the exchange gives and, for an exact input, not one unit more.
        if (exactIn) {
          const more: [bigint, bigint] = zeroForOne ? [0n, out + 1n] : [out + 1n, 0n];
          expect(await pair.wouldSwap(...more, f.trader.address), "the pair gives more").to.equal(false);
          if (direct) await dex.swapDirectExactIn({ ...plain, amount: wanted, limit: out });
          else await dex.swapExactIn({ ...common, amountIn: wanted, minOut: out });
        } else {
          if (direct) await dex.swapDirectExactOut({ ...plain, amount: wanted, limit: cost });
          else await dex.swapExactOut({ ...common, amountOut: wanted, maxIn: cost });
        }
        await pair.swap(out0, out1, f.trader.address);
        const [after0, after1] = await f.dex.reservesOf(poolId(key));
        expect(after0 * after1 >= x * y, "k fell").to.equal(true);
        swaps += 1;
      }
    };
    await fc.assert(fc.asyncProperty(reserve, reserve, fc.array(step, { minLength: 4, maxLength: 8 }), property), {
      numRuns: RUNS,
    });
    await start.restore();
    expect(swaps).to.be.greaterThan(RUNS);
  });

  it("never lets a round trip win, with any part of the fee for the protocol", async () => {
    const start = await f.helpers.takeSnapshot();
    await fc.assert(
      fc.asyncProperty(reserve, reserve, amount, fc.constantFrom(0, 6, 7, 255), async (r0, r1, amountIn, part) => {
        await start.restore();
        await f.add(key, r0, r1);
        await f.dex.setProtocolPart(poolId(key), part);
        if (mostOut(amountIn, r0, r1) === 0n) return;
        const hops = [
          { tokenOut: key.token1, fee: 30n },
          { tokenOut: key.token0, fee: 30n },
        ];
        const back = await f.dex.quoteExactIn(key.token0, hops, amountIn).catch((): bigint => 0n);
        expect(back < amountIn).to.equal(true);
      }),
      { numRuns: RUNS * 4 },
    );
    await start.restore();
  });
});
