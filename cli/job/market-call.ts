import type { TransactionReceipt } from "ethers";

import { isFinished, type JobRecord } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";

import type { SigningClient } from "../core/client.ts";

/** Sends an encoded call to the market. */
export async function callMarket(client: SigningClient, data: string, label: string): Promise<TransactionReceipt> {
  return client.sender.send({ to: client.chain.network.addresses.market, data, label });
}

/** @throws InvalidInputError unless the signer posted the job */
export function requirePoster(client: SigningClient, job: JobRecord): void {
  if (job.terms.poster === client.sender.address) return;
  throw new InvalidInputError(
    `only the poster ${job.terms.poster} may do this, the signer is ${client.sender.address}`,
    {
      hint: "name the poster's key with --account",
    },
  );
}

/** @throws InvalidInputError when the job is cancelled, or every shard of it is settled: it takes no more money and gives none back */
export function requireOpen(job: JobRecord): void {
  if (job.cancelled) throw new InvalidInputError(`the job ${job.jobId} is cancelled already`);
  if (!isFinished(job)) return;
  throw new InvalidInputError(`the job ${job.jobId} is done: every shard is settled and paid`, {
    hint: "`orion job result <job>` fetches its result",
  });
}
