import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { ROOT } from "./chain-process.ts";
import type { Role } from "./service-process.ts";

const SOURCES: Record<Role, { folder: string; only?: string }> = {
  orchestrator: { folder: "keepers", only: "orchestrator.ts" },
  aggregator: { folder: "keepers", only: "aggregator.ts" },
  upkeep: { folder: "keepers", only: "upkeep.ts" },
  worker: { folder: "worker" },
};

const STEP = /step\?\.\(\s*"([^"]+)"/g;
const LABEL = /label: "([^"]+)"/g;
const SENDER_STEP = /step\?\.\(\s*`([a-z]+):\$\{call\.label\}`/g;

function textOf(folder: string, only?: string): string {
  const names = readdirSync(path.join(ROOT, folder)).filter((name) => name.endsWith(".ts"));
  return names
    .filter((name) => only === undefined || name === only)
    .map((name) => readFileSync(path.join(ROOT, folder, name), "utf8"))
    .join("\n");
}

function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].flatMap(([, name]) => name ?? []);
}

/**
 * Every boundary between two steps of a role, read from its source so that a new one cannot be forgotten: the steps that it names itself,
 * and those of the sender around each transaction that it sends.
 */
export function stepsOf(role: Role): string[] {
  const { folder, only } = SOURCES[role];
  const text = textOf(folder, only);
  const around = all(textOf("protocol/chain", "sender.ts"), SENDER_STEP);
  const sent = all(text, LABEL).flatMap((label) => around.map((moment) => `${moment}:${label}`));
  return [...all(text, STEP), ...sent];
}
