import { spawn, type ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import type { WorkerRules } from "@orion/worker";

import { patient } from "../patience.ts";
import { stopper } from "./chain-process.ts";
import type { Role, ServiceSpec } from "./run-service.ts";
import { accountAt, type TestNetwork } from "./test-network.ts";

const ENTRY = fileURLToPath(new URL("./service-process.ts", import.meta.url));

export interface ServiceOptions {
  readonly killAt?: string;
  readonly rules?: WorkerRules;
  readonly intervalMs?: number;
  readonly ipfsUrl?: string;
  readonly serveAll?: boolean;
}

export interface RunningService {
  readonly role: Role;
  readonly account: number;
  readonly child: ChildProcess;
  /** How the process ended: its signal, or its exit code. */
  readonly ended: Promise<NodeJS.Signals | number>;
  /** SIGTERM, as a user or an init system stops it. */
  terminate(): Promise<NodeJS.Signals | number>;
  kill(): Promise<void>;
  log(): Promise<string>;
}

/** Starts one service of one account as a process of its own. A service of the same account finds its files again. */
export function startService(
  running: TestNetwork,
  role: Role,
  account: number,
  options: ServiceOptions = {},
): RunningService {
  const logFile = path.join(running.dir, `${role}-${String(account)}.log`);
  const { intervalMs = 100, ...more } = options;
  const spec: ServiceSpec = {
    role,
    networkFile: running.networkFile,
    privateKey: accountAt(account).privateKey,
    intervalMs,
    logFile,
    journalDir: journalDirOf(running, account),
    ...more,
  };
  const env = { ...process.env, ORION_TEST_SERVICE: JSON.stringify(spec) };
  const child = spawn(process.execPath, [ENTRY], { stdio: ["ignore", "ignore", "inherit", "ipc"], env });
  const ended = new Promise<NodeJS.Signals | number>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? code ?? -1));
  });
  return {
    role,
    account,
    child,
    ended,
    async terminate() {
      child.kill("SIGTERM");
      return ended;
    },
    kill: stopper(child),
    log: () => readFile(logFile, "utf8").catch(() => ""),
  };
}

export function journalDirOf(running: TestNetwork, account: number): string {
  return path.join(running.dir, `journal-${String(account)}`);
}

/** Waits until `condition` holds, `timeoutMs` on a free machine at most; on failure the error carries what the services have logged last. */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  services: readonly RunningService[] = [],
  timeoutMs = 60_000,
): Promise<void> {
  const limit = patient(timeoutMs);
  const end = Date.now() + limit;
  while (Date.now() < end) {
    if (await condition()) return;
    await delay(50);
  }
  const logs = await Promise.all(
    services.map(async (s) => `${s.role} ${String(s.account)}:\n${(await s.log()).slice(-1500)}`),
  );
  throw new Error(`${what} did not happen within ${String(limit / 1000)} s\n${logs.join("\n")}`);
}

export async function killAll(services: readonly RunningService[]): Promise<void> {
  await Promise.all(services.map((service) => service.kill()));
}
