import { balancesOf, type Client, type Devnet, type JobResult, providerAccount } from "@orion/cli";
import { escrowOf, type JobRecord } from "@orion/protocol/chain";
import { OrionError } from "@orion/protocol/common";

import type { Payment } from "./payments.ts";
import type { DisputeReport } from "./disputes.ts";
import { CHEATS, WORKERS, type CheatName, type CheatWallets } from "./services.ts";

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
  outcome: {
    job: JobRecord;
    cheats: CheatWallets;
    disputes: readonly DisputeReport[];
    result: JobResult;
    payments: readonly Payment[];
    accuracy: number;
  },
): Promise<void> {
  const { job, result, payments, accuracy, cheats } = outcome;
  const paid = payments.reduce((sum, { amount }) => sum + amount, 0n);
  promise(job.settledShards === job.terms.shards, `${job.settledShards} of ${job.terms.shards} shards are settled`);
  promise(job.penalties.length === CHEATS.length, `${job.penalties.length} claims were expired or forfeited`);
  requireCaught(outcome.disputes, payments, cheats, devnet.wallets.validator.address);
  promise(result.verified && result.cid !== undefined, "the published result does not follow from the settled claims");
  promise(accuracy >= LEAST_ACCURACY, `the accuracy is ${accuracy}, at least ${LEAST_ACCURACY} is promised`);
  promise(paid === escrowOf(job.terms), `${paid} base units of CU were paid, the escrow was ${escrowOf(job.terms)}`);
  const left = await client.chain.contracts.credits.balanceOf(client.chain.network.addresses.market);
  promise(left === 0n, `${left} base units of CU are stuck in the market`);
  for (const { account, address, amount } of payments) {
    const { credits } = await balancesOf(client, address);
    promise(credits === amount, `${account} holds ${credits} base units of CU, it earned ${amount}`);
  }
  const providers = [
    ...WORKERS.map((name) => [name, devnet.wallets[name].address] as const),
    ...CHEATS.map((name) => [name, cheats[name].address] as const),
  ];
  for (const [name, address] of providers) {
    const { locked } = await providerAccount(client, address);
    promise(locked === 0n, `${locked} wei of the stake of ${name} are still locked`);
  }
}

/** Every cheat has lost its lock to the validator's challenge, in the way that it deserves, and was paid nothing. @throws BrokenPromiseError */
export function requireCaught(
  disputes: readonly DisputeReport[],
  payments: readonly Payment[],
  cheats: Readonly<Record<CheatName, { readonly address: string }>>,
  validator: string,
): void {
  const endings = { falsifier: "proof", withholder: "timeout" } as const;
  for (const name of CHEATS) {
    const dispute = disputes.find(({ cheat }) => cheat === name);
    promise(dispute?.kind === endings[name], `the ${name} was not caught by a ${endings[name]}`);
    promise(dispute?.finder === validator, `the validator did not catch the ${name}`);
    promise((dispute?.slashed ?? 0n) > 0n && (dispute?.reward ?? 0n) > 0n, `the ${name} lost nothing`);
    promise(!payments.some(({ address }) => address === cheats[name].address), `the ${name} was paid`);
  }
}

function promise(kept: boolean, otherwise: string): void {
  if (!kept) throw new BrokenPromiseError(otherwise);
}
