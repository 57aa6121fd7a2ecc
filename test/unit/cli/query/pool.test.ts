import { expect } from "chai";

import { CREDIT } from "@orion/protocol/common";

import { poolLines } from "../../../../cli/query/pool.ts";

const CU = CREDIT;
const ORION = 10n ** 18n;
const ID = `0x${"ab".repeat(32)}`;
const WORKER = `0x${"01".repeat(20)}`;

describe("what orion query pool prints", () => {
  it("shows a pool of tokens that do not say what they are called", () => {
    const pool = {
      ...{
        id: ID,
        fee: 30,
        createdAt: "0",
        reserve0: "5",
        reserve1: `${CU}`,
        shares: "7",
        price0: "0.3333333333333333",
      },
      ...{
        price1: "3",
        volume0: "0",
        volume1: "0",
        lpFees0: "0",
        lpFees1: "0",
        protocolFees0: "0",
        protocolFees1: "0",
      },
      ...{ protocolPart: 0, swapCount: 1, liquidityChangeCount: 0, positions: [] },
      token0: { id: WORKER, symbol: null, decimals: null },
      token1: { id: ID, symbol: "CU", decimals: 18 },
      swaps: [
        {
          timestamp: "0",
          amount0: "5",
          amount1: `-${CU}`,
          priceBefore: "1",
          priceAfter: "1",
          lpFee: "0",
          protocolFee: "0",
          to: WORKER,
          transaction: ID,
          tokenIn: { id: WORKER },
        },
      ],
    };
    const candle = {
      timestamp: "3600000000",
      open: "1",
      high: "2.5",
      low: "1",
      close: "2",
      volume0: "0",
      volume1: "0",
      swaps: 4,
    };
    const dollars = { orion: ORION / 2n, updatedAt: 1_700_000_000, age: 720 };
    const text = poolLines(pool, [candle], dollars).join("\n");
    expect(text).to.match(/fee +0.3%/);
    expect(text).to.include("5 0x010101 and 1 CU");
    expect(text).to.include("0.333333333 base units of CU for one of 0x010101");
    expect(text).to.include("most of them by nobody");
    expect(text).to.match(/1970-01-01T00:00:00Z {2}5 0x010101 +-1 CU/);
    expect(text).to.match(/1970-01-01T01:00:00Z {2}1 +2.5 +1 +2 +4/);
    expect(text).not.to.include("$");
    const traded = { ...pool, reserve0: `${2n * ORION}`, token0: { id: WORKER, symbol: "ORION", decimals: 18 } };
    const priced = poolLines(traded, [], dollars).join("\n");
    expect(priced).to.match(/reserves +2 ORION \(\$1\.00\) and 1 CU$/m);
    expect(priced).to.match(/in dollars +1 ORION is \$0\.50, 1 CU is \$1\.00, as the feed said at .*, 12 min before$/m);
    expect(poolLines(traded, [], undefined).join("\n")).not.to.include("dollars");
  });
});
