import { CommanderError } from "commander";

import {
  AlreadySentError,
  ConfigurationError,
  InvalidInputError,
  OrionError,
  SentAbortedError,
  TransactionUnknownError,
} from "@orion/protocol/common";

import { toJson } from "./json.ts";
import type { Terminal } from "./terminal.ts";

export const EXIT = { ok: 0, failed: 1, usage: 2, unknown: 3 } as const;

/** 2 for what the user can mend by typing something else, 3 for what may have happened all the same, 1 for everything else. */
export function exitCodeOf(thrown: unknown): number {
  const error = known(thrown);
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof InvalidInputError || error instanceof ConfigurationError) return EXIT.usage;
  if (isSent(error)) return EXIT.unknown;
  return EXIT.failed;
}

/** Whether a transaction was sent that may have been mined, or may still be. */
export function isOutcomeUnknown(error: unknown): error is TransactionUnknownError | SentAbortedError {
  return error instanceof TransactionUnknownError || error instanceof SentAbortedError;
}

/** What must not be repeated before somebody has looked: something was sent, now or by an earlier run. */
function isSent(error: unknown): error is TransactionUnknownError | SentAbortedError | AlreadySentError {
  return isOutcomeUnknown(error) || error instanceof AlreadySentError;
}

/** `error: …` and `hint: …`, one line each, or one JSON object; the stack only where it is asked for. */
export function printFailure(terminal: Terminal, thrown: unknown, debug: boolean): void {
  const error = known(thrown);
  // A group named without a command has printed its help instead.
  if (error instanceof CommanderError && error.code === "commander.help") return;
  const { code, message, hint } = describe(error);
  if (terminal.json) {
    const transaction = isSent(error)
      ? { transaction: { hash: error.hash, hashes: error.hashes, nonce: error.nonce } }
      : {};
    terminal.diagnostic(toJson({ error: { code, message, ...(hint === undefined ? {} : { hint }), ...transaction } }));
  } else {
    const kind = isOutcomeUnknown(error)
      ? "unknown outcome"
      : error instanceof AlreadySentError
        ? "not repeated"
        : "error";
    terminal.diagnostic(`${kind}: ${message}`);
    if (hint !== undefined) terminal.diagnostic(`hint: ${hint}`);
  }
  if (debug) terminal.diagnostic(stackOf(error));
}

/** Refusals of the file system that only its user can mend. */
const FILE_TROUBLE: Readonly<Record<string, string>> = {
  EACCES: "it may not be used by this user",
  EDQUOT: "the quota of this user is used up",
  EISDIR: "it is a folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "it lies in something that is no folder",
  EPERM: "it may not be changed by this user",
  EROFS: "its file system is read-only",
};

/** A folder that cannot be written, or a full disk, is no bug, wherever it was met. */
function known(error: unknown): unknown {
  const { code, path, syscall } = (error ?? {}) as { code?: unknown; path?: unknown; syscall?: unknown };
  if (!(error instanceof Error) || typeof code !== "string" || typeof syscall !== "string") return error;
  const trouble = FILE_TROUBLE[code];
  if (trouble === undefined || typeof path !== "string") return error;
  return new ConfigurationError(`cannot use ${path}: ${trouble} (${syscall}: ${code})`, {
    cause: error,
    hint: "choose a folder that you may write to (--data-dir, --out, ORION_HOME), or make room",
  });
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
