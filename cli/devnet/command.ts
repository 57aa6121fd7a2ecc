import path from "node:path";

import { Option } from "commander";

import { deployedAt } from "@orion/protocol/chain";
import { AbortedError } from "@orion/protocol/common";

import { command } from "../core/command.ts";
import { keysFolder, LOCAL_FOLDER } from "../core/home.ts";
import { wholeNumber } from "../core/options.ts";
import { createProgress } from "../core/progress.ts";
import { facts, table } from "../core/table.ts";
import { ChildEndedError } from "../process/child.ts";
import { DEV_ACCOUNTS } from "./accounts.ts";
import { compileContracts } from "./compile.ts";
import { startDevnet, type Devnet } from "./start-devnet.ts";

interface Flags {
  readonly port: number;
  readonly ipfsPort: number;
  readonly dataDir: string;
  readonly reset?: true;
}

const HIGHEST_PORT = 65_535;
const DEFAULT_PORT = 8_545;
const DEFAULT_IPFS_PORT = 5_001;

export const devnetCommand = command<Flags>({
  name: "devnet",
  summary: "run a whole network on this machine: chain, contracts, IPFS, funded accounts",
  details: `It runs until Ctrl-C. Keys and content are kept for the next start; the chain begins anew each time. Everything listens
on the loopback interface only.`,
  options: [
    new Option("--port <n>", "port of the chain's JSON-RPC, 0 for any")
      .argParser(wholeNumber(0, HIGHEST_PORT))
      .default(DEFAULT_PORT),
    new Option("--ipfs-port <n>", "port of IPFS, 0 for any")
      .argParser(wholeNumber(0, HIGHEST_PORT))
      .default(DEFAULT_IPFS_PORT),
    new Option("--data-dir <folder>", "where network file, keys and content lie").default(LOCAL_FOLDER),
    new Option("--reset", "forget content, workers' data and the keys that devnet made; keys of your own stay"),
  ],
  examples: ["orion devnet", "orion devnet --port 0 --ipfs-port 0 --data-dir /tmp/orion --json"],
  async run({ flags, terminal, interrupts }) {
    const { signal } = interrupts;
    await compileContracts(terminal, signal);
    const progress = createProgress(terminal);
    const devnet = await startDevnet({
      dataDir: flags.dataDir,
      port: flags.port,
      ipfsPort: flags.ipfsPort,
      reset: flags.reset === true,
      signal,
      onStep: (label) => progress.update(label),
    }).finally(() => progress.end());
    try {
      terminal.result(devnetJson(devnet), devnetLines(devnet));
      const how = await Promise.race([devnet.chain.ended, stopped(signal)]);
      if (how !== undefined) {
        for (const line of devnet.chain.tail()) terminal.diagnostic(`chain: ${line}`);
        throw new ChildEndedError(devnet.chain, how);
      }
      terminal.note("stopping …");
    } finally {
      await devnet.stop();
    }
  },
});

function stopped(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(new AbortedError("stopped"));
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

function devnetJson({ network, networkFile, dataDir, wallets }: Devnet): object {
  const accounts = Object.fromEntries(DEV_ACCOUNTS.map((name) => [name, wallets[name].address]));
  return { network, networkFile, keys: keysFolder(dataDir), accounts };
}

/**
 * What a person needs to use the network.
 * @param isServed keepers and workers run already, so that jobs can be posted at once
 */
export function devnetLines({ network, networkFile, dataDir, wallets }: Devnet, isServed = false): string[] {
  const shown = path.relative(process.cwd(), networkFile);
  return [
    ...facts([
      ["chain", `${network.rpcUrl} (id ${network.chainId})`],
      ["ipfs", network.ipfsUrl],
      ["network file", networkFile],
      ["keys", keysFolder(dataDir)],
    ]),
    "",
    ...table(["contract", "address"], deployedAt(network)),
    "",
    ...table(
      ["account", "address"],
      DEV_ACCOUNTS.map((name) => [name, wallets[name].address]),
    ),
    "",
    `Use it from another terminal${shown === path.join(LOCAL_FOLDER, "network.json") ? "" : ` with ORION_NETWORK=${networkFile}`}:`,
    ...(isServed
      ? []
      : [
          "  orion provider register --stake 1000 --account worker-1",
          "  orion worker start --account worker-1",
          "  orion keeper start all --all-jobs --account orchestrator",
        ]),
    "  orion job post PROGRAM --weights FOLDER --input FILE --profile fast --account engineer",
    "Ctrl-C stops it.",
  ];
}
