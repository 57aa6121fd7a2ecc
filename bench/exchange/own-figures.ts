import type { ContractTransactionResponse } from "ethers";

import { poolId, type DexFixture, type Key } from "../../test/support/dex-fixture.ts";
import { gasOf, type GasFigures } from "../gas/measure.ts";
import { DEADLINE, DEEP, MIN_OUT, ONE } from "./amounts.ts";

const HOUR = 3600;

/** Every action of the exchange with ordinary tokens. */
export async function ownFigures(f: DexFixture): Promise<GasFigures> {
  const [first, second, third] = f.tokens;
  const [key, next] = [await f.key(first, second), await f.key(second, third)];
  const create = await gasOf(f.add(key, DEEP, DEEP));
  await f.add(next, DEEP, DEEP);
  // Every balance, reserve and observation slot that the measured transactions touch holds something already.
  await nextHour(f);
  const swaps = await swapFigures(f, key);
  const [tokenIn, tokenOut] = [key.token0, key.token1];
  const route = [
    { tokenOut, fee: 30n },
    { tokenOut: await third.getAddress(), fee: 30n },
  ];
  const sell = (hops: typeof route): Promise<ContractTransactionResponse> =>
    f.dex
      .connect(f.trader)
      .swapExactIn({ tokenIn, hops, amountIn: ONE, minOut: MIN_OUT, to: f.trader, deadline: DEADLINE });
  await sell(route);
  const twoPools = await gasOf(sell(route));
  const onePool = await gasOf(sell(route.slice(0, 1)));
  const add = await gasOf(f.add(key, DEEP, DEEP));
  const shares = (await f.dex.balanceOf(f.provider, poolId(key))) / 2n;
  const out = { minAmount0: 1n, minAmount1: 1n, to: f.provider, deadline: DEADLINE };
  const remove = await gasOf(f.dex.connect(f.provider).removeLiquidity({ key, shares, ...out }));
  return {
    ...swaps,
    ...{ "swap over one pool, as a route": onePool, "swap over two pools": twoPools },
    ...{ "add liquidity": add, "remove liquidity": remove, "create a pool with its first deposit": create },
  };
}

/** Direct swaps: the first in an hour, in the ring's first round; ordinary ones; and one of whose fee the protocol has a part. */
async function swapFigures(f: DexFixture, key: Key): Promise<GasFigures> {
  const common = { to: f.trader, deadline: DEADLINE, tokenIn: key.token0, tokenOut: key.token1, fee: 30n };
  const sell = (): Promise<ContractTransactionResponse> =>
    f.dex.connect(f.trader).swapDirectExactIn({ ...common, amount: ONE, limit: MIN_OUT });
  const hourly = await gasOf(sell());
  const exactIn = await gasOf(sell());
  const buying = f.dex.connect(f.trader).swapDirectExactOut({ ...common, amount: MIN_OUT, limit: 11n * 10n ** 17n });
  const exactOut = await gasOf(buying);
  await f.dex.setProtocolPart(poolId(key), 6);
  await sell();
  const charged = await gasOf(sell());
  await f.dex.setProtocolPart(poolId(key), 0);
  return {
    ...{ "direct swap, exact input": exactIn, "direct swap, exact output": exactOut },
    ...{ "direct swap, the first in an hour": hourly, "direct swap, with the protocol's part": charged },
  };
}

/** Ten seconds into an hour of the clock, so that no observation falls due between two figures. */
async function nextHour({ helpers }: DexFixture): Promise<void> {
  const now = await helpers.time.latest();
  await helpers.time.increaseTo(now - (now % HOUR) + HOUR + 10);
}
