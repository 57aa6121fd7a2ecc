import { spawn, type ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";

import { root } from "./root.ts";

export interface Outcome {
  /** The exit code; 128 + n where signal n ended the program, as a shell has it. */
  readonly code: number;
  /** What it printed, both streams in order of arrival. */
  readonly output: string;
}

export interface ExecuteOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The repository's root unless given. */
  readonly cwd?: string;
  /** Also pass everything through to this process's standard output as it comes. */
  readonly echo?: boolean;
  /** Sees every piece of the output as it arrives. */
  readonly onOutput?: (text: string) => void;
  /** Stop the program after this long, as if it had been interrupted. */
  readonly timeoutSeconds?: number;
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** How long a child may take to end after a signal before it is killed. */
const GRACE_MS = 5_000;

/** The children under way: a signal that reaches only this process is handed on, and they end before it does. */
const running = new Set<ChildProcess>();
let stopping: number | undefined;

function stop(signal: NodeJS.Signals): void {
  stopping = 128 + (SIGNAL_NUMBERS[signal] ?? 0);
  if (running.size === 0) process.exit(stopping);
  for (const child of running) child.kill(signal);
  setTimeout(() => {
    for (const child of running) child.kill("SIGKILL");
  }, GRACE_MS).unref();
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);

/** The path of the program that an installed package offers under `bin` (its own name unless told otherwise). */
export function binOf(packageName: string, bin: string = packageName): string {
  const require = createRequire(path.join(root, "package.json"));
  const manifestPath = require.resolve(`${packageName}/package.json`);
  const manifest = require(manifestPath) as { bin: string | Record<string, string> };
  const relative = typeof manifest.bin === "string" ? manifest.bin : manifest.bin[bin];
  if (relative === undefined) throw new Error(`the package ${packageName} has no program ${bin}`);
  return path.join(path.dirname(manifestPath), relative);
}

/**
 * Runs a JavaScript program under this very Node in the repository's root unless told otherwise, to its end. Never rejects because of the
 * program's own exit code; rejects where it can't be started.
 */
export function execute(program: string, args: readonly string[], options: ExecuteOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      ...(options.timeoutSeconds === undefined ? {} : { timeout: Math.ceil(options.timeoutSeconds * 1000) }),
    });
    running.add(child);
    let output = "";
    const collect = (text: string): void => {
      output += text;
      if (options.echo === true) process.stdout.write(text);
      options.onOutput?.(text);
    };
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      running.delete(child);
      if (stopping !== undefined && running.size === 0) process.exit(stopping);
      resolve({ code: code ?? 128 + (SIGNAL_NUMBERS[signal ?? ""] ?? 0), output });
    });
  });
}
