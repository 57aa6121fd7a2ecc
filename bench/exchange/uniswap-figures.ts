import type { DexFixture } from "../../test/support/dex-fixture.ts";
import { deployUniswapPair } from "../../test/support/uniswap-pair.ts";
import { deployUniswapRouter } from "../../test/support/uniswap-router.ts";
import { gasOf, type GasFigures } from "../gas/measure.ts";
import { DEADLINE, DEEP, MIN_OUT, ONE } from "./amounts.ts";

/** The pair alone: its router adds its own gas to each of these. */
export async function pairFigures(f: DexFixture): Promise<GasFigures> {
  const [first, second] = f.tokens;
  const pair = await deployUniswapPair(f.trader, await first.getAddress(), await second.getAddress());
  const pay = async (amount0: bigint, amount1: bigint): Promise<number> => {
    let gas = 0;
    if (amount0 > 0n) gas += await gasOf(first.connect(f.trader).transfer(pair.address, amount0));
    if (amount1 > 0n) gas += await gasOf(second.connect(f.trader).transfer(pair.address, amount1));
    return gas;
  };
  await pay(DEEP, DEEP);
  await pair.mint(f.trader.address);
  const swapOnce = async (): Promise<{ swap: number; paid: number }> => {
    const paid = await pay(ONE, 0n);
    return { swap: await gasOf(pair.swap(0n, 99n * 10n ** 16n, f.trader.address)), paid };
  };
  await swapOnce();
  const { swap, paid } = await swapOnce();
  const paidBoth = await pay(DEEP, DEEP);
  const mint = await gasOf(pair.mint(f.trader.address));
  return {
    "Uniswap v2 pair: swap, without paying in": swap,
    "Uniswap v2 pair: swap and the transfer before it": swap + paid,
    "Uniswap v2 pair: mint and the two transfers before it": mint + paidBoth,
  };
}

/** The router, which is what people use, with the same tokens, amounts, limits and warm slots as the exchange's own figures. */
export async function routerFigures(f: DexFixture): Promise<GasFigures> {
  const router = await deployUniswapRouter(f.trader);
  const path = await Promise.all(f.tokens.map((token) => token.getAddress()));
  for (const token of f.tokens) await token.connect(f.trader).approve(router.address, 2n ** 256n - 1n);
  const [first = "", second = "", third = ""] = path;
  const add = (): ReturnType<typeof router.addLiquidity> =>
    router.addLiquidity([first, second], [DEEP, DEEP], DEADLINE);
  await add();
  await router.addLiquidity([second, third], [DEEP, DEEP], DEADLINE);
  const [direct, over] = [[first, second], path];
  const sell = (route: readonly string[]): Promise<number> => gasOf(router.swapExactIn(route, ONE, MIN_OUT, DEADLINE));
  // Once each before it counts: cumulative prices and balances are zero at first.
  await sell(over);
  const [exactIn, twoPools] = [await sell(direct), await sell(over)];
  const exactOut = await gasOf(router.swapExactOut(direct, MIN_OUT, (11n * ONE) / 10n, DEADLINE));
  return {
    ...{ "Uniswap v2 router: swap, exact input": exactIn, "Uniswap v2 router: swap, exact output": exactOut },
    ...{ "Uniswap v2 router: swap over two pairs": twoPools, "Uniswap v2 router: add liquidity": await gasOf(add()) },
  };
}
