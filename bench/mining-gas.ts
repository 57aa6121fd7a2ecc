import { readFile, writeFile } from "node:fs/promises";

import { MaxUint256, type ContractTransactionResponse } from "ethers";

import { NEVER } from "../test/support/dex-fixture.ts";
import { deployMiningFixture, SHARES } from "../test/support/mining-fixture.ts";
import { deployPurchaseFixture } from "../test/support/purchase-fixture.ts";

const FILE = new URL("../snapshots/mining-gas.json", import.meta.url);
const HOUR = 3600;
const BUDGET = 10n ** 24n;
const RATE = 10n ** 15n;

/** Gas of named transactions, each with its 21,000 and its calldata. */
export type MiningGas = Readonly<Record<string, number>>;

/** Most gas that an action may take: less than the least measured of the same at SushiSwap's MasterChef, with every slot in use. */
export const MINING_TARGETS: MiningGas = { deposit: 122_200, harvest: 116_200 };

/** Measures farms, and buying and posting beside its three parts, each on a chain in this process. */
export async function measureMiningGas(): Promise<MiningGas> {
  return { ...(await farmFigures()), ...(await purchaseFigures()) };
}

async function farmFigures(): Promise<MiningGas> {
  const f = await deployMiningFixture();
  const [staker, other] = f.stakers;
  await f.mining.setRate(f.pools[0], RATE);
  const fund = await gasOf(f.fund(BUDGET));
  const part = SHARES / 8n;
  await f.deposit(other, part);
  const first = await gasOf(f.deposit(staker, part));
  await f.helpers.time.increase(HOUR);
  await f.harvest(staker);
  // Every slot that the measured transactions touch holds something already.
  await f.helpers.time.increase(HOUR);
  const deposit = await gasOf(f.deposit(staker, part));
  const withdraw = await gasOf(f.withdraw(staker, part));
  const harvest = await gasOf(f.harvest(staker));
  const exit = await gasOf(f.exit(staker));
  return { deposit, withdraw, harvest, exit, "an account's first deposit": first, "fund a pool": fund };
}

async function purchaseFigures(): Promise<MiningGas> {
  const f = await deployPurchaseFixture();
  const { buyer, dex, credits, market, orion, routes } = f;
  const amountOut = f.escrow(f.own());
  const swap = (): Promise<ContractTransactionResponse> =>
    dex.connect(buyer).swapExactOut({
      ...{ tokenIn: orion, hops: routes.orion.hops, amountOut, maxIn: MaxUint256, to: buyer, deadline: NEVER },
    });
  await orion.connect(buyer).approve(dex, MaxUint256);
  await swap();
  await f.buyAndPost(f.own());
  await f.time.increase(HOUR);
  // The hourly observation of each pool is behind the measured swaps.
  await f.buyAndPost(f.own());
  await f.buyAndPost(f.own(), routes.third);
  const together = await gasOf(f.buyAndPost(f.own()));
  const overTwo = await gasOf(f.buyAndPost(f.own(), routes.third));
  const [swapped, approved] = [await gasOf(swap()), await gasOf(credits.connect(buyer).approve(market, amountOut))];
  const posted = await gasOf(market.connect(buyer).postJob(f.own()));
  return {
    "buy and post": together,
    "buy and post over two pools": overTwo,
    "swap, approve and post, three transactions": swapped + approved + posted,
  };
}

/** The committed figures. */
export async function readMiningGas(): Promise<MiningGas> {
  return JSON.parse(await readFile(FILE, "utf8")) as MiningGas;
}

/** Measures, prints and writes the snapshot; whether every target was met. */
export async function benchMiningGas(print: (line: string) => void = console.log): Promise<boolean> {
  const gas = await measureMiningGas();
  let passed = true;
  for (const [name, figure] of Object.entries(gas)) {
    const target = MINING_TARGETS[name];
    const missed = target !== undefined && figure >= target;
    const verdict = target === undefined ? "" : `  target < ${String(target)}: ${missed ? "MISSED" : "met"}`;
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
