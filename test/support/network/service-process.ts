/**
 * The entry of one child process that runs one service through its real factory. It reads what to do from ORION_TEST_SERVICE, and can kill
 * itself as `kill -9` does at a named step: production code carries only the hook.
 */
import { appendFileSync } from "node:fs";

import { type HDNodeWallet, Wallet } from "ethers";

import { createAggregator, createOrchestrator, createUpkeepKeeper, createValidator } from "@orion/keepers";
import { connectChain, createMarketFollower, createSender, readNetworkFile } from "@orion/protocol/chain";
import { OrionError, systemClock, type Logger, type Service } from "@orion/protocol/common";
import type { ServiceContext } from "@orion/protocol/jobs";
import { createBackend } from "@orion/protocol/kernels";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import { createContentStore } from "@orion/protocol/storage";
import { createWorker, type WorkerRules } from "@orion/worker";

import { sealSecretOf } from "../../../cli/validator/seal-secret.ts";

export type Role = "orchestrator" | "aggregator" | "upkeep" | "worker" | "validator";

export interface ServiceSpec {
  readonly role: Role;
  readonly networkFile: string;
  readonly privateKey: string;
  readonly intervalMs: number;
  readonly ipfsUrl?: string;
  /** Die when this step is reached. */
  readonly killAt?: string;
  /** Log lines are appended here. */
  readonly logFile: string;
  readonly journalDir?: string;
  readonly rules?: WorkerRules;
  /** An orchestrator that also shards other keepers' jobs. */
  readonly serveAll?: boolean;
}

function logger(file: string): Logger {
  const write =
    (level: string) =>
    (fields: Record<string, unknown>, message: string): void =>
      appendFileSync(file, `${JSON.stringify({ at: Date.now(), level, message, ...fields })}\n`);
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

function stepper(killAt: string | undefined): (name: string) => void {
  return (name) => {
    if (name !== killAt) return;
    process.kill(process.pid, "SIGKILL");
    for (;;);
  };
}

async function createService(spec: ServiceSpec, context: ServiceContext): Promise<Service> {
  const { intervalMs } = spec;
  switch (spec.role) {
    case "orchestrator":
      return createOrchestrator(context, { intervalMs, serveAll: spec.serveAll === true });
    case "aggregator":
      return createAggregator(context, { intervalMs });
    case "upkeep":
      return createUpkeepKeeper(context, { intervalMs });
    case "validator": {
      const backend = await createBackend({ mode: "webasm", log: context.log });
      const sealSecret = sealSecretOf(new Wallet(spec.privateKey));
      return createValidator({ ...context, backend, sealSecret }, { intervalMs });
    }
    case "worker": {
      const backend = await createBackend({ mode: "webasm", log: context.log });
      const journalDir = spec.journalDir ?? `${spec.logFile}.journal`;
      return createWorker({ ...context, backend, journalDir }, { ...spec.rules, intervalMs });
    }
  }
}

async function main(spec: ServiceSpec, signal: AbortSignal): Promise<void> {
  const network = await readNetworkFile(spec.networkFile);
  const chain = await connectChain(network);
  const log = logger(spec.logFile);
  const step = stepper(spec.killAt);
  const wallet: Wallet | HDNodeWallet = new Wallet(spec.privateKey);
  const sender = createSender({ chain, wallet, clock: systemClock, log, signal, step, pollMs: 20 });
  const store = createContentStore({ url: spec.ipfsUrl ?? network.ipfsUrl });
  const follower = createMarketFollower({ chain });
  const service = await createService(spec, {
    chain,
    sender,
    store,
    follower,
    clock: systemClock,
    log,
    sha256: nativeSha256,
    step,
  });
  await service.run(signal).finally(() => chain.close());
}

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
// The parent is gone, however it ended: nothing here may outlive it.
process.once("disconnect", () => process.exit(3));

const spec = JSON.parse(process.env.ORION_TEST_SERVICE ?? "{}") as ServiceSpec;
try {
  await main(spec, stop.signal);
  process.exit(0);
} catch (error) {
  const code = error instanceof OrionError ? error.code : "BUG";
  const text = error instanceof OrionError ? error.message : String((error as Error).stack);
  appendFileSync(spec.logFile, `${JSON.stringify({ at: Date.now(), level: "fatal", code, message: text })}\n`);
  process.exit(1);
}
