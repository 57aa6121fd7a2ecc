import { Argument, InvalidArgumentError, Option } from "commander";

import { createAggregator, createObserver, createOrchestrator, createUpkeepKeeper } from "@orion/keepers";
import type { Service } from "@orion/protocol/common";

import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { createLogger } from "../core/logger.ts";
import { serviceOptions, type ServiceFlags } from "../core/service-options.ts";

interface Flags extends ServiceFlags {
  readonly allJobs?: true;
}

type Settings = Pick<Flags, "allJobs" | "interval">;

const DEFAULT_INTERVAL_MS = 1_000;
/** Prices are observed and reported once an hour. */
const OBSERVER_INTERVAL_MS = 60_000;

const ROLES: Readonly<Record<string, (client: SigningClient, settings: Settings) => Service>> = {
  orchestrator: (client, { allJobs, interval }) =>
    createOrchestrator(client, { intervalMs: interval, serveAll: allJobs === true }),
  aggregator: (client, { interval }) => createAggregator(client, { intervalMs: interval }),
  upkeep: (client, { interval }) => createUpkeepKeeper(client, { intervalMs: interval }),
  observer: (client, { interval }) => createObserver(client, { intervalMs: Math.max(interval, OBSERVER_INTERVAL_MS) }),
};

const NAMES = [...Object.keys(ROLES), "all"];

export const keeperStart = command<Flags>({
  name: "start",
  summary: "run a keeper until it is stopped",
  details: `Roles: orchestrator (shards the data of jobs that name this account as their keeper and earns their fee), aggregator (joins and
publishes results), upkeep (settles and expires what is due, pays reserves out), observer (has the price of credits observed, and its
dollar price reported to indexes, once an hour), all. Keepers keep nothing: any number of them may race and be stopped at any time.`,
  args: [new Argument("<role>", NAMES.join(", ")).argParser(parseRole)],
  options: [
    new Option("--all-jobs", "orchestrator: also shard jobs that name another keeper or none; that earns nothing"),
    ...serviceOptions(DEFAULT_INTERVAL_MS),
  ],
  examples: ["orion keeper start orchestrator --account orchestrator", "orion keeper start all --all-jobs --json"],
  async run(invocation) {
    const { args, flags, terminal, interrupts } = invocation;
    const role = args[0] as string;
    const log = createLogger(terminal, `keeper-${role}`, flags.logLevel);
    await withSigningClient(
      invocation,
      async (client) => {
        const { address } = client.sender;
        const roles = role === "all" ? Object.keys(ROLES) : [role];
        terminal.event(
          { event: "ready", role, address },
          `${role === "all" ? "all keepers run" : `the ${role} runs`} as ${address}`,
        );
        await runTogether(
          roles.map((name) => ROLES[name]?.(client, flags)).filter((service) => service !== undefined),
          interrupts.signal,
        );
      },
      { log, signal: interrupts.signal },
    );
  },
});

/** Runs services until the signal aborts; when one fails, the others are stopped and its error is thrown. */
async function runTogether(services: readonly Service[], signal: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const runs = services.map(async (service) => {
    try {
      await service.run(both);
    } finally {
      failed.abort();
    }
  });
  const results = await Promise.allSettled(runs);
  const first = results.find((result) => result.status === "rejected");
  if (first !== undefined) throw first.reason;
}

function parseRole(text: string): string {
  if (NAMES.includes(text)) return text;
  throw new InvalidArgumentError(`Roles: ${NAMES.join(", ")}.`);
}
