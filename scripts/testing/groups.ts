import { glob } from "node:fs/promises";

import { root } from "../support/root.ts";

/** Test files that run together under one runner. */
export interface Group {
  readonly name: string;
  readonly runner: "solidity" | "mocha";
  readonly files: readonly string[];
  /** Files at the same time. Those that wait for chains and processes leave a core idle for another; an index keeps both busy. */
  readonly jobs: number;
  /** On a free machine. */
  readonly testTimeoutSeconds: number;
  /** A group that is still running then is stopped and counted as failed. */
  readonly groupTimeoutSeconds: number;
}

const FAST = "test/{unit,vectors,fuzz,differential}";
/** Tests with a chain in their process: its assertion library changes chai's numbers for every file that is loaded beside them. */
const ON_CHAIN = `${FAST}/{contracts,vm}/**/*.test.ts`;
/** The command line on networks of their own, on free ports: two at a time wait less than one after the other. */
const COMMANDS = "test/integration/cli/**/*.test.ts";
/** A graph-node with its database each. */
const INDEX = "test/integration/{indexer,subgraph}/**/*.test.ts";

const MOCHA_GROUPS = [
  { name: "fast", include: `${FAST}/**/*.test.ts`, exclude: [ON_CHAIN], jobs: 2, test: 60, group: 600 },
  { name: "contracts", include: ON_CHAIN, exclude: [], jobs: 2, test: 120, group: 600 },
  { name: "commands", include: COMMANDS, exclude: [], jobs: 2, test: 180, group: 1200 },
  {
    name: "network",
    include: "test/{invariant,integration}/**/*.test.ts",
    exclude: [COMMANDS, INDEX],
    jobs: 2,
    test: 180,
    group: 1200,
  },
  { name: "index", include: INDEX, exclude: [], jobs: 1, test: 180, group: 1200 },
  { name: "story", include: "test/story/**/*.test.ts", exclude: [], jobs: 2, test: 600, group: 1800 },
] as const;

async function find(include: string, exclude: readonly string[], filters: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(include, { cwd: root, exclude })) {
    const portable = file.replaceAll("\\", "/");
    if (filters.length === 0 || filters.some((filter) => portable.includes(filter))) files.push(portable);
  }
  return files.sort();
}

/**
 * The groups to run, in order, with only the files whose path contains one of the filters; empty ones are left out.
 * @param runs how many times as many runs as usual the properties have
 * @param patience the machine's factor, which the tests' own limits get where they run
 */
export async function findGroups(filters: readonly string[], runs: number, patience: number): Promise<Group[]> {
  const solidity: Group = {
    name: "solidity",
    runner: "solidity",
    files: await find("test/**/*.t.sol", [], filters),
    jobs: 1,
    testTimeoutSeconds: 0,
    groupTimeoutSeconds: 900 * runs * patience,
  };
  const mocha = MOCHA_GROUPS.map(async ({ name, include, exclude, jobs, test, group }): Promise<Group> => ({
    name,
    runner: "mocha",
    files: await find(include, exclude, filters),
    jobs,
    testTimeoutSeconds: test * runs,
    groupTimeoutSeconds: group * runs * patience,
  }));
  return [solidity, ...(await Promise.all(mocha))].filter(({ files }) => files.length > 0);
}
