import path from "node:path";

import { InvalidArgumentError, Option } from "commander";

import { WorkTally } from "@orion/protocol/jobs";
import { createComputeProcess } from "@orion/protocol/kernels/node";
import { createWorker, type Carrier, type WorkerProgress, type WorkerRules } from "@orion/worker";

import { bar } from "../core/bar.ts";
import { parseBytes } from "../core/sizes.ts";
import { findWallet } from "../keys/find-key.ts";
import { keyOptionsOf, signingOptions, withSigner, withSigningClient, type SigningClient } from "../core/client.ts";
import { command, type Invocation } from "../core/command.ts";
import { homeFolder } from "../core/home.ts";
import { createLogger } from "../core/logger.ts";
import { parseBytes32, wholeNumber } from "../core/options.ts";
import { computeOptions, serviceOptions, type ComputeFlags, type ServiceFlags } from "../core/service-options.ts";
import type { Terminal } from "../core/terminal.ts";
import { providerAccount, providerOf } from "../provider/account.ts";
import { sealSecretOf } from "../validator/seal-secret.ts";

interface Flags extends ServiceFlags, ComputeFlags {
  readonly minPrice?: number;
  readonly minted: boolean;
  readonly program?: readonly string[];
  readonly maxUnits?: number;
  readonly dataDir?: string;
  readonly maxDisk?: bigint;
  readonly answersFrom?: string;
}

const BAR_WIDTH = 24;
const MOST_BARS = 8;
const DEFAULT_INTERVAL_MS = 1_000;

export const workerStart = command<Flags>({
  name: "start",
  summary: "watch the market, take units of work, compute and commit them",
  details: `Register first: \`orion provider register --stake …\`. The first Ctrl-C claims nothing more and
finishes the claims at hand, the second one stops at once: then start again before their deadlines, the next start goes on. A claim that is
not committed by its deadline costs a part of its collateral, an unanswered demand all of it. With --json the events go to stdout, one object a line.`,
  options: [
    new Option("--min-price <n>", "least CU per CU of work (default: 1, par)").argParser(parsePrice),
    new Option("--program <root>", "take only this program; may be repeated").argParser(collectRoots),
    new Option(
      "--no-minted",
      "leave alone jobs with minted escrow, which pay 24 hours after their post at the earliest",
    ),
    new Option("--max-units <n>", "end after this many units").argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
    ...computeOptions,
    new Option("--max-disk <size>", "most that is kept of what was fetched for jobs (default: 64GiB)").argParser(
      parseBytes,
    ),
    new Option(
      "--answers-from <name>",
      "account that sends the answers to demands, so that a stuck commit holds up none; this key only signs them",
    ),
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

async function work(invocation: Invocation<Flags>, client: SigningClient): Promise<void> {
  const { flags, env, terminal, interrupts } = invocation;
  const { address } = client.sender;
  const account = await providerAccount(client, await providerOf(client, address));
  if (!account.authorised || account.free + account.locked === 0n) {
    client.log.warn({ address }, "this account can't claim yet: register it with `orion provider register --stake …`");
  }
  const backend = await createComputeProcess({ mode: flags.mode, log: client.log });
  // A process of its own for the defence, which starts when a trace is demanded: it never waits for the work.
  const defenceBackend = backend.another();
  const { name, mode, macsPerSecond } = backend;
  const rate = Math.round(macsPerSecond);
  terminal.event(
    { event: "ready", address, backend: name, mode, macsPerSecond: rate },
    `${address} computes with ${name}: ${rate} MAC/s`,
  );
  const journalDir = flags.dataDir ?? path.join(homeFolder(flags.network, env), "workers", address);
  const tally = new WorkTally();
  const carrier = await carrierOf(invocation, client);
  const show = progressOn(terminal);
  const worker = createWorker(
    {
      ...client,
      ...{ backend, defenceBackend, journalDir, tally, sealSecret: sealSecretOf(client.wallet) },
      ...(carrier === undefined ? {} : { carrier }),
      onProgress: (progress) => {
        show(progress);
        const { shards, traces, checks, computing, hashing, checking, tracing } = tally;
        const counts = { shards, traces, checks, computing, hashing, checking, tracing };
        if (progress.kind === "commit" && terminal.json) terminal.event({ event: "tally", ...counts }, "");
      },
    },
    rulesOf(flags),
  );
  interrupts.onFirst(() => {
    terminal.event(
      { event: "draining" },
      "finishing what is claimed; Ctrl-C again stops at once, and what is not committed by its deadline then costs collateral",
    );
    worker.drain();
  });
  try {
    await worker.run(interrupts.signal);
  } finally {
    await Promise.all([backend.dispose(), defenceBackend.dispose()]);
  }
}

/** The account that sends the defence's answers, where one is named. */
async function carrierOf(invocation: Invocation<Flags>, client: SigningClient): Promise<Carrier | undefined> {
  const { answersFrom } = invocation.flags;
  if (answersFrom === undefined) return undefined;
  const wallet = await findWallet({ ...keyOptionsOf(invocation), account: answersFrom });
  const { signal } = invocation.interrupts;
  return {
    sender: withSigner(client, wallet, signal, signingOptions(invocation, wallet)).sender,
    signTypedData: (domain, types, value) => client.wallet.signTypedData(domain, types, value),
  };
}

function rulesOf(flags: Flags): WorkerRules {
  return {
    intervalMs: flags.interval,
    minted: flags.minted,
    ...(flags.minPrice === undefined ? {} : { minPricePerWork: flags.minPrice }),
    ...(flags.maxMemory === undefined ? {} : { maxMemoryBytes: flags.maxMemory }),
    ...(flags.maxDisk === undefined ? {} : { maxDiskBytes: Number(flags.maxDisk) }),
    ...(flags.program === undefined ? {} : { programs: flags.program }),
    ...(flags.maxUnits === undefined ? {} : { maxUnits: flags.maxUnits }),
  };
}

/** A bar for each unit that is under way, a line when it is committed or paid; everything as JSON. */
function progressOn(terminal: Terminal): (progress: WorkerProgress) => void {
  const bars = new Map<string, string>();
  return (progress) => {
    const { kind, jobId, unit, done, total } = progress;
    const job = jobId.slice(0, 10);
    const isOver = kind === "commit" || kind === "settled";
    if (terminal.json || isOver) {
      terminal.event(
        { event: "progress", ...progress },
        `${kind === "commit" ? "committed" : "settled"}: unit ${unit} of job ${job}`,
      );
    }
    const name = `${jobId}:${String(unit)}`;
    bars.delete(name);
    if (!isOver) bars.set(name, `${bar(done, total, BAR_WIDTH)} ${done}/${total} ${kind} unit ${unit} of job ${job}`);
    // The latest ones: units that are given up leave theirs behind.
    for (const oldest of bars.size > MOST_BARS ? [...bars.keys()].slice(0, bars.size - MOST_BARS) : []) {
      bars.delete(oldest);
    }
    terminal.draw([...bars.values()]);
  };
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
