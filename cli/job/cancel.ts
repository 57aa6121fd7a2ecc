import { Argument } from "commander";

import type { JobRecord } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import { CU, formatAmount } from "../core/amounts.ts";
import { withSigningClient, type SigningClient } from "../core/client.ts";
import { command } from "../core/command.ts";
import { keyOptions, networkOptions, type KeyFlags, type NetworkFlags } from "../core/options.ts";
import { facts } from "../core/table.ts";
import { findJob, parseJobId } from "./find-job.ts";
import { callMarket, requireOpen, requirePoster } from "./market-call.ts";
import { mintedFacts, readMinted } from "./minted.ts";
import { summarise } from "./summary.ts";

/**
 * Ends claiming and takes back what free shards hold in escrow.
 * @throws InvalidInputError before anything is signed: somebody else's job, or nothing is left to cancel
 */
export async function cancelJob(client: SigningClient, job: JobRecord): Promise<void> {
  requirePoster(client, job);
  requireOpen(job);
  requireUncommitted(job);
  await callMarket(
    client,
    client.chain.contracts.market.interface.encodeFunctionData("cancel", [job.terms]),
    "cancel job",
  );
}

/** A claim that is running may still lapse, and its unit then comes back; what is committed or settled is paid. */
function requireUncommitted({ jobId, units }: JobRecord): void {
  for (const { status } of units) if (status !== "committed" && status !== "settled") return;
  throw new InvalidInputError(`nothing is left to cancel of the job ${jobId}: every unit is committed or settled`, {
    hint: "`orion job watch <job>` follows it to its end; should a claim fall, its unit can be cancelled then",
  });
}

export const jobCancel = command<KeyFlags & NetworkFlags>({
  name: "cancel",
  summary: "stop further claims of your job and take the rest of the escrow back",
  details: `Running claims go on and are paid. Once the keeper has published, a tenth of its fee for the cancelled shards stays with it.
What comes back of minted escrow lowers the debt of its position instead; \`orion job collect\` pays what exceeds it, a day later.`,
  args: [new Argument("<job>", "id of the job, or its first digits").argParser(parseJobId)],
  options: [...keyOptions, ...networkOptions],
  examples: ["orion job cancel 0x3fa9c0 --account engineer"],
  async run(invocation) {
    await withSigningClient(invocation, async (client) => {
      const job = await findJob(client, invocation.args[0] as string);
      const { jobId } = job;
      await cancelJob(client, job);
      const { refunded, state } = summarise(await findJob(client, jobId));
      const minted = await readMinted(client.chain, job);
      invocation.terminal.result(
        {
          ...{ jobId, state, refunded, transactions: client.transactions },
          ...(minted === undefined ? {} : { mint: minted }),
        },
        [
          `cancelled ${jobId}: ${formatAmount(refunded, CU)} refunded so far`,
          ...(minted === undefined ? [] : facts(mintedFacts(minted))),
        ],
      );
    });
  },
});
