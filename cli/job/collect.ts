import { Argument, Option } from "commander";

import { chainNow, type JobRecord } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { CU, formatAmount } from "../core/amounts.ts";
import { formatTime } from "../core/chain-time.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, parseHolder, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { findJob, parseJobId } from "./find-job.ts";
import { readOwed } from "./minted.ts";

/**
 * Has an account paid what minted escrow of a job left for it; resolves to the CU base units. Anyone may.
 * @throws InvalidInputError before anything is signed: it is owed nothing, or not yet
 */
export async function collectOwed(client: SigningClient, { jobId }: JobRecord, account: string): Promise<bigint> {
  const { chain } = client;
  const { amount, dueAt } = await readOwed(chain, jobId, account);
  if (amount === 0n) {
    throw new InvalidInputError(`the job ${jobId} owes ${account} nothing`, {
      hint: "only refunds of minted escrow beyond its position's debt, and keeper fees of cancelled shards of such jobs, are paid later",
    });
  }
  if ((await chainNow(chain)) < dueAt) {
    throw new InvalidInputError(`${formatAmount(amount, CU)} are due from ${formatTime(dueAt)} (chain time) on`, {
      hint: "come back then",
    });
  }
  const data = chain.contracts.credits.interface.encodeFunctionData("payOwed", [jobId, account]);
  await client.sender.send({ to: chain.network.addresses.credits, data, label: "collect credits" });
  return amount;
}

interface Flags extends KeyFlags, NetworkFlags {
  readonly for?: string;
}

export const jobCollect = command<Flags>({
  name: "collect",
  summary: "have paid what minted escrow of a job left for its poster or keeper",
  details: `What a cancelled job gives back of minted escrow lowers the debt of its position. What exceeds that debt is the poster's, and the keeper's fee for
cancelled shards the keeper's, 24 hours later. \`orion job status\` shows both.`,
  args: [new Argument("<job>", "id of the job, or its first digits").argParser(parseJobId)],
  options: [
    new Option("--for <address>", "who is paid (default: the signer)").argParser(parseHolder),
    ...keyOptions,
    ...networkOptions,
  ],
  examples: ["orion job collect 0x3fa9c0 --account engineer"],
  async run(invocation) {
    await withSigningClient(invocation, async (client) => {
      const job = await findJob(client, invocation.args[0] as string);
      const account = invocation.flags.for ?? client.sender.address;
      const paid = await collectOwed(client, job, account);
      invocation.terminal.result({ jobId: job.jobId, account, paid, transactions: client.transactions }, [
        `paid ${formatAmount(paid, CU)} of ${job.jobId} to ${account}`,
      ]);
    });
  },
});
