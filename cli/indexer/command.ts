import path from "node:path";

import { Option } from "commander";

import { networkOf } from "../core/client.ts";
import { command } from "../core/command.ts";
import { networkPath } from "../core/home.ts";
import { createLogger } from "../core/logger.ts";
import { logOptions, networkOptions, wholeNumber, type LogFlags, type NetworkFlags } from "../core/options.ts";
import { createProgress } from "../core/progress.ts";
import { facts } from "../core/table.ts";
import type { Terminal } from "../core/terminal.ts";
import { compileContracts } from "../devnet/compile.ts";
import { ChildEndedError, unlessEnded } from "../process/child.ts";
import { startIndex, type Index } from "./start-index.ts";

interface Flags extends NetworkFlags, LogFlags {
  readonly port: number;
  readonly statusPort: number;
  readonly adminPort: number;
  readonly metricsPort: number;
  readonly postgresPort: number;
  readonly dataDir?: string;
  readonly reset?: true;
}

const HIGHEST_PORT = 65_535;
const DEFAULT_PORT = 8_000;

const portOption = (flag: string, what: string, byDefault: number): Option =>
  new Option(`${flag} <n>`, `port of ${what}, 0 for any`).argParser(wholeNumber(0, HIGHEST_PORT)).default(byDefault);

export const indexStart = command<Flags>({
  name: "start",
  summary: "index a network on this machine, for `orion query`: graph-node with a PostgreSQL of its own",
  details: `It runs until Ctrl-C, or until another chain answers in the place of its own. What it has indexed is kept, and the next start goes on from there;
the data of a local chain that began anew is dropped. Nothing has to be installed but the npm packages. graph-node listens on every interface of the machine: let a firewall close its
ports to others.`,
  options: [
    portOption("--port", "GraphQL", DEFAULT_PORT),
    portOption("--status-port", "GraphQL about the index itself", 0),
    portOption("--admin-port", "graph-node's administration", 0),
    portOption("--metrics-port", "graph-node's metrics for Prometheus", 0),
    portOption("--postgres-port", "the database", 0),
    new Option("--data-dir <folder>", "where the index is kept (default: `index` beside the network file)"),
    new Option("--reset", "forget what was indexed before"),
    ...logOptions,
    ...networkOptions,
  ],
  examples: ["orion index start", "orion index start --port 0 --network testnet.json --log-level debug"],
  async run(invocation) {
    const { flags, env, terminal, interrupts } = invocation;
    const { signal } = interrupts;
    const networkFile = networkPath(flags.network, env);
    const network = await networkOf(invocation);
    await compileContracts(terminal, signal);
    const progress = createProgress(terminal);
    const index = await startIndex({
      network,
      networkFile,
      dataDir: flags.dataDir ?? path.join(path.dirname(networkFile), "index"),
      ports: {
        queries: flags.port,
        status: flags.statusPort,
        admin: flags.adminPort,
        metrics: flags.metricsPort,
        postgres: flags.postgresPort,
      },
      reset: flags.reset === true,
      log: createLogger(terminal, "index", flags.logLevel),
      onStep: (label) => progress.update(label),
      signal,
    })
      .finally(() => progress.end())
      .catch((error: unknown) => tellTail(terminal, error));
    try {
      terminal.event(
        { event: "ready", url: index.url, statusUrl: index.statusUrl, resumed: index.resumed },
        indexLines(index).join("\n"),
      );
      await unlessEnded(index.children, Promise.race([stopped(signal), index.chainReplaced]));
      terminal.note("stopping …");
    } catch (error) {
      tellTail(terminal, error);
    } finally {
      await index.stop();
    }
  },
});

/** What a program said last that ended by itself. @throws the error */
function tellTail(terminal: Terminal, error: unknown): never {
  if (error instanceof ChildEndedError) {
    for (const line of error.tail) terminal.diagnostic(`${error.child}: ${line}`);
  }
  throw error;
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** What a person needs to use the index. */
export function indexLines({ url, dataDir, resumed }: Index): string[] {
  return [
    ...facts([
      ["index", url],
      ["data", `${dataDir} (${resumed ? "goes on from the last start" : "indexes from the first block"})`],
    ]),
    "Ask it with `orion query`. Ctrl-C stops it.",
  ];
}
