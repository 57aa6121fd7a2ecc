import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { inspect } from "node:util";

/** How many tests of a run ended how. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Each failed test and why, in a line, so that nobody has to search a long report for them. */
  readonly failures: readonly string[];
}

export const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0, failures: [] };

/** The environment variable that names the file in which a runner leaves its tally. */
export const TALLY_FILE = "ORION_TALLY_FILE";

export function add(a: Tally, b: Tally): Tally {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    failures: [...a.failures, ...b.failures],
  };
}

const REASON_LENGTH = 300;

/** A failed test in one line: its name, and the first line of its reason. */
export function describeFailure(name: string, reason: unknown): string {
  // From a process of a parallel run it comes as plain data.
  const { message } = Object(reason) as { readonly message?: unknown };
  const text = typeof message === "string" ? message : reason === undefined ? "no reason given" : inspect(reason);
  const [first = ""] = text.trim().split("\n");
  return `${name}: ${first.length > REASON_LENGTH ? `${first.slice(0, REASON_LENGTH)}…` : first}`;
}

/** The one line that ends a test run, in which skipped tests appear only where there are any. */
export function describeTally({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/**
 * Takes the tally that a runner left behind. A runner that died before it could count, or that ended badly although
 * it counted no failure, is itself one failed test: nothing that went wrong may look like a pass.
 */
export async function takeTally(file: string, exitCode: number): Promise<Tally> {
  const died = { failed: 1, failures: [`the runner itself: ended with exit code ${exitCode}`] };
  if (!existsSync(file)) return { ...NOTHING, ...died };
  const tally = JSON.parse(await readFile(file, "utf8")) as Tally;
  await rm(file);
  return exitCode !== 0 && tally.failed === 0 ? { ...tally, ...died } : tally;
}
