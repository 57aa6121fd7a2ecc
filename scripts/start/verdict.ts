import { balancesOf, type Client, type Devnet, type JobResult, providerAccount } from "@orion/cli";
import { escrowOf, type JobRecord } from "@orion/protocol/chain";
import { OrionError } from "@orion/protocol/common";

import type { Payment } from "./payments.ts";
import { WORKERS } from "./services.ts";

/** The network ran, but not as it promises. */
export class BrokenPromiseError extends OrionError {
  readonly code = "BROKEN_PROMISE";
  readonly retryable = false;
}

/** Least share of right answers: what the example promises. */
const LEAST_ACCURACY = 0.97;

/** Holds what happened against what the network promises. @throws BrokenPromiseError naming the first promise that was broken */
export async function requirePromises(
  client: Client,
  devnet: Devnet,
  outcome: { job: JobRecord; result: JobResult; payments: readonly Payment[]; accuracy: number },
): Promise<void> {
  const { job, result, payments, accuracy } = outcome;
  const paid = payments.reduce((sum, { amount }) => sum + amount, 0n);
  promise(job.settledShards === job.terms.shards, `${job.settledShards} of ${job.terms.shards} shards are settled`);
  promise(job.penalties.length === 0, `${job.penalties.length} claims were expired or forfeited`);
  promise(result.verified && result.cid !== undefined, "the published result does not follow from the settled claims");
  promise(accuracy >= LEAST_ACCURACY, `the accuracy is ${accuracy}, at least ${LEAST_ACCURACY} is promised`);
  promise(paid === escrowOf(job.terms), `${paid} base units of CU were paid, the escrow was ${escrowOf(job.terms)}`);
  const left = await client.chain.contracts.credits.balanceOf(client.chain.network.addresses.market);
  promise(left === 0n, `${left} base units of CU are stuck in the market`);
  for (const { account, address, amount } of payments) {
    const { credits } = await balancesOf(client, address);
    promise(credits === amount, `${account} holds ${credits} base units of CU, it earned ${amount}`);
  }
  for (const name of WORKERS) {
    const { locked } = await providerAccount(client, devnet.wallets[name].address);
    promise(locked === 0n, `${locked} wei of the stake of ${name} are still locked`);
  }
}

function promise(kept: boolean, otherwise: string): void {
  if (!kept) throw new BrokenPromiseError(otherwise);
}
