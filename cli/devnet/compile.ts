import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { AbortedError, ConfigurationError, OrionError } from "@orion/protocol/common";

import type { Terminal } from "../core/terminal.ts";
import { startChild } from "../process/child.ts";

const COMPILE = fileURLToPath(new URL("../../scripts/compile.ts", import.meta.url));

/** The contracts do not compile, or the compiler could not run. */
export class CompilationFailedError extends OrionError {
  readonly code = "COMPILATION";
  readonly retryable = false;
}

/** Compiles the contracts if anything changed, by the repository's own script, with its progress shown. */
export async function compileContracts(terminal: Terminal, signal: AbortSignal): Promise<void> {
  if (!existsSync(COMPILE)) {
    throw new ConfigurationError("a local network is started from the repository", {
      hint: "clone it and run `npm ci`",
    });
  }
  const child = startChild({
    name: "compiler",
    script: COMPILE,
    args: [],
    inheritStderr: terminal.interactive,
    onLine: (line) => terminal.note(line),
  });
  const stop = (): void => void child.stop();
  signal.addEventListener("abort", stop, { once: true });
  const how = await child.ended;
  signal.removeEventListener("abort", stop);
  if (how === "exit code 0") return;
  if (signal.aborted) throw new AbortedError("stopped while the contracts were compiled");
  throw new CompilationFailedError(`the contracts were not compiled (${how})`, {
    hint: "run `npm run compile` to see why",
  });
}
