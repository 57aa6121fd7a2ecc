import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";

import { ensureCompiled } from "./compile.ts";
import { coverageByFile, type FileCoverage } from "./testing/lcov.ts";
import { copyRepository } from "./support/copy-repository.ts";
import { binOf, execute } from "./support/execute.ts";
import { findGroups } from "./testing/groups.ts";

const HELP = `npm run coverage

Which lines of contracts/ the tests run: all Solidity tests and those TypeScript tests that have a chain in their own process, both together, by Hardhat's
--coverage. Stories on chains of their own processes do not count. Prints the lines that no test runs, one row per file, and the share of all.`;

/** Lines named at most in one row. */
const NAMED = 12;

async function main(): Promise<boolean> {
  const { values } = parseArgs({ options: { help: { type: "boolean", short: "h", default: false } } });
  if (values.help) {
    console.log(HELP);
    return true;
  }
  await ensureCompiled();
  const groups = await findGroups([], 1, 1);
  const files = groups
    .filter(({ name }) => name === "solidity" || name === "contracts")
    .flatMap((group) => group.files);
  // Instrumented artifacts lie where the others do: they must not stay there.
  const copy = await copyRepository();
  try {
    const { code } = await execute(binOf("hardhat"), ["test", ...files, "--coverage"], { cwd: copy, echo: true });
    const lcov = await readFile(path.join(copy, "coverage/lcov.info"), "utf8");
    const covered = coverageByFile(lcov).filter(({ file }) => file.startsWith("contracts/"));
    for (const row of covered) console.log(describe(row));
    const [hit, found] = [total(covered, ({ hit }) => hit), total(covered, ({ found }) => found)];
    console.log(`${String(hit)} of ${String(found)} lines of the contracts run, ${((100 * hit) / found).toFixed(1)}%`);
    return code === 0;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

function describe({ file, hit, found, missed }: FileCoverage): string {
  const rest = missed.length > NAMED ? `, … ${String(missed.length - NAMED)} more` : "";
  const lines = missed.length === 0 ? "" : `  not run: ${missed.slice(0, NAMED).join(", ")}${rest}`;
  return `${((100 * hit) / found).toFixed(1).padStart(5)}%  ${file}${lines}`;
}

function total(rows: readonly FileCoverage[], of: (row: FileCoverage) => number): number {
  return rows.reduce((sum, row) => sum + of(row), 0);
}

if (!(await main())) process.exitCode = 1;
