import { expect } from "chai";
import fc from "fast-check";

import { poolIdOf, poolKeyOf, type PoolKey } from "@orion/protocol/chain";
import {
  depositOf,
  ImpossibleTradeError,
  quoteExactIn,
  quoteExactOut,
  tokensOf,
  withdrawalOf,
  type Pool,
} from "@orion/protocol/exchange";

import { deployDexFixture, NEVER, poolId, type DexFixture } from "../../support/dex-fixture.ts";

const RUNS = 15 * Math.max(1, Number(process.env.FUZZ_RUNS) || 1);
const reserve = fc.bigInt({ min: 2_000n, max: 2n ** 100n });
/** Evenly over sizes, not over numbers. */
const amount = fc
  .tuple(fc.bigInt({ min: 1n, max: 99n }), fc.integer({ min: 0, max: 32 }))
  .map(([digits, zeros]) => digits * 10n ** BigInt(zeros));

/** What a call gives, or "refused". */
async function answer<T>(call: () => T | Promise<T>): Promise<T | "refused"> {
  try {
    return await call();
  } catch (error) {
    const isOurs = error instanceof ImpossibleTradeError;
    const isContracts = error instanceof Error && /reverted|custom error/i.test(error.message);
    if (isOurs || isContracts) return "refused";
    throw error;
  }
}

describe("the exchange's arithmetic, in TypeScript and on chain", function () {
  this.timeout(120_000);
  let f: DexFixture;
  let route: { tokenIn: string; keys: PoolKey[] };

  before(async () => {
    f = await deployDexFixture();
    const [a, b, c] = await Promise.all(f.tokens.map((token) => token.getAddress()));
    if (a === undefined || b === undefined || c === undefined) throw new Error("three tokens were deployed");
    // Down and up in the order of addresses: both directions of a pool.
    route = { tokenIn: b, keys: [poolKeyOf(b, a, 5), poolKeyOf(a, c, 100)] };
  });

  const poolOf = async (key: PoolKey): Promise<Pool> => {
    const id = poolIdOf(key);
    const [[reserve0, reserve1], [, , part], supply] = await Promise.all([
      f.dex.reservesOf(id),
      f.dex.trackOf(id),
      f.dex.totalSupply(id),
    ]);
    return { ...key, id, reserve0, reserve1, supply, protocolPart: Number(part) };
  };
  const bigKey = (key: PoolKey): { token0: string; token1: string; fee: bigint } => ({ ...key, fee: BigInt(key.fee) });

  it("names pools alike", () => {
    for (const key of route.keys) expect(poolIdOf(key)).to.equal(poolId(bigKey(key)));
  });

  it("quotes alike to the last unit, over one pool and over two, and refuses alike", async () => {
    const start = await f.helpers.takeSnapshot();
    let answered = 0;
    const reserves = fc.tuple(reserve, reserve, reserve, reserve);
    const property = async (r: bigint[], part: number, amounts: bigint[]): Promise<void> => {
      await start.restore();
      for (const [i, key] of route.keys.entries()) {
        await f.add(bigKey(key), r[2 * i] ?? 0n, r[2 * i + 1] ?? 0n);
        await f.dex.setProtocolPart(poolIdOf(key), part);
      }
      const pools = await Promise.all(route.keys.map(poolOf));
      for (const used of [pools.slice(0, 1), pools]) {
        const path = { tokenIn: route.tokenIn, pools: used };
        const tokens = tokensOf(path);
        const hops = used.map(({ fee }, i) => ({ tokenOut: tokens[i + 1] ?? "", fee }));
        for (const wanted of amounts) {
          const out = await answer(() => f.dex.quoteExactIn(path.tokenIn, hops, wanted));
          expect(await answer(() => quoteExactIn(path, wanted).amountOut)).to.equal(out);
          const asked = await answer(() => f.dex.quoteExactOut(path.tokenIn, hops, wanted));
          expect(await answer(() => quoteExactOut(path, wanted).amountIn)).to.equal(asked);
          answered += Number(out !== "refused") + Number(asked !== "refused");
        }
      }
    };
    const many = fc.array(amount, { minLength: 3, maxLength: 6 });
    await fc.assert(fc.asyncProperty(reserves, fc.constantFrom(0, 6, 255), many, property), { numRuns: RUNS });
    await start.restore();
    expect(answered).to.be.greaterThan(RUNS);
  });

  it("leaves the reserves that a swap leaves", async () => {
    const start = await f.helpers.takeSnapshot();
    const [key] = route.keys;
    if (key === undefined) throw new Error("the route has pools");
    const property = async (r0: bigint, r1: bigint, part: number, wanted: bigint): Promise<void> => {
      await start.restore();
      await f.add(bigKey(key), r0, r1);
      await f.dex.setProtocolPart(poolIdOf(key), part);
      const before = await poolOf(key);
      const quote = await answer(() => quoteExactIn({ tokenIn: key.token0, pools: [before] }, wanted));
      if (quote === "refused") return;
      const hops = [{ tokenOut: key.token1, fee: key.fee }];
      await f.dex.connect(f.trader).swapExactIn({
        tokenIn: key.token0,
        hops,
        amountIn: wanted,
        minOut: quote.amountOut,
        to: f.trader,
        deadline: NEVER,
      });
      const after = await poolOf(key);
      expect(before.reserve1 - after.reserve1).to.equal(quote.amountOut);
      const taken = part === 0 ? 0n : (wanted * BigInt(key.fee)) / (10_000n * BigInt(part));
      expect(after.reserve0 - before.reserve0).to.equal(wanted - taken);
    };
    const small = fc.bigInt({ min: 1n, max: 2n ** 100n });
    await fc.assert(fc.asyncProperty(reserve, reserve, fc.constantFrom(0, 6, 255), small, property), { numRuns: RUNS });
    await start.restore();
  });

  it("shares alike: a first deposit, a later one, and what shares give back", async () => {
    const start = await f.helpers.takeSnapshot();
    const [key] = route.keys;
    if (key === undefined) throw new Error("the route has pools");
    const property = async (r0: bigint, r1: bigint, most0: bigint, most1: bigint): Promise<void> => {
      await start.restore();
      const first = depositOf(await poolOf(key), r0, r1);
      await f.add(bigKey(key), r0, r1);
      expect(await f.dex.balanceOf(f.provider, poolIdOf(key))).to.equal(first.shares);
      const pool = await poolOf(key);
      const onChain = await answer(async () => [...(await f.dex.quoteAdd(key, most0, most1))]);
      const ours = await answer(() => depositOf(pool, most0, most1));
      // The quote on chain leaves the largest reserve to the deposit itself.
      if (ours !== "refused") expect([ours.shares, ours.amount0, ours.amount1]).to.deep.equal(onChain);
      const shares = first.shares / 3n + 1n;
      const back = withdrawalOf(pool, shares);
      expect([...(await f.dex.quoteRemove(key, shares))]).to.deep.equal([back.amount0, back.amount1]);
    };
    await fc.assert(fc.asyncProperty(reserve, reserve, amount, amount, property), { numRuns: RUNS });
    await start.restore();
  });
});
