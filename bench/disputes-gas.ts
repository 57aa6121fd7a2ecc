import { OrionError } from "@orion/protocol/common";

import { measureDisputes } from "./disputes/measure.ts";
import { complaints, readSnapshot, table, writeSnapshot } from "./disputes/snapshot.ts";

const MODES = ["--check", "--write"] as const;

/** Measures and prints; `--check` compares with the committed snapshot, `--write` renews it. */
async function main(mode: string | undefined): Promise<boolean> {
  const gas = await measureDisputes();
  console.log(table(gas));
  if (mode === "--write") console.log(`\nwritten to ${await writeSnapshot(gas)}`);
  const found = mode === undefined ? [] : complaints(gas, await readSnapshot());
  for (const complaint of found) console.error(complaint);
  return found.length === 0;
}

const [mode, ...rest] = process.argv.slice(2);
if (rest.length > 0 || (mode !== undefined && !MODES.some((known) => known === mode))) {
  console.error(`usage: disputes-gas [${MODES.join(" | ")}]`);
  process.exitCode = 2;
} else {
  try {
    if (!(await main(mode))) process.exitCode = 1;
  } catch (error) {
    if (!(error instanceof OrionError)) throw error;
    console.error(`error: ${error.message}${error.hint === undefined ? "" : `\n  ${error.hint}`}`);
    process.exitCode = 1;
  }
}
