import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { ConfigurationError, OrionError } from "@orion/protocol/common";

import { charts } from "./market/charts.ts";
import { crashFigures, liquidityFigures, priceFigures, type Figures } from "./market/figures.ts";
import type { Sample } from "./market/metrics.ts";
import { DEFAULTS, type Options } from "./market/parameters.ts";
import { renderChart } from "./market/plot/chart.ts";
import { runMarket, type Results } from "./market/run.ts";
import { writeResult } from "./support/write-result.ts";

const PLOTS = new URL("../docs/market/", import.meta.url);
const DAYS = new URL("results/market-days.csv", import.meta.url);
const HELP = `node bench/market.ts [--seed n] [--days n] [--agents n]

A market of agents on the contracts, ${DEFAULTS.days} days with ${DEFAULTS.agents} agents unless told otherwise. A run of the whole
time writes bench/results/market.json, bench/results/market-days.csv and docs/market/*.svg; a shorter one only prints.`;

/** Runs the market and prints what it found; false only by an exception, because nothing here is a matter of degree. */
export async function benchMarket(
  options: Options = DEFAULTS,
  print: (line: string) => void = console.log,
): Promise<boolean> {
  const results = await runMarket(options, print);
  const { samples, blocks, transactions, seconds } = results;
  const figures = {
    price: priceFigures(samples),
    crash: crashFigures(samples),
    liquidity: liquidityFigures(samples),
  };
  for (const [name, found] of Object.entries(figures)) printFigures(name, found, print);
  const took = `${Math.round(seconds.market)} s for the market, ${Math.round(seconds.attacks)} s for the attacks`;
  print(`${blocks} blocks, ${transactions} transactions, every identity held after each; ${took}`);
  if (options.days >= DEFAULTS.days) await write(results, figures, print);
  return true;
}

async function write(
  results: Results,
  figures: Readonly<Record<string, Figures>>,
  print: (line: string) => void,
): Promise<void> {
  const { samples, trials, options, blocks, transactions, seconds } = results;
  print(await writeResult("market", { options, blocks, transactions, seconds, figures, trials }));
  await writeFile(DAYS, csv(samples));
  await mkdir(PLOTS, { recursive: true });
  for (const [name, chart] of Object.entries(charts(samples, trials))) {
    const file = new URL(`${name}.svg`, PLOTS);
    await writeFile(file, renderChart(chart));
    print(fileURLToPath(file));
  }
}

function csv(samples: readonly Sample[]): string {
  const rows = samples.map(({ wealth, ...rest }): Record<string, number | undefined> => ({ ...rest, ...wealth }));
  const names = Object.keys(rows[0] ?? {});
  return `${[names.join(","), ...rows.map((row) => names.map((name) => row[name] ?? "").join(","))].join("\n")}\n`;
}

function printFigures(title: string, figures: Figures, print: (line: string) => void): void {
  print(`-- ${title}`);
  for (const [name, value] of Object.entries(figures)) print(`  ${name.padEnd(72)} ${value.toLocaleString("en")}`);
}

function optionsOf(args: string[]): Options | undefined {
  const flag = { type: "string" } as const;
  const { values } = parseArgs({ args, options: { seed: flag, days: flag, agents: flag, help: { type: "boolean" } } });
  if (values.help === true) return undefined;
  const number = (name: keyof Options): number => {
    const value = values[name] === undefined ? DEFAULTS[name] : Number(values[name]);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new ConfigurationError(`--${name} must be a whole number above zero`);
  };
  return { seed: number("seed"), days: number("days"), agents: number("agents") };
}

if (import.meta.main) {
  try {
    const options = optionsOf(process.argv.slice(2));
    if (options === undefined) console.log(HELP);
    else await benchMarket(options);
  } catch (error) {
    if (!(error instanceof OrionError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}
