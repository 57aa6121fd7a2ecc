import { InvalidArgumentError, Option } from "commander";

import { createValidator } from "@orion/keepers";
import { createComputeProcess } from "@orion/protocol/kernels/node";

import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command, type Invocation } from "../core/command.ts";
import { createLogger } from "../core/logger.ts";
import { wholeNumber } from "../core/options.ts";
import type { Terminal } from "../core/terminal.ts";
import { computeOptions, serviceOptions, type ComputeFlags, type ServiceFlags } from "../core/service-options.ts";
import { sealSecretOf } from "./seal-secret.ts";

interface Flags extends ServiceFlags, ComputeFlags {
  readonly rate: number;
  readonly maxSeconds?: number;
}

const DEFAULT_INTERVAL_MS = 1_000;

export const validatorStart = command<Flags>({
  name: "start",
  summary: "recompute claims until stopped, and challenge the wrong ones",
  details: `A wrong claim is ended by one proof where everything is published, else by demands that its worker must answer; the finder's share of
its lock is the reward. It needs coin for gas and for prepayments, which come back, but no stake. It keeps nothing: stop it and start it again at
any time, it goes on with the disputes that it finds on chain. Stopped for longer than a window it can miss a wrong claim.`,
  options: [
    new Option("--rate <share>", "share of the claims that are recomputed").argParser(parseRate).default(1),
    new Option("--max-seconds <n>", "most seconds of computing for one claim (default: 600)").argParser(
      wholeNumber(1, 1_000_000),
    ),
    ...computeOptions,
    ...serviceOptions(DEFAULT_INTERVAL_MS),
  ],
  examples: [
    "orion validator start --account validator",
    "orion validator start --rate 0.2 --max-memory 4GiB --json",
    "ORION_PRIVATE_KEY=… orion validator start --network mainnet.json",
  ],
  async run(invocation) {
    const { flags, terminal, interrupts } = invocation;
    const log = createLogger(terminal, "validator", flags.logLevel);
    await withSigningClient(invocation, (client) => validate(invocation, { ...client, log }), {
      log,
      signal: interrupts.signal,
    });
  },
});

async function validate({ flags, terminal, interrupts }: Invocation<Flags>, client: SigningClient): Promise<void> {
  const { address } = client.sender;
  const backend = await createComputeProcess({ mode: flags.mode, log: client.log });
  const { name, mode, macsPerSecond } = backend;
  const speed = Math.round(macsPerSecond);
  terminal.event(
    { event: "ready", address, rate: flags.rate, backend: name, mode, macsPerSecond: speed },
    `${address} checks ${100 * flags.rate}% of all claims with ${name}: ${speed} MAC/s`,
  );
  const validator = createValidator(
    { ...client, backend, sealSecret: sealSecretOf(client.wallet) },
    {
      intervalMs: flags.interval,
      rate: flags.rate,
      ...(flags.maxSeconds === undefined ? {} : { maxSecondsPerClaim: flags.maxSeconds }),
      onBacklog: onBacklog(terminal),
      ...(flags.maxMemory === undefined ? {} : { maxMemoryBytes: flags.maxMemory }),
    },
  );
  try {
    await validator.run(interrupts.signal);
  } finally {
    await backend.dispose();
  }
}

/** Tells how much waits, whenever that has changed. */
function onBacklog(terminal: Terminal): (backlog: { claims: number; seconds: number; late: number }) => void {
  let last = "";
  return ({ claims, seconds, late }) => {
    const backlog = { claims, seconds: Math.round(seconds), late };
    const now = JSON.stringify(backlog);
    if (now === last) return;
    last = now;
    if (terminal.json) terminal.event({ event: "backlog", ...backlog }, "");
  };
}

function parseRate(text: string): number {
  const rate = /^(0(\.\d{1,6})?|1(\.0{1,6})?)$/.test(text) ? Number(text) : 0;
  if (rate > 0) return rate;
  throw new InvalidArgumentError("Give a share above 0, at most 1, such as 0.2.");
}
