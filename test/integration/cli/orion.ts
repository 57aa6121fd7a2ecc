import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const ENTRY = path.join(ROOT, "cli/bin/orion.mjs");

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What is piped into it; nothing when left out. */
  readonly input?: string;
}

/** Only what a shell always has: nothing of this machine's settings reaches the command. */
export function environment({ cwd, env = {} }: RunOptions): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: cwd, ...env };
}

/** Runs the real command line as its users do, to its end. */
export function orion(args: readonly string[], options: RunOptions): Promise<Ran> {
  return execute(process.execPath, [ENTRY, ...args], options);
}

/** Runs a line of bash in which `orion` is the real command line; it ends with the code of its first command. */
export function bash(line: string, options: RunOptions): Promise<Ran> {
  const orionIs = `orion() { "${process.execPath}" "${ENTRY}" "$@"; }`;
  return execute("bash", ["-c", `${orionIs}\n${line}\nexit "\${PIPESTATUS[0]}"`], options);
}

function execute(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, env: environment(options) });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
    child.stdin.end(options.input ?? "");
  });
}
