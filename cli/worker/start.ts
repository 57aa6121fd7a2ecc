import path from "node:path";

import { InvalidArgumentError, Option } from "commander";

import { createBackend } from "@orion/protocol/kernels";
import { createWorker, type WorkerProgress, type WorkerRules } from "@orion/worker";

import { bar } from "../core/bar.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command, type Invocation } from "../core/command.ts";
import { homeFolder } from "../core/home.ts";
import { createLogger } from "../core/logger.ts";
import { parseBytes32, wholeNumber } from "../core/options.ts";
import { computeOptions, serviceOptions, type ComputeFlags, type ServiceFlags } from "../core/service-options.ts";
import type { Terminal } from "../core/terminal.ts";
import { providerAccount } from "../provider/account.ts";

interface Flags extends ServiceFlags, ComputeFlags {
  readonly minPrice?: number;
  readonly program?: readonly string[];
  readonly maxUnits?: number;
  readonly dataDir?: string;
}

const BAR_WIDTH = 24;
const DEFAULT_INTERVAL_MS = 500;

export const workerStart = command<Flags>({
  name: "start",
  summary: "watch the market, take units of work, compute and commit them",
  details: `Register first: \`orion provider register --stake …\`. The first Ctrl-C finishes the claims at hand, the second one stops at
once; nothing is lost either way, the next start goes on. With --json the events go to stdout, one object a line.`,
  options: [
    new Option("--min-price <n>", "least CU per CU of work (default: 1, par)").argParser(parsePrice),
    new Option("--program <root>", "take only this program; may be repeated").argParser(collectRoots),
    new Option("--max-units <n>", "end after this many units").argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
    ...computeOptions,
    new Option("--data-dir <folder>", "journal of what was signed (default: <home>/workers/<address>)"),
    ...serviceOptions(DEFAULT_INTERVAL_MS),
  ],
  examples: [
    "orion worker start --account worker-1",
    "orion worker start --mode webasm --max-memory 4GiB --min-price 1.1 --json",
    "ORION_PRIVATE_KEY=… orion worker start --network mainnet.json --log-level warn",
  ],
  async run(invocation) {
    const { flags, terminal, interrupts } = invocation;
    const log = createLogger(terminal, "worker", flags.logLevel);
    await withSigningClient(invocation, (client) => work(invocation, { ...client, log }), {
      log,
      signal: interrupts.signal,
    });
    terminal.draw([]);
  },
});

async function work({ flags, env, terminal, interrupts }: Invocation<Flags>, client: SigningClient): Promise<void> {
  const { address } = client.sender;
  const account = await providerAccount(client, address);
  if (!account.authorised || account.free + account.locked === 0n) {
    client.log.warn({ address }, "this account can't claim yet: register it with `orion provider register --stake …`");
  }
  const backend = await createBackend({ mode: flags.mode, log: client.log });
  const { name, mode, macsPerSecond } = backend;
  const rate = Math.round(macsPerSecond);
  terminal.event(
    { event: "ready", address, backend: name, mode, macsPerSecond: rate },
    `${address} computes with ${name}: ${rate} MAC/s`,
  );
  const journalDir = flags.dataDir ?? path.join(homeFolder(flags.network, env), "workers", address);
  const worker = createWorker(
    { ...client, backend, journalDir, onProgress: (progress) => show(terminal, progress) },
    rulesOf(flags),
  );
  interrupts.onFirst(() => {
    terminal.event({ event: "draining" }, "finishing what is claimed; Ctrl-C again stops at once");
    worker.drain();
  });
  try {
    await worker.run(interrupts.signal);
  } finally {
    await backend.dispose();
  }
}

function rulesOf(flags: Flags): WorkerRules {
  return {
    intervalMs: flags.interval,
    ...(flags.minPrice === undefined ? {} : { minPricePerWork: flags.minPrice }),
    ...(flags.maxMemory === undefined ? {} : { maxMemoryBytes: flags.maxMemory }),
    ...(flags.program === undefined ? {} : { programs: flags.program }),
    ...(flags.maxUnits === undefined ? {} : { maxUnits: flags.maxUnits }),
  };
}

/** A bar while a unit is under way, a line when it is committed or paid; everything as JSON. */
function show(terminal: Terminal, progress: WorkerProgress): void {
  const { kind, jobId, unit, done, total } = progress;
  const job = jobId.slice(0, 10);
  if (terminal.json || kind === "commit" || kind === "settled") {
    terminal.event(
      { event: "progress", ...progress },
      `${kind === "commit" ? "committed" : "settled"}: unit ${unit} of job ${job}`,
    );
  }
  const isOver = kind === "commit" || kind === "settled";
  terminal.draw(isOver ? [] : [`${bar(done, total, BAR_WIDTH)} ${done}/${total} ${kind} unit ${unit} of job ${job}`]);
}

/** At least par: the market refuses jobs below it. */
function parsePrice(text: string): number {
  const price = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (price >= 1) return price;
  throw new InvalidArgumentError("Give a price from 1 on (par), with 6 decimals at most.");
}

function collectRoots(text: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), parseBytes32(text)];
}
