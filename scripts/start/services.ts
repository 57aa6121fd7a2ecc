import path from "node:path";

import { startChild, type Child, type ChildOptions, type Devnet, type DevAccount } from "@orion/cli";
import { UnavailableError } from "@orion/protocol/common";
import type { HDNodeWallet, Wallet } from "ethers";
import { z } from "zod";

import { root } from "../support/root.ts";

export const WORKERS = ["worker-1", "worker-2", "worker-3"] as const;
export type WorkerName = (typeof WORKERS)[number];
/** One worker computes by gpu.js: results that two independent sets of kernels agree on show more than those of one. */
const MODES: Readonly<Partial<Record<WorkerName, string>>> = { "worker-3": "webasm" };
const KEEPERS = ["orchestrator", "aggregator", "upkeep"] as const;
/** Whom the network must withstand. */
export const CHEATS = ["falsifier", "withholder"] as const;
export type CheatName = (typeof CHEATS)[number];

const INTERVAL_MS = "400";
const READY_TIMEOUT_MS = 120_000;

const readySchema = z.object({
  event: z.literal("ready"),
  address: z.string(),
  backend: z.string().optional(),
  mode: z.string().optional(),
  macsPerSecond: z.number().optional(),
});
const progressSchema = z.object({
  event: z.literal("progress"),
  kind: z.enum(["download", "claim", "compute", "upload", "commit", "settled"]),
  unit: z.number(),
  done: z.number(),
  total: z.number(),
});
const tallySchema = z.object({
  event: z.literal("tally"),
  shards: z.number(),
  traces: z.number(),
  checks: z.number(),
  computing: z.number(),
  hashing: z.number(),
  checking: z.number(),
});
const cheatSchema = z.object({
  event: z.literal("committed"),
  unit: z.number(),
  node: z.number().optional(),
  element: z.number().optional(),
  claimed: z.number().optional(),
  actual: z.number().optional(),
});
const eventSchema = z.discriminatedUnion("event", [readySchema, progressSchema, tallySchema, cheatSchema]);

export type WorkerEvent = z.infer<typeof progressSchema>;
/** What a worker has computed so far, and the seconds that it took. */
export type WorkerTally = z.infer<typeof tallySchema>;
/** What a cheat has committed to, and what it has altered. */
export type CheatEvent = z.infer<typeof cheatSchema>;

/** Who hears of what the processes do. */
export interface Listener {
  worker(worker: WorkerName, event: WorkerEvent): void;
  tally(worker: WorkerName, tally: WorkerTally): void;
  cheat(cheat: CheatName, event: CheatEvent): void;
}

export type CheatWallets = Readonly<Record<CheatName, HDNodeWallet | Wallet>>;

/** How a worker computes. */
export interface BackendReport {
  readonly worker: WorkerName;
  readonly name: string;
  readonly mode: string;
  readonly macsPerSecond: number;
}

export interface Services {
  readonly children: readonly Child[];
  /** Resolves when all of them look at the chain. */
  readonly ready: Promise<BackendReport[]>;
  stop(): Promise<void>;
}

/**
 * Starts keepers, a validator and workers as processes of their own, each with its own key, through the command line that everybody uses; and the
 * cheats beside them.
 * @param servesAll whether jobs are served that name no keeper
 */
export function startServices(devnet: Devnet, cheats: CheatWallets, listener: Listener, servesAll: boolean): Services {
  const silent = (): void => undefined;
  const flags = servesAll ? ["--all-jobs"] : [];
  const keepers = [
    ...KEEPERS.map((role) => startService(devnet, role, ["keeper", "start", role, ...flags], silent)),
    startService(devnet, "validator", ["validator", "start"], silent),
    ...CHEATS.map((name) => startCheat(devnet, name, cheats[name], (event) => listener.cheat(name, event))),
  ];
  const workers = WORKERS.map((name) => {
    const journal = path.join(devnet.dataDir, "workers", name);
    const mode = MODES[name] ?? "auto";
    return startService(devnet, name, ["worker", "start", "--data-dir", journal, "--mode", mode], (event) => {
      if (event.event === "progress") listener.worker(name, event);
      if (event.event === "tally") listener.tally(name, event);
    });
  });
  const all = [...keepers, ...workers];
  const ready = Promise.all(all.map((service) => service.ready)).then((events) =>
    events.slice(keepers.length).map(({ backend = "", mode = "", macsPerSecond = 0 }, i) => ({
      worker: WORKERS[i] as WorkerName,
      name: backend,
      mode,
      macsPerSecond,
    })),
  );
  const children = all.map(({ child }) => child);
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop()));
  };
  return { children, ready, stop };
}

interface StartedService {
  readonly child: Child;
  readonly ready: Promise<z.infer<typeof readySchema>>;
}

type ServiceEvent = WorkerEvent | WorkerTally | CheatEvent;

function startService(
  devnet: Devnet,
  name: DevAccount,
  args: readonly string[],
  onEvent: (event: ServiceEvent) => void,
): StartedService {
  return startProcess({
    name,
    script: path.join(root, "cli/bin/orion.mjs"),
    args: [...args, "--json", "--interval", INTERVAL_MS, "--network", devnet.networkFile],
    env: { ORION_PRIVATE_KEY: devnet.wallets[name].privateKey, ORION_HOME: devnet.dataDir },
    onEvent,
  });
}

function startCheat(
  devnet: Devnet,
  name: CheatName,
  wallet: CheatWallets[CheatName],
  onEvent: (event: CheatEvent) => void,
): StartedService {
  return startProcess({
    name,
    script: path.join(root, "scripts/start/adversary/main.ts"),
    args: [name, devnet.networkFile],
    env: { ORION_PRIVATE_KEY: wallet.privateKey },
    onEvent: (event) => {
      if (event.event === "committed") onEvent(event);
    },
  });
}

interface ProcessOptions extends Pick<ChildOptions, "name" | "script" | "args" | "env"> {
  readonly onEvent: (event: ServiceEvent) => void;
}

function startProcess({ name, onEvent, ...options }: ProcessOptions): StartedService {
  const { promise: ready, resolve, reject } = Promise.withResolvers<z.infer<typeof readySchema>>();
  const hear = (line: string, stream: "stdout" | "stderr"): void => {
    const event = stream === "stdout" ? parseEvent(line) : undefined;
    if (event?.event === "ready") resolve(event);
    else if (event !== undefined) onEvent(event);
  };
  const child = startChild({ name, ...options, onLine: hear });
  const timer = setTimeout(() => {
    reject(new UnavailableError(`${name} was not ready after ${READY_TIMEOUT_MS / 1000} s`));
  }, READY_TIMEOUT_MS);
  return { child, ready: ready.finally(() => clearTimeout(timer)) };
}

/** A line that is no event of ours is left to the process's log. */
function parseEvent(line: string): z.infer<typeof eventSchema> | undefined {
  try {
    return eventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
