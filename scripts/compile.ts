import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { OrionError } from "@orion/protocol/common";

import { binOf, execute } from "./support/execute.ts";
import { isMain } from "./support/is-main.ts";
import { withProgress } from "./support/progress.ts";
import { root } from "./support/root.ts";

/** What the compiled output depends on. The lock file stands for the versions of compiler, TypeChain and libraries. */
const INPUTS = ["contracts", "scripts/hardhat", "hardhat.config.ts", "remappings.txt", "package-lock.json"];
const OUTPUTS = ["artifacts/contracts", "protocol/chain/generated/index.ts"];
const STAMP = path.join(root, "cache/compiled.sha256");

/** Settings of the compiler that hardhat.config.ts names. */
type Profile = "default" | "production";

/** The contracts do not compile; the compiler's own words are in `output`. */
export class CompilationError extends OrionError {
  readonly code = "COMPILATION";
  readonly retryable = false;
  readonly output: string;

  constructor(output: string) {
    super(`the contracts do not compile:\n${output.trim()}`, { hint: "mend the lines named above and run it again" });
    this.output = output;
  }
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

/** Hash of all that the compiled output depends on. */
export async function fingerprint(profile: Profile): Promise<string> {
  const files = (await Promise.all(INPUTS.map(filesUnder))).flat().sort();
  const hash = createHash("sha256").update(profile);
  for (const file of files) {
    const content = await readFile(file);
    hash.update(`${path.relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

async function isCurrent(wanted: string): Promise<boolean> {
  if (!existsSync(STAMP) || OUTPUTS.some((output) => !existsSync(path.join(root, output)))) return false;
  return (await readFile(STAMP, "utf8")) === wanted;
}

/**
 * Compiles the contracts and writes their TypeChain types, with progress shown; returns at once where nothing that
 * the output depends on has changed, the profile included. Throws {@link CompilationError} with the compiler's words.
 */
export async function ensureCompiled(profile: Profile = "default"): Promise<void> {
  const wanted = await fingerprint(profile);
  if (await isCurrent(wanted)) return;
  await rm(STAMP, { force: true });
  await withProgress("Compiling the contracts", async () => {
    const { code, output } = await execute(binOf("hardhat"), ["build", "--no-tests", "--build-profile", profile]);
    if (code !== 0) throw new CompilationError(output);
  });
  await mkdir(path.dirname(STAMP), { recursive: true });
  await writeFile(STAMP, wanted);
}

if (isMain(import.meta.url)) {
  try {
    await ensureCompiled(process.argv.includes("--production") ? "production" : "default");
  } catch (error) {
    console.error(error instanceof OrionError ? error.message : error);
    process.exitCode = 1;
  }
}
