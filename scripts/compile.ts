import { OrionError } from "@orion/protocol/common";

import { CompilationError } from "./support/compilation-error.ts";
import { compileKernels } from "./support/compile-kernels.ts";
import { binOf, execute } from "./support/execute.ts";
import { buildOnce, fingerprintOf } from "./support/fingerprint.ts";
import { isMain } from "./support/is-main.ts";
import { withProgress } from "./support/progress.ts";

/** What the contracts' compiled output depends on. The lock file stands for the versions of compiler, TypeChain and libraries. */
const INPUTS = ["contracts", "scripts/hardhat", "hardhat.config.ts", "remappings.txt", "package-lock.json"];
const OUTPUTS = ["artifacts/contracts", "protocol/chain/generated/index.ts"];
const STAMP = "cache/compiled.sha256";

/** Settings of the compiler that hardhat.config.ts names. */
type Profile = "default" | "production";

/** Hash of all that the contracts' compiled output depends on. */
export function fingerprint(profile: Profile): Promise<string> {
  return fingerprintOf({ inputs: INPUTS, salt: profile });
}

/**
 * Compiles the tensor kernels, the contracts and their TypeChain types, with progress shown; skips what depends on nothing
 * that has changed, the profile included. Throws {@link CompilationError} with the compiler's words.
 */
export async function ensureCompiled(profile: Profile = "default"): Promise<void> {
  await compileKernels();
  const step = { inputs: INPUTS, outputs: OUTPUTS, stamp: STAMP, salt: profile };
  await buildOnce(step, () => withProgress("Compiling the contracts", () => compileContracts(profile)));
}

async function compileContracts(profile: Profile): Promise<void> {
  const { code, output } = await execute(binOf("hardhat"), ["build", "--no-tests", "--build-profile", profile]);
  if (code !== 0) throw new CompilationError("the contracts", output);
}

if (isMain(import.meta.url)) {
  try {
    await ensureCompiled(process.argv.includes("--production") ? "production" : "default");
  } catch (error) {
    console.error(error instanceof OrionError ? error.message : error);
    process.exitCode = 1;
  }
}
