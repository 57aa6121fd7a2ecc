import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

import { OrionError } from "@orion/protocol/common";

export interface ChildOptions {
  /** For messages, e.g. "worker-1". */
  readonly name: string;
  /** Script that this very Node runs. */
  readonly script: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Let it write to this process's stderr itself, as for a spinner; nothing of that is heard. */
  readonly inheritStderr?: boolean;
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
}

/** A process that ends with this one. */
export interface Child {
  readonly name: string;
  readonly pid: number | undefined;
  /** Resolves when it has ended, for whatever reason; never rejects. */
  readonly ended: Promise<string>;
  /** The last lines it printed. */
  tail(): readonly string[];
  /** Asks it to stop, kills it if it does not, and resolves when it has ended. */
  stop(): Promise<void>;
}

/** A process of the network ended by itself. */
export class ChildEndedError extends OrionError {
  readonly code = "CHILD_ENDED";
  readonly retryable = false;
  readonly child: string;
  readonly tail: readonly string[];

  constructor(child: Child, how: string) {
    super(`${child.name} ended unexpectedly (${how})`, { hint: "its last lines are shown above" });
    this.child = child.name;
    this.tail = child.tail();
  }
}

const GUARD = new URL("./end-with-parent.mjs", import.meta.url).href;
const TAIL_LINES = 20;
const GRACE_MS = 5_000;

/**
 * Starts a Node script. It has a process group of its own, so that Ctrl-C reaches only the parent, which then decides in which
 * order to stop; it ends when the parent is gone.
 */
export function startChild(options: ChildOptions): Child {
  const child = spawn(process.execPath, ["--import", GUARD, options.script, ...options.args], {
    stdio: ["ignore", "pipe", options.inheritStderr === true ? "inherit" : "pipe", "ipc"],
    detached: true,
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  return listenTo(child, options, (ended) => stop(child, ended));
}

/** What is known of a process that was just spawned, by whatever means it is to be stopped. */
export function listenTo(
  child: ChildProcess,
  { name, onLine }: Pick<ChildOptions, "name" | "onLine">,
  stopIt: (ended: Promise<string>) => Promise<void>,
): Child {
  const lines: string[] = [];
  const hear = (stream: "stdout" | "stderr") => (line: string) => {
    lines.push(line);
    if (lines.length > TAIL_LINES) lines.shift();
    onLine?.(line, stream);
  };
  readLines(child.stdout, hear("stdout"));
  readLines(child.stderr, hear("stderr"));
  const ended = endOf(child);
  return { name, pid: child.pid, ended, tail: () => lines, stop: () => stopIt(ended) };
}

/** Resolves when `work` is done; rejects as soon as one of the children ends before that. */
export async function unlessEnded<T>(children: readonly Child[], work: Promise<T>): Promise<T> {
  const failures = children.map(async (child) => {
    throw new ChildEndedError(child, await child.ended);
  });
  return Promise.race([work, ...failures]);
}

function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on("line", onLine);
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    // "close" comes after the last line of its output, unlike "exit".
    child.once("close", (code, signal) =>
      resolve(signal === null ? `exit code ${code ?? "unknown"}` : `signal ${signal}`),
    );
  });
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  await ended;
  clearTimeout(killer);
}
