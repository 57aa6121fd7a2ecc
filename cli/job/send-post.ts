import type { TransactionReceipt } from "ethers";

import type { Call } from "@orion/protocol/chain";
import { SentAbortedError, TransactionUnknownError } from "@orion/protocol/common";

import type { SigningClient } from "../core/client.ts";
import { isOutcomeUnknown } from "../core/failure.ts";

/**
 * Sends the call that posts a job.
 * @throws TransactionUnknownError, SentAbortedError that name the job, where it is not known whether it was posted
 */
export async function sendPost({ sender }: SigningClient, jobId: string, call: Call): Promise<TransactionReceipt> {
  try {
    return await sender.send(call);
  } catch (error) {
    if (!isOutcomeUnknown(error)) throw error;
    const Kind = error instanceof SentAbortedError ? SentAbortedError : TransactionUnknownError;
    const look = `\`orion job status ${jobId}\` shows whether the job was posted`;
    throw new Kind(`${error.message}; it posts job ${jobId}`, error, {
      cause: error,
      hint: error.hint === undefined ? look : `${error.hint}; ${look}`,
    });
  }
}
