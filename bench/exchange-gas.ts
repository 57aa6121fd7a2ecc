import { readFile, writeFile } from "node:fs/promises";

import type { ContractTransactionResponse } from "ethers";

import { deployDexFixture, poolId, type DexFixture, type Key } from "../test/support/dex-fixture.ts";
import { deployUniswapPair } from "../test/support/uniswap-pair.ts";

const FILE = new URL("../snapshots/exchange-gas.json", import.meta.url);
const HOUR = 3600;
const DEEP = 10n ** 24n;
/** Limits as a wallet sets them: 1% below the price, and a second of this century. */
const MIN_OUT = 99n * 10n ** 16n;
const DEADLINE = 4_102_444_800n;

/** Gas of named transactions, each with its 21,000 and its calldata. */
export type ExchangeGas = Readonly<Record<string, number>>;

/** Most gas that an action may take. */
export const EXCHANGE_TARGETS: ExchangeGas = {
  "direct swap, exact input": 70_000,
  "direct swap, exact output": 70_000,
  "swap over two pools": 110_000,
  "add liquidity": 110_000,
};

/** Measures the exchange and Uniswap v2's pair on one chain in this process. */
export async function measureExchangeGas(): Promise<ExchangeGas> {
  const f = await deployDexFixture();
  const ours = await exchangeFigures(f);
  return { ...ours, ...(await uniswapFigures(f)) };
}

async function exchangeFigures(f: DexFixture): Promise<ExchangeGas> {
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
      .swapExactIn({ tokenIn, hops, amountIn: 10n ** 18n, minOut: MIN_OUT, to: f.trader, deadline: DEADLINE });
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
async function swapFigures(f: DexFixture, key: Key): Promise<ExchangeGas> {
  const common = { to: f.trader, deadline: DEADLINE, tokenIn: key.token0, tokenOut: key.token1, fee: 30n };
  const sell = (): Promise<ContractTransactionResponse> =>
    f.dex.connect(f.trader).swapDirectExactIn({ ...common, amount: 10n ** 18n, limit: MIN_OUT });
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

/** The pair alone: its router adds its own gas to each of these. */
async function uniswapFigures(f: DexFixture): Promise<ExchangeGas> {
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
    const paid = await pay(10n ** 18n, 0n);
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

/** The committed figures. */
export async function readExchangeGas(): Promise<ExchangeGas> {
  return JSON.parse(await readFile(FILE, "utf8")) as ExchangeGas;
}

/** Measures, prints and writes the snapshot; whether every target was met. */
export async function benchExchangeGas(print: (line: string) => void = console.log): Promise<boolean> {
  const gas = await measureExchangeGas();
  let passed = true;
  for (const [name, figure] of Object.entries(gas)) {
    const target = EXCHANGE_TARGETS[name];
    const missed = target !== undefined && figure > target;
    const verdict = target === undefined ? "" : `  target ${String(target)}: ${missed ? "MISSED" : "met"}`;
    print(`${name.padEnd(56)} ${String(figure).padStart(7)}${verdict}`);
    if (missed) passed = false;
  }
  await writeFile(FILE, `${JSON.stringify(gas, null, 2)}\n`);
  return passed;
}

async function gasOf(sending: Promise<ContractTransactionResponse>): Promise<number> {
  const receipt = await (await sending).wait();
  if (receipt === null) throw new Error("the transaction was not mined");
  return Number(receipt.gasUsed);
}
