import { expect } from "chai";
import fc from "fast-check";

import {
  feeOf,
  ImpossibleTradeError,
  LARGEST_AMOUNT,
  protocolFeeOf,
  tradeExactIn,
  tradeExactOut,
  type Sides,
} from "@orion/protocol/exchange";

const RUNS = 300 * Number(process.env.FUZZ_RUNS ?? "1");
const reserve = fc.bigInt({ min: 1_001n, max: 2n ** 100n });
const sides: fc.Arbitrary<Sides> = fc.record({
  reserveIn: reserve,
  reserveOut: reserve,
  fee: fc.constantFrom(1, 5, 30, 100),
  protocolPart: fc.constantFrom(0, 6, 7, 255),
});
const amount = fc.bigInt({ min: 1n, max: 2n ** 100n });

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    expect(error).to.be.instanceOf(ImpossibleTradeError);
    return undefined;
  }
}

describe("a swap's amounts", () => {
  const pool: Sides = { reserveIn: 1_000_000n, reserveOut: 2_000_000n, fee: 30, protocolPart: 0 };

  it("are those of x · y = k after the fee, rounded for the pool", () => {
    // 1,000 − 0.3% = 997; 997 · 2,000,000 / 1,000,997 = 1,992.01
    expect(tradeExactIn(pool, 1_000n)).to.deep.equal({
      amountIn: 1_000n,
      amountOut: 1_992n,
      reserveIn: 1_001_000n,
      reserveOut: 1_998_008n,
    });
    expect(tradeExactOut(pool, 1_992n)).to.include({ amountIn: 1_000n, amountOut: 1_992n });
    expect(feeOf(pool, 1_000n)).to.equal(3n);
  });

  it("leave out of the reserves what the protocol takes", () => {
    const shared = { ...pool, protocolPart: 6 };
    expect(protocolFeeOf(shared, 100_000n)).to.equal(50n);
    expect(tradeExactIn(shared, 100_000n).reserveIn).to.equal(1_099_950n);
  });

  it("are refused when nothing comes of them, or more than there is", () => {
    expect(() => tradeExactIn({ ...pool, reserveOut: 1_001n }, 1n)).to.throw(ImpossibleTradeError, "too small");
    expect(() => tradeExactOut(pool, 2_000_000n)).to.throw(ImpossibleTradeError, "holds less");
    expect(() => tradeExactOut(pool, 0n)).to.throw(ImpossibleTradeError, "gives nothing");
    expect(() => tradeExactIn(pool, LARGEST_AMOUNT + 1n)).to.throw(ImpossibleTradeError, "larger");
    expect(() => tradeExactIn(pool, LARGEST_AMOUNT)).to.throw(ImpossibleTradeError, "larger");
  });

  it("never let the product of the reserves fall", () => {
    const property = fc.property(sides, amount, fc.boolean(), (from, wanted, exactIn) => {
      const trade = attempt(() => (exactIn ? tradeExactIn(from, wanted) : tradeExactOut(from, wanted)));
      if (trade === undefined) return;
      expect(trade.reserveIn * trade.reserveOut >= from.reserveIn * from.reserveOut).to.equal(true);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it("agree in both directions: the input asked for gives the output, one less does not", () => {
    const property = fc.property(sides, amount, (from, wanted) => {
      const trade = attempt(() => tradeExactOut(from, wanted));
      if (trade === undefined) return;
      const given = attempt(() => tradeExactIn(from, trade.amountIn));
      expect(given === undefined || given.amountOut >= wanted).to.equal(true);
      const less = trade.amountIn === 1n ? undefined : attempt(() => tradeExactIn(from, trade.amountIn - 1n));
      expect(less === undefined || less.amountOut < wanted).to.equal(true);
    });
    fc.assert(property, { numRuns: RUNS });
  });
});
