import { readFile, writeFile } from "node:fs/promises";

import { ZeroAddress, type ContractTransactionResponse } from "ethers";

import { MAX_UINT128, deployCreditsFixture, type CreditsFixture } from "../test/support/credits-fixture.ts";
import { CU, DAY, ORION } from "../test/support/market-fixture.ts";

const FILE = new URL("../snapshots/credits-gas.json", import.meta.url);
const PRICE = 4n * ORION;
const TERM = 10 * DAY;

/** Gas of named transactions, each with its 21,000 and its calldata. */
export type CreditsGas = Readonly<Record<string, number>>;

/** Most gas that an action may take. Only mints and rolls read the exchange: its depth over a day and two means; and they burn a fee, which is a checkpoint of ORION's supply. All but the report write a checkpoint of votes, about 31,000 of it. */
export const CREDITS_TARGETS: CreditsGas = {
  "mint, before there is a price": 240_000,
  "mint, price live": 345_000,
  "roll, price live": 275_000,
  "redeem a part": 112_000,
  "deliver a part": 127_000,
  "report the dollar price": 50_000,
};

/** Measures the credits beside a pool whose ring of observations holds a week, on a chain in this process. */
export async function measureCreditsGas(): Promise<CreditsGas> {
  const f = await deployCreditsFixture();
  await f.provide(10_000n * CU, PRICE);
  const old = await f.mint(f.minter, CU);
  const early = await gasOf(mint(f));
  await f.hours(7 * 24 + 1);
  const live = await gasOf(mint(f));
  const id = await f.credits.positions();
  const credits = f.credits.connect(f.minter);
  const roll = await gasOf(credits.roll(id, 30 * DAY, MAX_UINT128));
  const topUp = await gasOf(credits.roll(old, 30 * DAY, MAX_UINT128));
  const redeem = await gasOf(credits.redeem(id, CU / 2n));
  const redeemAll = await gasOf(credits.redeem(id, CU / 2n));
  await credits.transfer(f.holder, CU);
  await f.time.increase(31 * DAY);
  const deliver = await gasOf(f.credits.connect(f.holder).deliver(old, CU / 2n));
  const deliverAll = await gasOf(f.credits.connect(f.holder).deliver(old, CU / 2n));
  await f.remove(f.owner, 9_900n);
  await f.hours(3);
  const thin = await gasOf(mint(f));
  await f.hours(7 * 24);
  const longThin = await gasOf(mint(f));
  const reports = await reportsGas(f);
  return {
    ...{ "mint, before there is a price": early, "mint, price live": live, "mint, pool thin for three hours": thin },
    ...{ "mint, pool thin for a week": longThin, "roll, price live": roll, "roll, price live, with a top-up": topUp },
    ...{ "redeem a part": redeem, "redeem all": redeemAll, "deliver a part": deliver, "deliver all": deliverAll },
    ...reports,
  };
}

/** Without a sequencer, whose feed is one more call. */
async function reportsGas({ ethers, credits }: CreditsFixture): Promise<CreditsGas> {
  const feed = await ethers.deployContract("LocalFeed", [8, 50_000_000n]);
  const prices = await ethers.deployContract("UsdPrices", [feed, ZeroAddress, credits, DAY, 0]);
  const first = await gasOf(prices.report());
  await feed.updateAnswer(50_000_000n);
  return {
    "report the dollar price": await gasOf(prices.report()),
    "report the dollar price, for the first time": first,
  };
}

/** The minter holds credits and positions already. */
function mint(f: CreditsFixture): Promise<ContractTransactionResponse> {
  return f.credits.connect(f.minter).mint(CU, TERM, MAX_UINT128, f.minter);
}

/** The committed figures. */
export async function readCreditsGas(): Promise<CreditsGas> {
  return JSON.parse(await readFile(FILE, "utf8")) as CreditsGas;
}

/** Measures, prints and writes the snapshot; whether every target was met. */
export async function benchCreditsGas(print: (line: string) => void = console.log): Promise<boolean> {
  const gas = await measureCreditsGas();
  let passed = true;
  for (const [name, figure] of Object.entries(gas)) {
    const target = CREDITS_TARGETS[name];
    const missed = target !== undefined && figure > target;
    const verdict = target === undefined ? "" : `  target ${String(target)}: ${missed ? "MISSED" : "met"}`;
    print(`${name.padEnd(40)} ${String(figure).padStart(7)}${verdict}`);
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
