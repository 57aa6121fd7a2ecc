import { expect } from "chai";
import fc from "fast-check";

import {
  depositOf,
  ImpossibleTradeError,
  LARGEST_AMOUNT,
  matching,
  squareRoot,
  withdrawalOf,
  type Holdings,
} from "@orion/protocol/exchange";

const RUNS = 300 * Number(process.env.FUZZ_RUNS ?? "1");
const EMPTY: Holdings = { reserve0: 0n, reserve1: 0n, supply: 0n };
const amount = fc.bigInt({ min: 1n, max: 2n ** 100n });
const holdings: fc.Arbitrary<Holdings> = fc.record({
  reserve0: fc.bigInt({ min: 1_001n, max: 2n ** 100n }),
  reserve1: fc.bigInt({ min: 1_001n, max: 2n ** 100n }),
  supply: fc.bigInt({ min: 1_001n, max: 2n ** 100n }),
});

describe("shares of a pool", () => {
  it("begin as the geometric mean of the first deposit, less 1,000 that nobody gets", () => {
    expect(depositOf(EMPTY, 4_000n, 9_000n)).to.deep.equal({ shares: 5_000n, amount0: 4_000n, amount1: 9_000n });
    expect(() => depositOf(EMPTY, 1_000n, 1_000n)).to.throw(ImpossibleTradeError, "too small to begin");
    expect(() => depositOf(EMPTY, LARGEST_AMOUNT + 1n, 1n)).to.throw(ImpossibleTradeError, "larger");
  });

  it("are bought in the ratio of the reserves, by whichever amount gives fewer", () => {
    const pool: Holdings = { reserve0: 1_000n, reserve1: 4_000n, supply: 2_000n };
    expect(depositOf(pool, 100n, 1_000n)).to.deep.equal({ shares: 200n, amount0: 100n, amount1: 400n });
    expect(depositOf(pool, 1_000n, 100n)).to.deep.equal({ shares: 50n, amount0: 25n, amount1: 100n });
    expect(withdrawalOf(pool, 3n)).to.deep.equal({ shares: 3n, amount0: 1n, amount1: 6n });
    expect(matching(100n, pool.reserve0, pool.reserve1)).to.equal(400n);
    expect(() => depositOf({ ...pool, supply: 1_001n, reserve0: 10n ** 9n }, 1n, 1n)).to.throw(ImpossibleTradeError);
  });

  it("never cost more than was offered, nor give back more than they cost", () => {
    const property = fc.property(holdings, amount, amount, (pool, most0, most1) => {
      let deposit;
      try {
        deposit = depositOf(pool, most0, most1);
      } catch (error) {
        expect(error).to.be.instanceOf(ImpossibleTradeError);
        return;
      }
      expect(deposit.amount0 <= most0 && deposit.amount1 <= most1).to.equal(true);
      const after = {
        reserve0: pool.reserve0 + deposit.amount0,
        reserve1: pool.reserve1 + deposit.amount1,
        supply: pool.supply + deposit.shares,
      };
      const back = withdrawalOf(after, deposit.shares);
      expect(back.amount0 <= deposit.amount0 && back.amount1 <= deposit.amount1).to.equal(true);
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it("take the whole part of a square root", () => {
    const property = fc.property(fc.bigInt({ min: 0n, max: 2n ** 224n }), (value) => {
      const root = squareRoot(value);
      expect(root * root <= value && (root + 1n) * (root + 1n) > value).to.equal(true);
    });
    fc.assert(property, { numRuns: RUNS });
  });
});
