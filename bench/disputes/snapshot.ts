import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { ConfigurationError } from "@orion/protocol/common";

/** Named figures: gas, or a number of transactions. */
export type DisputeFigures = Readonly<Record<string, number>>;

const FILE = fileURLToPath(new URL("../../snapshots/disputes.json", import.meta.url));
/** A figure may move by this part before somebody has to look at it. */
const TOLERANCE = 0.01;

/** Most that a figure may be: 64 shards × 64 nodes × tensors of 16 MiB, both sides, calldata floor included. */
export const TARGETS: DisputeFigures = {
  "silence: transactions": 2,
  "silence: gas of the challenger": 170_000,
  "withheld data: transactions": 12,
  "withheld data: gas of all sides": 1_500_000,
  "proof of an int8 product, K = 1,024": 300_000,
};

/** What the nearest dispute games take, measured on their public contracts. */
export const PEERS = [
  { name: "opML, the bisection alone", gas: 2_730_000, transactions: 50 },
  { name: "Cartesi Dave, a whole match", gas: 9_300_000, transactions: 95 },
] as const;

/** Committed figures. @throws ConfigurationError when there are none */
export async function readSnapshot(): Promise<DisputeFigures> {
  const text = await readFile(FILE, "utf8").catch((cause: unknown) => {
    throw new ConfigurationError(`there is no snapshot at ${FILE}`, { cause, hint: "write one with --write" });
  });
  return (JSON.parse(text) as { gas: DisputeFigures }).gas;
}

/** Writes figures, targets and the peers' figures side by side; returns the file's path. */
export async function writeSnapshot(gas: DisputeFigures): Promise<string> {
  await writeFile(FILE, `${JSON.stringify({ gas, targets: TARGETS, peers: PEERS }, undefined, 2)}\n`);
  return FILE;
}

/** One line for each figure that is above its target, has moved by more than 1%, is new or is gone. */
export function complaints(gas: DisputeFigures, snapshot: DisputeFigures): string[] {
  const above = Object.entries(TARGETS)
    .filter(([name, target]) => !((gas[name] ?? Infinity) <= target))
    .map(([name, target]) => `${name}: ${String(gas[name])} is above its target ${String(target)}`);
  const moved = [...new Set([...Object.keys(gas), ...Object.keys(snapshot)])].flatMap((name) => {
    const [now, before] = [gas[name], snapshot[name]];
    if (now !== undefined && before !== undefined && Math.abs(now - before) <= before * TOLERANCE) return [];
    return [`${name}: ${String(before)} → ${String(now)}`];
  });
  return [...above, ...moved];
}

/** Figures, targets and peers in columns. */
export function table(gas: DisputeFigures): string {
  const number = (value: number): string => value.toLocaleString("en-US");
  const rows = Object.entries(gas).map(([name, figure]) => {
    const target = TARGETS[name];
    return `${name.padEnd(50)}${number(figure).padStart(12)}${target === undefined ? "" : `   ≤ ${number(target)}`}`;
  });
  const peers = PEERS.map(
    ({ name, gas: figure, transactions }) =>
      `elsewhere: ${name}: ${number(figure)} gas in ${String(transactions)} transactions`,
  );
  return [...rows, ...peers].join("\n");
}
