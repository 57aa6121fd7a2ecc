/**
 * One cheat as a process of its own, for `npm start`: no part of what is shipped. It reads its key from ORION_PRIVATE_KEY and prints JSON events.
 */
import { createTerminal, connect, Secrets, takeInterrupts, toJson, withSigner } from "@orion/cli";
import { readNetworkFile } from "@orion/protocol/chain";
import { ConfigurationError, OrionError, type Logger, type Service } from "@orion/protocol/common";
import { createBackend } from "@orion/protocol/kernels";
import { Wallet } from "ethers";

import { createFalsifier } from "./falsifier.ts";
import { createWithholder } from "./withholder.ts";

const INTERVAL_MS = 100;

const secrets = new Secrets();
const terminal = createTerminal({ json: true, stdout: process.stdout, stderr: process.stderr, secrets });
const at =
  (level: string) =>
  (fields: Record<string, unknown>, message: string): void =>
    terminal.diagnostic(toJson({ level, message, ...fields }));
const log: Logger = { debug: () => undefined, info: at("info"), warn: at("warn"), error: at("error") };

async function main(kind: string | undefined, networkFile: string | undefined, signal: AbortSignal): Promise<void> {
  const key = process.env.ORION_PRIVATE_KEY;
  if (kind === undefined || networkFile === undefined || key === undefined) {
    throw new ConfigurationError("usage: ORION_PRIVATE_KEY=… adversary.ts falsifier|withholder NETWORK-FILE");
  }
  secrets.add(key);
  const client = withSigner(await connect(await readNetworkFile(networkFile), { log }), new Wallet(key), signal);
  const service = await adversary(kind, client);
  terminal.event({ event: "ready", address: client.sender.address }, "");
  await service.run(signal).finally(() => client.chain.close());
}

async function adversary(kind: string, client: ReturnType<typeof withSigner>): Promise<Service> {
  const committed = (unit: number, more: object = {}): void =>
    terminal.event({ event: "committed", unit, ...more }, "");
  switch (kind) {
    case "falsifier": {
      const backend = await createBackend({ mode: "auto", log });
      return createFalsifier(
        { ...client, backend },
        { intervalMs: INTERVAL_MS, publishes: false, onCommit: committed },
      );
    }
    case "withholder":
      return createWithholder(client, { intervalMs: INTERVAL_MS, onCommit: (unit) => committed(unit) });
    default:
      throw new ConfigurationError(`there is no adversary "${kind}"`);
  }
}

const interrupts = takeInterrupts();
try {
  await main(process.argv[2], process.argv[3], interrupts.signal);
} catch (error) {
  process.exitCode = 1;
  terminal.diagnostic(error instanceof OrionError ? `${error.code}: ${error.message}` : String((error as Error).stack));
}
process.exit();
