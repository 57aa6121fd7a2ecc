import { expect } from "chai";

import { CREDIT } from "@orion/protocol/common";

import { dollarsOf, pricesInOrion } from "../../../../cli/query/dollars.ts";

const CU = CREDIT;
const ORION = 10n ** 18n;

describe("what orion query makes of the reported dollar price", () => {
  it("takes the dollar price from the index, and its age from the answer's block", () => {
    const feed = { price: `${ORION / 2n}`, updatedAt: "1700000000" };
    const _meta = { block: { number: 12, timestamp: 1_700_000_720 } };
    expect(dollarsOf({ _meta, usdFeeds: [feed] })).to.deep.equal({
      orion: ORION / 2n,
      updatedAt: 1_700_000_000,
      age: 720,
    });
    expect(dollarsOf({ _meta: null, usdFeeds: [feed] })).to.include({ age: null });
    expect(dollarsOf({ _meta, usdFeeds: [] })).to.equal(undefined);
  });

  it("prices both sides of a pool in ORION, whichever side it is, and neither without it", () => {
    const [cu, orion, nameless] = [
      { symbol: "CU", decimals: 18 },
      { symbol: "ORION", decimals: 18 },
      { symbol: null, decimals: null },
    ];
    const [reserve0, reserve1] = [`${100n * CU}`, `${150n * ORION}`];
    const prices = [(3n * ORION) / 2n, ORION];
    expect(pricesInOrion({ token0: cu, token1: orion, reserve0, reserve1 })).to.deep.equal(prices);
    const other = { token0: orion, token1: cu, reserve0: reserve1, reserve1: reserve0 };
    expect(pricesInOrion(other)).to.deep.equal(prices.toReversed());
    expect(pricesInOrion({ token0: nameless, token1: orion, reserve0: "30", reserve1: "60" })).to.deep.equal([
      2n,
      ORION,
    ]);
    expect(pricesInOrion({ token0: cu, token1: nameless, reserve0, reserve1 })).to.deep.equal([]);
    expect(pricesInOrion({ token0: cu, token1: orion, reserve0: "0", reserve1: "0" })).to.deep.equal([]);
  });
});
