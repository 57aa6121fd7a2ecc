import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import {
  ChildEndedError,
  compileContracts,
  createTerminal,
  devnetLines,
  exitCodeOf,
  NoBinaryError,
  printFailure,
  Secrets,
  startDevnet,
  startIndex,
  takeInterrupts,
  toJson,
  unlessEnded,
  writeWhole,
  type Devnet,
  type Index,
  type Terminal,
} from "@orion/cli";
import { AbortedError } from "@orion/protocol/common";

import { cheatWallets } from "./start/cheats.ts";
import { HELP, parseStartOptions, type StartOptions } from "./start/options.ts";
import { reportLines, summaryJson } from "./start/report.ts";
import { runJob } from "./start/run-job.ts";
import { startServices, type Services } from "./start/services.ts";
import { Stopwatch } from "./start/stopwatch.ts";
import { View } from "./start/view.ts";

const secrets = new Secrets();
const terminal = createTerminal({ json: false, stdout: process.stdout, stderr: process.stderr, secrets });

/** The whole network, once, from nothing to a paid result. */
async function start(options: StartOptions, signal: AbortSignal): Promise<void> {
  const watch = new Stopwatch();
  const view = new View(terminal, watch);
  watch.begin("compile");
  await compileContracts(terminal, signal);
  watch.begin("network");
  const dataDir = await mkdtemp(path.join(tmpdir(), "orion-start-"));
  let devnet: Devnet | undefined;
  let services: Services | undefined;
  let index: Promise<Index | undefined> | undefined;
  const over = new AbortController();
  try {
    devnet = await startDevnet({ dataDir, port: 0, ipfsPort: 0, signal, onStep: (line) => view.step(line) });
    for (const { privateKey } of Object.values(devnet.wallets)) secrets.add(privateKey);
    watch.begin("services");
    view.step("starting three keepers, a validator, three workers and two cheats");
    const cheats = cheatWallets();
    for (const { privateKey } of Object.values(cheats)) secrets.add(privateKey);
    services = startServices(devnet, cheats, view, options.keep);
    // Beside everything else: only the report needs it.
    index = indexOf(devnet, view, AbortSignal.any([signal, over.signal]));
    const outcome = await stoppable(signal, runJob({ devnet, cheats, services, index, view, watch, signal }));
    if (options.summary !== undefined) await writeWhole(options.summary, `${toJson(summaryJson(outcome))}\n`);
    terminal.result({}, reportLines(outcome));
    if (options.keep) await keepRunning(devnet, services, await index, signal);
  } catch (error) {
    view.end();
    if (!signal.aborted) showLogs(error, services, devnet);
    throw error;
  } finally {
    // An index that is still starting need not come up any more.
    over.abort();
    await (await index?.catch(() => undefined))?.stop();
    await services?.stop();
    await devnet?.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Rejects as soon as the signal aborts, whatever the work is waiting for. */
async function stoppable<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new AbortedError("stopped"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
  return Promise.race([work, stopped]);
}

/** Undefined on a platform for which graph-node does not come with the packages. */
function indexOf(
  { network, networkFile, dataDir }: Devnet,
  view: View,
  signal: AbortSignal,
): Promise<Index | undefined> {
  const starting = startIndex({ network, networkFile, dataDir: path.join(dataDir, "index"), signal });
  const index = starting.catch((error: unknown) => {
    if (!(error instanceof NoBinaryError)) throw error;
    view.step(`without an index: ${error.message}`);
    return undefined;
  });
  // It is awaited when the job is done; whoever fails before stops it.
  index.catch(() => undefined);
  return index;
}

async function keepRunning(
  devnet: Devnet,
  services: Services,
  index: Index | undefined,
  signal: AbortSignal,
): Promise<void> {
  const asked = index === undefined ? [] : [`The index answers at ${index.url}; ask it with \`orion query\`.`];
  terminal.result({}, [
    "",
    "The network stays up, its keepers and workers too.",
    ...devnetLines(devnet, true),
    ...asked,
  ]);
  const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  if (!signal.aborted) await unlessEnded([devnet.chain, ...services.children, ...(index?.children ?? [])], stopped);
}

/** What the process at fault printed last, or all of them where none is known to be. */
function showLogs(error: unknown, services: Services | undefined, devnet: Devnet | undefined): void {
  const all = [...(devnet === undefined ? [] : [devnet.chain]), ...(services?.children ?? [])];
  const shown = error instanceof ChildEndedError ? all.filter(({ name }) => name === error.child) : all;
  for (const child of shown) for (const line of child.tail()) terminal.diagnostic(`${child.name}: ${line}`);
}

async function main(out: Terminal): Promise<void> {
  const options = parseStartOptions(process.argv.slice(2));
  if (options.help) {
    out.result({}, [HELP]);
    return;
  }
  const interrupts = takeInterrupts();
  try {
    await start(options, interrupts.signal);
  } finally {
    interrupts.dispose();
  }
}

try {
  await main(terminal);
} catch (error) {
  process.exitCode = exitCodeOf(error);
  printFailure(terminal, error, process.env.ORION_DEBUG !== undefined);
}
process.exit();
