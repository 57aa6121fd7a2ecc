import { CommanderError } from "commander";

import { UnavailableError } from "@orion/protocol/common";

import type { CommandSpec, Invocation, Runner } from "./core/command.ts";
import { EXIT, exitCodeOf, printFailure } from "./core/failure.ts";
import { guardOutput, outputTrouble } from "./core/guard-output.ts";
import { variable } from "./core/home.ts";
import { takeInterrupts, type Interrupts } from "./core/interrupts.ts";
import { Secrets } from "./core/secrets.ts";
import { createTerminal } from "./core/terminal.ts";
import { orionProgram } from "./program.ts";

/** Time for open connections to close by themselves once a command is done. */
const LINGER_MS = 1_000;

const secrets = new Secrets();
const json = process.argv.includes("--json");
let interrupts: Interrupts | undefined;
const { stdout, stderr } = guardOutput({
  stdout: process.stdout,
  stderr: process.stderr,
  outlasts: () => interrupts?.outlastsReaders === true,
  report: (error) => {
    process.exitCode ??= EXIT.failed;
    const hint = "have it written where there is room";
    printFailure(terminal, new UnavailableError(outputTrouble(error), { hint, cause: error }), isDebug());
  },
  exit: (code) => process.exit(code),
});
const terminal = createTerminal({ json, stdout, stderr, secrets });

const run: Runner = async (spec: CommandSpec<object>, args: Invocation<object>["args"], flags: object) => {
  interrupts = takeInterrupts();
  try {
    await spec.run({ args, flags, env: process.env, terminal, secrets, interrupts });
  } finally {
    terminal.draw([]);
    interrupts.dispose();
  }
};

try {
  await orionProgram(run).parseAsync();
} catch (error) {
  // Messages about wrong usage quote what was typed, and a key may have been typed where none belongs.
  if (error instanceof CommanderError) concealKeys(process.argv);
  process.exitCode = exitCodeOf(error);
  if (process.exitCode !== 0) printFailure(terminal, error, isDebug());
}

function isDebug(): boolean {
  return variable(process.env, "ORION_DEBUG") !== undefined;
}

function concealKeys(words: readonly string[]): void {
  for (const word of words) for (const [key] of word.matchAll(/[0-9a-fA-F]{64}/g)) secrets.add(key);
}

setTimeout(() => process.exit(), LINGER_MS).unref();
