import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";

import { environment, ROOT } from "./orion.ts";

/** A command that goes on until it is stopped, and the objects that it prints. */
export interface Running {
  readonly process: ChildProcess;
  readonly events: Record<string, unknown>[];
  /** Resolves with the first event for which `wanted` holds; rejects when the command ends before. */
  until(wanted: (event: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  /** Everything that it printed. */
  text(): string;
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts the real command line with `--json`, for commands that do not end by themselves. */
export function start(args: readonly string[], cwd: string, env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [path.join(ROOT, "cli/bin/orion.mjs"), ...args, "--json"], {
    cwd,
    env: environment({ cwd, env }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const events: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  let text = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    text += `${line}\n`;
    events.push(JSON.parse(line) as Record<string, unknown>);
    for (const look of waiting) look();
  });
  child.stderr.setEncoding("utf8").on("data", (part: string) => (text += part));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const until: Running["until"] = (wanted) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = events.find(wanted);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      void ended.then((code) => reject(new Error(`\`orion ${args.join(" ")}\` ended with ${code}:\n${text}`)));
      look();
    });
  const stop = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  return { process: child, events, until, text: () => text, stop };
}
