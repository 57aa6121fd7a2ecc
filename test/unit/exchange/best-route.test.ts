import { expect } from "chai";
import fc from "fast-check";

import {
  bestExactIn,
  bestExactOut,
  feePartOf,
  ImpossibleTradeError,
  otherToken,
  priceImpactOf,
  quoteExactIn,
  quoteExactOut,
  tokensOf,
  valueIn,
  type Pool,
  type Quote,
} from "@orion/protocol/exchange";

const RUNS = 200 * Number(process.env.FUZZ_RUNS ?? "1");
const M = 1_000_000n;

let nextId = 0n;
function pool(token0: string, token1: string, reserve0: bigint, reserve1: bigint, fee = 30): Pool {
  nextId += 1n;
  return { id: nextId, token0, token1, fee, reserve0, reserve1, supply: 10n ** 9n, protocolPart: 0 };
}

/** Every route without a repeated token, the slow way. */
function allRoutes(pools: readonly Pool[], from: string, to: string, hops: number): Pool[][] {
  const extend = (path: Pool[], tokens: string[]): Pool[][] => {
    const here = tokens.at(-1) ?? "";
    if (here === to) return [path];
    if (path.length === hops) return [];
    return pools
      .filter(({ token0, token1 }) => token0 === here || token1 === here)
      .filter((each) => !tokens.includes(otherToken(each, here)))
      .flatMap((each) => extend([...path, each], [...tokens, otherToken(each, here)]));
  };
  return extend([], [from]);
}

function quotes(routes: Pool[][], quote: (pools: Pool[]) => Quote): Quote[] {
  return routes.flatMap((pools) => {
    try {
      return [quote(pools)];
    } catch (error) {
      expect(error).to.be.instanceOf(ImpossibleTradeError);
      return [];
    }
  });
}

