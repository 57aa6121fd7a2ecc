import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { root } from "./root.ts";

/** A step of the build that is skipped while nothing that it reads has changed. */
export interface BuildStep {
  /** Files and folders that the output depends on, relative to the repository. */
  readonly inputs: readonly string[];
  /** Files that are there once the step has run. */
  readonly outputs: readonly string[];
  /** File that remembers the inputs' hash. */
  readonly stamp: string;
  /** Anything else that the output depends on. */
  readonly salt: string;
}

async function filesUnder(relative: string): Promise<string[]> {
  const absolute = path.join(root, relative);
  const entries = await readdir(absolute, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  });
  if (entries === undefined) return [absolute];
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** Hash of all that a step's output depends on. */
export async function fingerprintOf({ inputs, salt }: Pick<BuildStep, "inputs" | "salt">): Promise<string> {
  const files = (await Promise.all(inputs.map(filesUnder))).flat().sort();
  const hash = createHash("sha256").update(salt);
  for (const file of files) {
    const content = await readFile(file);
    hash.update(`${path.relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** Runs a step unless its outputs are there and come from the inputs as they are now. */
export async function buildOnce(step: BuildStep, run: () => Promise<void>): Promise<void> {
  const stamp = path.join(root, step.stamp);
  const wanted = await fingerprintOf(step);
  const isThere = [step.stamp, ...step.outputs].every((file) => existsSync(path.join(root, file)));
  if (isThere && (await readFile(stamp, "utf8")) === wanted) return;
  await rm(stamp, { force: true });
  await run();
  await mkdir(path.dirname(stamp), { recursive: true });
  await writeFile(stamp, wanted);
}
