import { writeFileSync } from "node:fs";

import hre from "hardhat";

import { describeFailure, TALLY_FILE, type Tally } from "./tally.ts";

/** What the task returns, as far as it is used here; its summary is filled only in runs of several runners at once. */
interface Suites {
  readonly suiteResults: readonly { readonly testResults: readonly TestResult[] }[];
}
interface TestResult {
  readonly name: string;
  readonly status: string;
  readonly reason?: string;
}
type Answer = { readonly success: true; readonly value: Suites } | { readonly success: false; readonly error: Suites };

/** Runs the Solidity tests in the given files; their report goes to standard output. */
async function runSuites(testFiles: readonly string[]): Promise<Tally> {
  // The runner knows a handler that invariants target by its artifact, and writes artifacts only when everything is built.
  await hre.tasks.getTask(["build"]).run({});
  const answer = (await hre.tasks.getTask(["test", "solidity"]).run({ testFiles: [...testFiles] })) as Answer;
  const { suiteResults } = answer.success ? answer.value : answer.error;
  const results = suiteResults.flatMap(({ testResults }) => testResults);
  const having = (wanted: string): TestResult[] => results.filter(({ status }) => status === wanted);
  const failures = having("Failure").map(({ name, reason }) => describeFailure(name, reason));
  process.exitCode = answer.success ? 0 : 1;
  return { passed: having("Success").length, failed: failures.length, skipped: having("Skipped").length, failures };
}

try {
  const tally = await runSuites(process.argv.slice(2));
  const file = process.env[TALLY_FILE];
  if (file !== undefined) writeFileSync(file, JSON.stringify(tally));
} catch (error) {
  // The compiler's own report is already out; a stack through Hardhat's tasks would bury it.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
