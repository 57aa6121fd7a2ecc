import { readFile, writeFile } from "node:fs/promises";

import { deployDexFixture } from "../test/support/dex-fixture.ts";
import { orionFigures } from "./exchange/orion-figures.ts";
import { ownFigures } from "./exchange/own-figures.ts";
import { pairFigures, routerFigures } from "./exchange/uniswap-figures.ts";

const FILE = new URL("../snapshots/exchange-gas.json", import.meta.url);
/** Gas of named transactions, each with its 21,000 and its calldata. */
export type ExchangeGas = Readonly<Record<string, number>>;

/** Most gas that an action may take. */
export const EXCHANGE_TARGETS: ExchangeGas = {
  "direct swap, exact input": 70_000,
  "direct swap, exact output": 70_000,
  "swap over two pools": 110_000,
  "add liquidity": 110_000,
};

/** Measures the exchange, with ordinary tokens and with credits and ORION, and Uniswap v2's pair and router on one chain in this process. */
export async function measureExchangeGas(): Promise<ExchangeGas> {
  const f = await deployDexFixture();
  const own = await ownFigures(f);
  return { ...own, ...(await orionFigures(f)), ...(await pairFigures(f)), ...(await routerFigures(f)) };
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
