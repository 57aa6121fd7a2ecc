import { glob } from "node:fs/promises";

import { root } from "../support/root.ts";

/** Test files that run together under one runner. */
export interface Group {
  readonly name: string;
  readonly runner: "solidity" | "mocha";
  readonly files: readonly string[];
  /** Files at the same time; whole-network tests own their ports and their time, so they run alone. */
  readonly jobs: number;
  readonly testTimeoutSeconds: number;
  /** A group that is still running then is stopped and counted as failed. */
  readonly groupTimeoutSeconds: number;
}

const MOCHA_GROUPS = [
  { name: "fast", kinds: ["unit", "vectors", "fuzz", "differential"], jobs: 2, test: 60, group: 600 },
  { name: "network", kinds: ["invariant", "integration"], jobs: 1, test: 180, group: 900 },
  { name: "story", kinds: ["story"], jobs: 1, test: 600, group: 1800 },
] as const;

async function find(patterns: readonly string[], filters: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(patterns, { cwd: root })) {
    const portable = file.replaceAll("\\", "/");
    if (filters.length === 0 || filters.some((filter) => portable.includes(filter))) files.push(portable);
  }
  return files.sort();
}

/** The groups to run, in order, with only the files whose path contains one of the filters; empty ones are left out. */
export async function findGroups(filters: readonly string[], patience: number): Promise<Group[]> {
  const solidity: Group = {
    name: "solidity",
    runner: "solidity",
    files: await find(["test/**/*.t.sol"], filters),
    jobs: 1,
    testTimeoutSeconds: 0,
    groupTimeoutSeconds: 900 * patience,
  };
  const mocha = MOCHA_GROUPS.map(async ({ name, kinds, jobs, test, group }): Promise<Group> => ({
    name,
    runner: "mocha",
    files: await find(
      kinds.map((kind) => `test/${kind}/**/*.test.ts`),
      filters,
    ),
    jobs,
    testTimeoutSeconds: test * patience,
    groupTimeoutSeconds: group * patience,
  }));
  return [solidity, ...(await Promise.all(mocha))].filter(({ files }) => files.length > 0);
}
