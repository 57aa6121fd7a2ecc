import type { TransactionReceipt } from "ethers";

import { contractInterface, type Call, type Chain } from "@orion/protocol/chain";
import { AlreadySentError, SentAbortedError, TransactionUnknownError } from "@orion/protocol/common";

import type { SigningClient } from "../core/client.ts";
import { isOutcomeUnknown } from "../core/failure.ts";

/**
 * Sends the call that posts a job.
 * @throws TransactionUnknownError, SentAbortedError that name the job, where it is not known whether it was posted; AlreadySentError that names the one that an earlier run has posted
 */
export async function sendPost(
  { chain, sender }: SigningClient,
  jobId: string,
  call: Call,
): Promise<TransactionReceipt> {
  try {
    return await sender.send(call);
  } catch (error) {
    if (error instanceof AlreadySentError) throw await naming(chain, error);
    if (!isOutcomeUnknown(error)) throw error;
    const Kind = error instanceof SentAbortedError ? SentAbortedError : TransactionUnknownError;
    const look = `\`orion job status ${jobId}\` shows whether the job was posted`;
    throw new Kind(`${error.message}; it posts job ${jobId}`, error, {
      cause: error,
      hint: error.hint === undefined ? look : `${error.hint}; ${look}`,
    });
  }
}

/** The same error with the id of the job that the earlier run has posted. */
async function naming({ provider }: Chain, error: AlreadySentError): Promise<AlreadySentError> {
  const receipt = await provider.getTransactionReceipt(error.hash).catch(() => null);
  const market = contractInterface("JobMarket");
  const topic = market.getEvent("JobPosted")?.topicHash;
  const log = receipt?.logs.find(({ topics }) => topics[0] === topic);
  const jobId = log === undefined ? undefined : (market.parseLog(log)?.args.jobId as string | undefined);
  if (jobId === undefined) return error;
  return new AlreadySentError(`${error.message}; it posted job ${jobId}`, error, {
    cause: error,
    hint: `\`orion job status ${jobId}\` shows it; run the command again if you want another one`,
  });
}
