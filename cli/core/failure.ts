import { CommanderError } from "commander";

import { ConfigurationError, InvalidInputError, OrionError } from "@orion/protocol/common";

import { toJson } from "./json.ts";
import type { Terminal } from "./terminal.ts";

export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** 2 for what the user can mend by typing something else, 1 for everything else. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof InvalidInputError || error instanceof ConfigurationError) return EXIT.usage;
  return EXIT.failed;
}

/** `error: …` and `hint: …`, one line each, or one JSON object; the stack only where it is asked for. */
export function printFailure(terminal: Terminal, error: unknown, debug: boolean): void {
  // A group named without a command has printed its help instead.
  if (error instanceof CommanderError && error.code === "commander.help") return;
  const { code, message, hint } = describe(error);
  if (terminal.json) {
    terminal.diagnostic(toJson({ error: { code, message, ...(hint === undefined ? {} : { hint }) } }));
  } else {
    terminal.diagnostic(`error: ${message}`);
    if (hint !== undefined) terminal.diagnostic(`hint: ${hint}`);
  }
  if (debug) terminal.diagnostic(stackOf(error));
}

function describe(error: unknown): { code: string; message: string; hint: string | undefined } {
  if (error instanceof OrionError) return { code: error.code, message: oneLine(error.message), hint: error.hint };
  if (error instanceof CommanderError) {
    return {
      code: "USAGE",
      message: oneLine(error.message.replace(/^error: /, "")),
      hint: "add --help to see how it is used",
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "INTERNAL",
    message: `unexpected: ${oneLine(message)}`,
    hint: "run it again with ORION_DEBUG=1 and report what it prints",
  };
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").trim();
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
