import { Argument, Option } from "commander";

import { chainNow, type JobRecord } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { parseUnits } from "./unit-list.ts";
import { findJob, parseJobId } from "./find-job.ts";
import { callMarket, requirePoster } from "./market-call.ts";
import { requireAcceptable } from "./minted.ts";

/** Units settled in one transaction: well within a block's gas. */
const UNITS_PER_TRANSACTION = 50;

/** Settles committed units of the signer's job at once; resolves to the units that were accepted. */
export async function acceptUnits(
  client: SigningClient,
  job: JobRecord,
  wanted?: readonly number[],
): Promise<number[]> {
  requirePoster(client, job);
  await requireAcceptable(client.chain, job, await chainNow(client.chain));
  const committed = job.units
    .active()
    .filter(({ status }) => status === "committed")
    .map(({ index }) => index);
  const units = wanted === undefined ? committed : [...wanted];
  const wrong = units.filter((unit) => !committed.includes(unit));
  if (wrong.length > 0) {
    throw new InvalidInputError(`units ${wrong.join(", ")} are not waiting for acceptance`, {
      hint: "`orion job status <job> --units` shows which are committed",
    });
  }
  for (let from = 0; from < units.length; from += UNITS_PER_TRANSACTION) {
    const part = units.slice(from, from + UNITS_PER_TRANSACTION);
    await callMarket(
      client,
      client.chain.contracts.market.interface.encodeFunctionData("accept", [job.terms, part]),
      "accept units",
    );
  }
  return units;
}

interface Flags extends KeyFlags, NetworkFlags {
  readonly units?: readonly number[];
}

export const jobAccept = command<Flags>({
  name: "accept",
  summary: "pay for committed units now instead of waiting for their window",
  details:
    "Accepted shards are marked as accepted, not as verified: do it only for results that you have checked or can trust. A job whose escrow was minted accepts nothing within 24 hours of its post.",
  args: [new Argument("<job>", "id of the job, or its first digits").argParser(parseJobId)],
  options: [
    new Option("--units <list>", "units such as 0,2,5-7 (default: all that are committed)").argParser(parseUnits),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: ["orion job accept 0x3fa9c0 --account engineer", "orion job accept 0x3fa9c0 --units 0-3"],
  async run(invocation) {
    await withSigningClient(invocation, async (client) => {
      const job = await findJob(client, invocation.args[0] as string);
      const { jobId } = job;
      const units = await acceptUnits(client, job, invocation.flags.units);
      const line =
        units.length === 0 ? `no unit of ${jobId} is committed now` : `accepted units ${units.join(", ")} of ${jobId}`;
      invocation.terminal.result({ jobId, accepted: units, transactions: client.transactions }, [line]);
    });
  },
});
