import { expect } from "chai";

import {
  addLiquidity,
  amountIn,
  amountOut,
  buyCu,
  cuToReach,
  orionToReach,
  removeLiquidity,
  sellCu,
  spendOrion,
  spotPrice,
  type Pool,
} from "../../../../bench/market/pool.ts";
import { CU, ORION } from "../../../../bench/market/units.ts";

const pool = (): Pool => ({ orion: 200_000n * ORION, cu: 100_000n * CU, shares: 10n ** 20n });

describe("the market's pool", () => {
  it("charges 0.30% of the input, output rounded down and input up", () => {
    expect(amountOut(1_000n, 1_000_000n, 1_000_000n)).to.equal(996n);
    expect(amountIn(996n, 1_000_000n, 1_000_000n)).to.equal(1_000n);
    expect(amountOut(amountIn(12_345n, 10n ** 9n, 10n ** 9n), 10n ** 9n, 10n ** 9n) >= 12_345n).to.equal(true);
  });

  it("never loses by a trade and the one that takes it back", () => {
    const traded = pool();
    const before = traded.orion * traded.cu;
    const orion = sellCu(traded, 5_000n * CU);
    const cu = spendOrion(traded, orion);
    expect(cu < 5_000n * CU).to.equal(true);
    buyCu(traded, 100n * CU);
    expect(traded.orion * traded.cu > before).to.equal(true);
  });

  for (const price of [0.5, 1.9, 2.1, 8]) {
    it(`reaches ${price} ORION per CU within the fee`, () => {
      const traded = pool();
      if (price > 2) spendOrion(traded, orionToReach(traded, price));
      else sellCu(traded, cuToReach(traded, price));
      expect(spotPrice(traded)).to.be.closeTo(price, price * 0.004);
    });
  }

  it("needs nothing to reach a price on the other side", () => {
    expect(orionToReach(pool(), 1)).to.equal(0n);
    expect(cuToReach(pool(), 3)).to.equal(0n);
  });

  it("takes deposits in its ratio, rounded up, and gives no more back", () => {
    const deposited = pool();
    const added = addLiquidity(deposited, 1_001n * ORION, 500n * CU);
    expect(added.cu).to.equal(500n * CU);
    expect(added.orion).to.equal(1_000n * ORION);
    const removed = removeLiquidity(deposited, added.shares);
    expect(removed.orion <= added.orion && removed.cu <= added.cu).to.equal(true);
    expect(deposited.shares).to.equal(pool().shares);
  });
});
