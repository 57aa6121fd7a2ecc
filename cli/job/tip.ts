import { Argument } from "commander";

import type { JobRecord } from "@orion/protocol/chain";

import { CU, formatAmount } from "../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, parseEscrow, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { approveSpending } from "../core/tokens.ts";
import { findJob, parseJobId } from "./find-job.ts";
import { callMarket, requireOpen } from "./market-call.ts";

/**
 * Adds CU (base units) of the signer to the job's tips, shared by the shards that are not settled yet.
 * @throws InvalidInputError before anything is signed: no shard is left to tip, or the signer holds less
 */
export async function tipJob(client: SigningClient, job: JobRecord, amount: bigint): Promise<void> {
  requireOpen(job);
  const { contracts, network } = client.chain;
  const hint = "mint credits with `orion credits mint`";
  await approveSpending(client, {
    token: contracts.credits,
    unit: CU,
    spender: network.addresses.market,
    amount,
    hint,
  });
  await callMarket(client, contracts.market.interface.encodeFunctionData("addTip", [job.terms, amount]), "add tip");
}

export const jobTip = command<KeyFlags & NetworkFlags>({
  name: "tip",
  summary: "add CU to a job that is to be done sooner",
  args: [
    new Argument("<job>", "id of the job, or its first digits").argParser(parseJobId),
    new Argument("<amount>", "CU, shared by the shards not settled yet").argParser(parseEscrow),
  ],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion job tip 0x3fa9c0 0.5 --account engineer"],
  async run(invocation) {
    const [id, amount] = invocation.args as unknown as [string, bigint];
    await withSigningClient(invocation, async (client) => {
      const job = await findJob(client, id);
      await tipJob(client, job, amount);
      invocation.terminal.result({ jobId: job.jobId, tip: amount, transactions: client.transactions }, [
        `added ${formatAmount(amount, CU)} to the tips of ${job.jobId}`,
      ]);
    });
  },
});
