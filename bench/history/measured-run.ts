import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { ROOT } from "../../test/support/network/chain-process.ts";
import type { TroubledRpc } from "../../test/support/network/troubled-rpc.ts";

const USAGE = fileURLToPath(new URL("usage.mjs", import.meta.url));

/** What one run of the command line took. */
export interface Measured {
  /** User and system time of its own process. */
  readonly cpuSeconds: number;
  /** Largest resident set. */
  readonly peakMegabytes: number;
  readonly rpcCalls: number;
  /** Until the wanted text was printed, else until the end. */
  readonly seconds: number;
}

export interface RunOptions {
  /** ORION_HOME, where a checkpoint may lie. */
  readonly home: string;
  readonly rpc: TroubledRpc;
  readonly networkFile: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Stop it once it has printed this. */
  readonly until?: string;
}

/** Runs the real command line and measures it. */
export async function measuredRun(args: readonly string[], options: RunOptions): Promise<Measured & { text: string }> {
  const { home, rpc, networkFile, until } = options;
  const usage = path.join(home, "usage");
  rpc.reset();
  const begun = performance.now();
  const child = spawn(process.execPath, [path.join(ROOT, "cli/bin/orion.mjs"), ...args, "--network", networkFile], {
    env: {
      ...{ PATH: process.env.PATH ?? "", HOME: home, ORION_HOME: home },
      ...{ NODE_OPTIONS: `--import ${USAGE}`, ORION_USAGE: usage },
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  let seconds: number | undefined;
  let rpcCalls = 0;
  const stop = (): void => {
    seconds ??= (performance.now() - begun) / 1_000;
    rpcCalls = Object.values(rpc.counts).reduce((sum, count) => sum + count, 0);
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      if (until === undefined || seconds !== undefined || !text.includes(until)) return;
      stop();
      child.kill("SIGTERM");
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (seconds === undefined) stop();
  if (code !== 0) throw new Error(`orion ${args.join(" ")} ended with ${String(code)}:\n${text}`);
  const used = JSON.parse(await readFile(`${usage}.${String(child.pid)}`, "utf8")) as Measured;
  return { ...used, rpcCalls, seconds: seconds ?? 0, text };
}
