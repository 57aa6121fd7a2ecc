import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";

/** How many tests of a run ended how. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0 };

/** The environment variable that names the file in which a runner leaves its tally. */
export const TALLY_FILE = "ORION_TALLY_FILE";

export function add(a: Tally, b: Tally): Tally {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
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
  if (!existsSync(file)) return { ...NOTHING, failed: 1 };
  const tally = JSON.parse(await readFile(file, "utf8")) as Tally;
  await rm(file);
  return exitCode !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}