describe("the best route", () => {
  it("is the deeper of two direct pools, or the cheaper one for a small trade", () => {
    const pools = [pool("A", "B", M, M, 100), pool("A", "B", 100n * M, 100n * M, 30), pool("A", "B", M, M, 5)];
    const search = { pools, tokenIn: "A", tokenOut: "B" };
    expect(bestExactIn(search, 500_000n)?.steps[0]?.pool).to.equal(pools[1]);
    expect(bestExactIn(search, 1_000n)?.steps[0]?.pool).to.equal(pools[2]);
  });

  it("goes through other tokens where that gives more, up to the hops allowed", () => {
    const pools = [
      pool("A", "D", 1_000n * M, 100n * M),
      pool("A", "B", 1_000n * M, 1_000n * M),
      pool("B", "C", 1_000n * M, 1_000n * M),
      pool("C", "D", 1_000n * M, 1_000n * M),
    ];
    const search = { pools, tokenIn: "A", tokenOut: "D" };
    const far = bestExactIn(search, M);
    expect(far === undefined ? [] : tokensOf({ tokenIn: "A", pools: far.steps.map((s) => s.pool) })).to.deep.equal([
      "A",
      "B",
      "C",
      "D",
    ]);
    expect(bestExactIn({ ...search, maxHops: 2 }, M)?.steps).to.have.length(1);
    expect(bestExactOut(search, M)?.steps).to.have.length(3);
    expect(() => bestExactIn({ ...search, maxHops: 4 }, M)).to.throw(RangeError);
  });

  it("is the shorter of two that give the same", () => {
    const pools = [pool("A", "B", 10n ** 20n, 10n ** 20n), pool("B", "C", 10n ** 20n, 10n ** 20n)];
    const same = quoteExactIn({ tokenIn: "A", pools }, M).amountOut;
    const direct = pool("A", "C", 10n ** 30n, (10n ** 30n * same * 10_000n) / (9_970n * M) + 10n ** 24n);
    const all = { pools: [...pools, direct], tokenIn: "A", tokenOut: "C" };
    expect(quoteExactIn({ tokenIn: "A", pools: [direct] }, M).amountOut).to.equal(same);
    expect(bestExactIn(all, M)?.steps).to.have.length(1);
  });

  it("is none where no pools join the tokens, or none holds enough", () => {
    const pools = [pool("A", "B", M, M), pool("C", "D", M, M)];
    expect(bestExactIn({ pools, tokenIn: "A", tokenOut: "C" }, 1_000n)).to.equal(undefined);
    expect(bestExactOut({ pools, tokenIn: "A", tokenOut: "B" }, M)).to.equal(undefined);
    expect(bestExactIn({ pools, tokenIn: "A", tokenOut: "B" }, 1n)).to.equal(undefined);
    expect(bestExactIn({ pools: [], tokenIn: "A", tokenOut: "B" }, 1n)).to.equal(undefined);
  });

  it("is what trying every route finds", () => {
    const names = ["A", "B", "C", "D", "E"];
    const reserve = fc.bigInt({ min: 2_000n, max: 2n ** 70n });
    const made = fc
      .tuple(fc.subarray(names, { minLength: 2, maxLength: 2 }), reserve, reserve, fc.constantFrom(1, 5, 30, 100))
      .map(([tokens, r0, r1, fee]) => pool(tokens[0] ?? "", tokens[1] ?? "", r0, r1, fee));
    const world = fc.array(made, { minLength: 1, maxLength: 12 });
    const amount = fc.bigInt({ min: 1n, max: 2n ** 60n });
    const property = fc.property(world, amount, fc.integer({ min: 1, max: 3 }), (pools, wanted, maxHops) => {
      const search = { pools, tokenIn: "A", tokenOut: "E", maxHops };
      const routes = allRoutes(pools, "A", "E", maxHops);
      const outs = quotes(routes, (each) => quoteExactIn({ tokenIn: "A", pools: each }, wanted));
      const most = outs.reduce((best, { amountOut }) => (amountOut > best ? amountOut : best), 0n);
      expect(bestExactIn(search, wanted)?.amountOut ?? 0n).to.equal(most);
      const ins = quotes(routes, (each) => quoteExactOut({ tokenIn: "A", pools: each }, wanted));
      const least = ins.reduce((best, { amountIn }) => (amountIn < best ? amountIn : best), 2n ** 200n);
      expect(bestExactOut(search, wanted)?.amountIn ?? 2n ** 200n).to.equal(least);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it("is found among thousands of pools that somebody put in the way", () => {
    const tokens = Array.from({ length: 60 }, (_, i) => `T${i}`);
    const pools = tokens.flatMap((one, i) => [
      pool("A", one, 10n * M, 10n * M),
      pool("Z", one, 10n * M, 10n * M),
      ...tokens.slice(i + 1).map((other) => pool(one, other, 10n * M, 10n * M)),
    ]);
    const started = performance.now();
    expect(bestExactIn({ pools, tokenIn: "A", tokenOut: "Z" }, M)?.steps).to.have.length(2);
    // Trying all routes would take some 220,000 quotes; this takes about 5,500.
    expect(performance.now() - started).to.be.lessThan(1_000);
  });
});

describe("a quote", () => {
  it("tells the fee of every step, and all fees and the price impact in parts per million", () => {
    const pools = [pool("A", "B", 1_000_000n * M, 1_000_000n * M), pool("B", "C", 1_000_000n * M, 1_000_000n * M, 100)];
    const quote = quoteExactIn({ tokenIn: "A", pools }, 10_000n * M);
    expect(quote.steps[0]?.fee).to.equal(30n * M);
    expect(feePartOf(quote)).to.equal(12_970n);
    // Each of the two pools moves by about 1% against the trade.
    expect(Number(priceImpactOf(quote))).to.be.within(19_000, 20_000);
    expect(priceImpactOf(quoteExactIn({ tokenIn: "A", pools }, 1_000n)) < 3_000n).to.equal(true);
  });

  it("never has a negative impact, whatever the rounding", () => {
    const reserve = fc.bigInt({ min: 2_000n, max: 2n ** 90n });
    const property = fc.property(reserve, reserve, fc.bigInt({ min: 1n, max: 2n ** 90n }), (r0, r1, wanted) => {
      for (const quote of quotes([[pool("A", "B", r0, r1)]], (p) => quoteExactIn({ tokenIn: "A", pools: p }, wanted))) {
        const impact = priceImpactOf(quote);
        expect(impact >= 0n && impact <= 1_000_000n).to.equal(true);
      }
    });
    fc.assert(property, { numRuns: RUNS });
  });
});

describe("a value in another token", () => {
  it("goes by the spot price of the deepest pool, and is unknown without one", () => {
    const pools = [pool("O", "T", 10n, 1_000n), pool("O", "T", 1_000n, 2_000n)];
    expect(valueIn(pools, "O", "T", 100n)).to.equal(50n);
    expect(valueIn(pools, "O", "O", 100n)).to.equal(100n);
    expect(valueIn(pools, "O", "X", 100n)).to.equal(undefined);
  });
});
