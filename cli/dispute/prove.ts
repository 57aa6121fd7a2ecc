import { Argument, Option } from "commander";

import { Admissions, challengeClaim } from "@orion/protocol/challenge";
import { InvalidInputError } from "@orion/protocol/common";
import { collectPrepayments, readDisputes } from "@orion/protocol/disputes";
import { openJobSession } from "@orion/protocol/jobs";
import { createBackend, MODES, type Mode } from "@orion/protocol/kernels";

import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command, type Invocation } from "../core/command.ts";
import { createLogger } from "../core/logger.ts";
import {
  keyOptions,
  logOptions,
  networkOptions,
  type KeyFlags,
  type LogFlags,
  type NetworkFlags,
} from "../core/options.ts";
import { parseBytes } from "../core/sizes.ts";
import { sealSecretOf } from "../validator/seal-secret.ts";
import { findClaim, parseClaimKey } from "./claim.ts";
import { proofFacts, proofLine, summariseDispute } from "./summary.ts";

interface Flags extends KeyFlags, NetworkFlags, LogFlags {
  readonly maxMemory: bigint;
  readonly mode: Mode | "auto";
}

const INTERVAL_MS = 500;

export const disputeProve = command<Flags>({
  name: "prove",
  summary: "recompute one claim and, if it is wrong, challenge it until it falls",
  details: `Costs gas and prepayments, which come back less a fifth of the turns in the queue that were answered; the reward is the finder's share of the claim's lock. Stopped in the middle, the same
command goes on.`,
  args: [new Argument("<claim>", "key of the claim, or its first digits").argParser(parseClaimKey)],
  options: [
    new Option("--max-memory <size>", "refuse a program that needs more")
      .argParser(parseBytes)
      .default(2n ** 31n, "2GiB"),
    new Option("--mode <mode>", "how to compute: the WebAssembly kernels (wasm) or a mode of gpu.js")
      .choices(["auto", ...MODES])
      .default("auto"),
    ...logOptions,
    ...keyOptions,
    ...networkOptions,
  ],
  examples: ["orion dispute prove 0x7ac01b --account validator", "orion dispute prove 0x7ac01b --json"],
  async run(invocation) {
    const { flags, terminal, interrupts } = invocation;
    const log = createLogger(terminal, "dispute", flags.logLevel);
    interrupts.outlastReaders();
    await withSigningClient(invocation, (client) => prove(invocation, { ...client, log }), {
      log,
      signal: interrupts.signal,
    });
  },
});

async function prove({ args, flags, terminal, interrupts }: Invocation<Flags>, client: SigningClient): Promise<void> {
  const { chain, follower, sender, log } = client;
  const { signal } = interrupts;
  const { job, unit, state } = await findClaim(client, args[0] as string);
  if (state === "settled" || state === "fallen") {
    throw new InvalidInputError(`the claim ${unit.key} is ${state} already`, {
      hint: "`orion dispute show` tells more",
    });
  }
  // Whoever may not demand need not compute.
  const admission = await new Admissions(client, signal).require(job, unit);
  const backend = await createBackend({ mode: flags.mode, log });
  const manifests = (): typeof job.manifests => follower.state.jobs.get(job.jobId)?.manifests ?? [];
  try {
    const session = await openJobSession(client, job, {
      ...{ backend, signal, manifests },
      maxMemoryBytes: flags.maxMemory,
    });
    const context = { ...client, sealSecret: sealSecretOf(client.wallet) };
    const verdict = await challengeClaim(context, session, job, unit, {
      ...{ signal, intervalMs: INTERVAL_MS, admission },
      onShard: (done, total) => terminal.draw([`recomputed ${done} of ${total} shards`]),
    });
    terminal.draw([]);
    const { key, from, to } = unit;
    const own = { key, shards: { from, to }, sinceBlock: job.postedAtBlock };
    const { wei: prepaid, failure } = await collectPrepayments(chain, sender, [own], "prepaid");
    if (failure !== undefined) throw failure;
    const disputes = await readDisputes(chain, [unit.key], job.postedAtBlock);
    const dispute = disputes.of(chain.network.addresses.market, unit.key);
    const proof = proofFacts(dispute);
    const summary = summariseDispute({ job, unit, state }, dispute);
    const words = {
      right: `the claim ${unit.key} is right`,
      late: `the claim ${unit.key} is wrong, but its window has passed`,
      fallen: `the claim ${unit.key} has fallen${proof === undefined ? ": no answer came in time" : `: ${proofLine(proof)}`}`,
    };
    terminal.result({ ...summary, outcome: verdict, proof: proof ?? null, prepaymentsReturned: prepaid }, [
      words[verdict],
    ]);
  } finally {
    await backend.dispose();
  }
}
