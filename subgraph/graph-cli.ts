import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";

import { SubgraphError } from "./errors.ts";

const run = promisify(execFile);
const MAX_OUTPUT = 1 << 24;

/**
 * Runs The Graph's own command in a folder, to its end.
 * @throws SubgraphError with what it printed
 */
export async function graphCli(folder: string, args: readonly string[], signal?: AbortSignal): Promise<void> {
  try {
    await run(process.execPath, [program(), ...args], {
      cwd: folder,
      maxBuffer: MAX_OUTPUT,
      // It asks its registry for a newer version of itself otherwise.
      env: { ...process.env, NO_COLOR: "1", NO_UPDATE_NOTIFIER: "1", DISABLE_OCLIF_TELEMETRY: "1" },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
    throw new SubgraphError(`\`graph ${args[0] ?? ""}\` failed:\n${(stdout + stderr).trim()}`, { cause });
  }
}

function program(): string {
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve("@graphprotocol/graph-cli/package.json");
    return path.join(path.dirname(manifest), "bin", "run.js");
  } catch (cause) {
    throw new SubgraphError("graph-cli is not installed", { cause, hint: "run `npm ci` in the repository" });
  }
}
