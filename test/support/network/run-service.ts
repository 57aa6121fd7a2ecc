import { appendFileSync } from "node:fs";

import { type HDNodeWallet, Wallet } from "ethers";

import { createAggregator, createOrchestrator, createUpkeepKeeper, createValidator } from "@orion/keepers";
import { connectChain, createMarketFollower, createSender, fileJournal, readNetworkFile } from "@orion/protocol/chain";
import { OrionError, systemClock, type Clock, type Logger, type Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";
import { createBackend, type Backend } from "@orion/protocol/kernels";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { createContentStore } from "@orion/protocol/storage";
import { createWorker, type WorkerRules } from "@orion/worker";

import { sealSecretOf } from "../../../cli/validator/seal-secret.ts";
import { createPayer, type Payment } from "./payer.ts";

export type Role = "orchestrator" | "aggregator" | "upkeep" | "worker" | "validator";

export interface ServiceSpec {
  readonly role: Role | "payer";
  readonly networkFile: string;
  readonly privateKey: string;
  readonly intervalMs: number;
  readonly ipfsUrl?: string;
  /** Die when this step is reached. */
  readonly killAt?: string;
  /** Log lines are appended here. */
  readonly logFile: string;
  readonly journalDir?: string;
  /** Folder of the signed transactions, which then survive the process. */
  readonly transactionsDir?: string;
  readonly rules?: WorkerRules;
  /** An orchestrator that also shards other keepers' jobs. */
  readonly serveAll?: boolean;
  /** What a payer pays. */
  readonly payments?: readonly Payment[];
}

/** What a service that shares a process with others is given besides. */
export interface Surroundings {
  readonly clock?: Clock;
  /** Computes for all of them. */
  readonly backend?: Backend;
}

/** Appends JSON lines to a file. */
function fileLogger(file: string): Logger {
  const write =
    (level: string) =>
    (fields: Record<string, unknown>, message: string): void =>
      appendFileSync(file, `${JSON.stringify({ at: Date.now(), level, message, ...fields })}\n`);
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** The last line of a service that was ended by an error. */
export function logFatal(file: string, error: unknown): void {
  const isOurs = error instanceof OrionError;
  const code = isOurs ? error.code : "BUG";
  const text = isOurs ? error.message : error instanceof Error ? String(error.stack) : String(error);
  const line = { at: Date.now(), level: "fatal", code, retryable: isOurs && error.retryable, message: text };
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}

function stepper(killAt: string | undefined): (name: string) => void {
  return (name) => {
    if (name !== killAt) return;
    process.kill(process.pid, "SIGKILL");
    for (;;);
  };
}

async function createService(spec: ServiceSpec, context: ServiceContext, given?: Backend): Promise<Service> {
  const { intervalMs } = spec;
  const backendOf = async (): Promise<Backend> => given ?? createBackend({ mode: "webasm", log: context.log });
  switch (spec.role) {
    case "orchestrator":
      return createOrchestrator(context, { intervalMs, serveAll: spec.serveAll === true });
    case "aggregator":
      return createAggregator(context, { intervalMs });
    case "upkeep":
      return createUpkeepKeeper(context, { intervalMs });
    case "validator": {
      const sealSecret = sealSecretOf(new Wallet(spec.privateKey));
      return createValidator({ ...context, backend: await backendOf(), sealSecret }, { intervalMs });
    }
    case "worker": {
      const journalDir = spec.journalDir ?? `${spec.logFile}.journal`;
      const sealSecret = sealSecretOf(new Wallet(spec.privateKey));
      const own = { backend: await backendOf(), journalDir, sealSecret };
      return createWorker({ ...context, ...own }, { ...spec.rules, intervalMs });
    }
    case "payer":
      return createPayer(context, { intervalMs, payments: spec.payments ?? [], file: `${spec.logFile}.paid` });
  }
}

/** Runs one service through its real factory until the signal aborts; throws what ends it. */
export async function runService(
  spec: ServiceSpec,
  signal: AbortSignal,
  surroundings: Surroundings = {},
): Promise<void> {
  const { clock = systemClock } = surroundings;
  const network = await readNetworkFile(spec.networkFile);
  const chain = await connectChain(network);
  try {
    const log = fileLogger(spec.logFile);
    const step = stepper(spec.killAt);
    const wallet: Wallet | HDNodeWallet = new Wallet(spec.privateKey);
    const journal = spec.transactionsDir === undefined ? {} : { journal: fileJournal(spec.transactionsDir) };
    const sender = createSender({ chain, wallet, clock, log, signal, step, pollMs: 20, ...journal });
    const store = createContentStore({ url: spec.ipfsUrl ?? network.ipfsUrl, clock });
    const follower = createMarketFollower({ chain, clock, log });
    const context = { chain, sender, store, follower, clock, log, sha256: nativeSha256, step };
    const service = await createService(spec, context, surroundings.backend);
    log.info({ role: spec.role }, "running");
    await service.run(signal);
  } finally {
    chain.close();
  }
}
