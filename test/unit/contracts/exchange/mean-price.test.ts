import { expect } from "chai";

import type { Chain } from "@orion/protocol/chain";
import { readMeanPrice, type Pool } from "@orion/protocol/exchange";

import { deployDexFixture, poolId, type DexFixture } from "../../../support/dex-fixture.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
const RESERVE = 10n ** 24n;

describe("A pool's mean price, read for people", function () {
  this.timeout(60_000);
  let f: DexFixture;
  let chain: Chain;
  let pool: Pool;

  before(async () => {
    f = await deployDexFixture();
    const key = await f.key(f.tokens[0], f.tokens[1]);
    await f.add(key, RESERVE, RESERVE);
    // All that the reader touches of a chain.
    chain = { contracts: { dex: f.dex }, network: { rpcUrl: "in this process" } } as unknown as Chain;
    const supply = await f.dex.totalSupply(poolId(key));
    pool = {
      ...key,
      fee: Number(key.fee),
      id: poolId(key),
      reserve0: RESERVE,
      reserve1: RESERVE,
      supply,
      protocolPart: 0,
    };
  });

  const mean = (): ReturnType<typeof readMeanPrice> => readMeanPrice(chain, pool, pool.token0, HOUR);

  it("is none while the pool is younger than the window", async () => {
    expect(await mean()).to.equal(undefined);
  });

  it("is there once it is older", async () => {
    await f.helpers.time.increase(2 * HOUR);
    const found = await mean();
    expect(found?.price.numerator).to.equal(found?.price.denominator);
  });

  it("is none again, and no failure, when the pool has slept for longer than the exchange remembers", async () => {
    await f.helpers.time.increase(91 * DAY);
    expect(await mean()).to.equal(undefined);
  });
});
