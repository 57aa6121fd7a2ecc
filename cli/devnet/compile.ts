import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { ConfigurationError } from "@orion/protocol/common";

import type { Terminal } from "../core/terminal.ts";
import { startChild } from "../process/child.ts";

const COMPILE = fileURLToPath(new URL("../../scripts/compile.ts", import.meta.url));

/** Compiles the contracts if anything changed, by the repository's own script, with its progress shown. */
export async function compileContracts(terminal: Terminal, signal: AbortSignal): Promise<void> {
  if (!existsSync(COMPILE))
    throw new ConfigurationError("a local network is started from the repository", {
      hint: "clone it and run `npm ci`",
    });
  const child = startChild({ name: "compiler", script: COMPILE, args: [], onLine: (line) => terminal.note(line) });
  const stop = (): void => void child.stop();
  signal.addEventListener("abort", stop, { once: true });
  const how = await child.ended;
  signal.removeEventListener("abort", stop);
  if (how === "exit code 0") return;
  throw new ConfigurationError(`the contracts were not compiled (${how}): ${child.tail().at(-1) ?? ""}`, {
    hint: "run `npm run compile` to see all of it",
  });
}
