import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { ROOT } from "./chain-process.ts";
import type { Role } from "./run-service.ts";

/** Files that a role's steps stand in, and those that hold the calls that it sends. */
interface Source {
  readonly folders: readonly string[];
  readonly only?: (name: string) => boolean;
  readonly calls?: readonly string[];
}

const named =
  (wanted: string) =>
  (name: string): boolean =>
    name === wanted;

const SOURCES: Record<Role, Source> = {
  orchestrator: { folders: ["keepers"], only: named("orchestrator.ts") },
  aggregator: { folders: ["keepers"], only: named("aggregator.ts") },
  upkeep: { folders: ["keepers"], only: named("upkeep.ts") },
  // What it does about demands happens only in a dispute.
  worker: { folders: ["worker", "worker/pipeline"], only: (name) => name !== "defender.ts" },
  validator: {
    folders: ["keepers/validator", "protocol/challenge"],
    only: (name) => name !== "reserves.ts",
    calls: ["demand", "timeout", "seal", "proveFraud"],
  },
};

const STEP = /step\?\.\(\s*"([^"]+)"/g;
const LABEL = /label: "([^"]+)"/g;
const SENDER_STEP = /step\?\.\(\s*`([a-z]+):\$\{call\.label\}`/g;

function textOf({ folders, only }: Source): string {
  return folders
    .flatMap((folder) =>
      readdirSync(path.join(ROOT, folder))
        .filter((name) => name.endsWith(".ts") && only?.(name) !== false)
        .map((name) => readFileSync(path.join(ROOT, folder, name), "utf8")),
    )
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
  const text = textOf(SOURCES[role]);
  const around = all(textOf({ folders: ["protocol/chain"], only: named("sender.ts") }), SENDER_STEP);
  const labels = [...all(text, LABEL), ...(SOURCES[role].calls ?? [])];
  const sent = labels.flatMap((label) => around.map((moment) => `${moment}:${label}`));
  return [...all(text, STEP), ...sent];
}
