import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { ConfigurationError } from "@orion/protocol/common";

import type { GasFigures } from "./measure.ts";
import { PEERS, TARGETS } from "./targets.ts";

const FILE = fileURLToPath(new URL("../../snapshots/gas.json", import.meta.url));
/** A figure may move by this part before somebody has to look at it. */
const TOLERANCE = 0.01;

interface Snapshot {
  readonly gas: GasFigures;
}

export async function readSnapshot(): Promise<GasFigures> {
  const text = await readFile(FILE, "utf8").catch((cause: unknown) => {
    throw new ConfigurationError(`there is no gas snapshot at ${FILE}`, { cause, hint: "write one with --write" });
  });
  return (JSON.parse(text) as Snapshot).gas;
}

/** Writes figures, targets and the peers' figures side by side; returns the file's path. */
export async function writeSnapshot(gas: GasFigures): Promise<string> {
  const peers = Object.fromEntries(PEERS.map(({ name, gas: figure, beside }) => [name, { gas: figure, beside }]));
  await writeFile(FILE, `${JSON.stringify({ gas, targets: TARGETS, peers }, undefined, 2)}\n`);
  return FILE;
}

/** One line for each figure that is above its target, has moved from the snapshot by more than 1%, is new or is gone. */
export function complaints(gas: GasFigures, snapshot: GasFigures): string[] {
  const found: string[] = [];
  for (const [name, target] of Object.entries(TARGETS)) {
    const figure = gas[name];
    if (figure === undefined || figure > target) {
      found.push(`${name}: ${String(figure)} is above its target ${String(target)}`);
    }
  }
  for (const name of new Set([...Object.keys(gas), ...Object.keys(snapshot)])) {
    const [now, before] = [gas[name], snapshot[name]];
    if (now === undefined) found.push(`${name}: no longer measured`);
    else if (before === undefined) found.push(`${name}: not in the snapshot`);
    else if (Math.abs(now - before) > before * TOLERANCE) found.push(`${name}: ${String(before)} → ${String(now)}`);
  }
  return found;
}
