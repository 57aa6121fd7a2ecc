import { isDeepStrictEqual } from "node:util";

import { balancesOf, type Client, type Devnet, type JobResult, providerAccount } from "@orion/cli";
import { escrowOf, type JobRecord } from "@orion/protocol/chain";
import { OrionError } from "@orion/protocol/common";

import type { Payment } from "./payments.ts";
import type { DisputeReport } from "./disputes.ts";
import type { ExchangeReport } from "./exchange-report.ts";
import type { IndexedRun } from "./index-report.ts";
import type { Outcome } from "./report.ts";
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
  const endings = { falsifier: "walk", withholder: "silence" } as const;
  for (const name of CHEATS) {
    const dispute = disputes.find(({ cheat }) => cheat === name);
    promise(dispute?.kind === endings[name], `the ${name} was not caught by a ${endings[name]}`);
    promise(dispute?.finder === validator, `the validator did not catch the ${name}`);
    promise((dispute?.slashed ?? 0n) > 0n && (dispute?.reward ?? 0n) > 0n, `the ${name} lost nothing`);
    promise(!payments.some(({ address }) => address === cheats[name].address), `the ${name} was paid`);
  }
}

/**
 * Credits are owed and backed to the unit, the exchange holds what it counts, mining pays no more than was funded, and whoever bought and posted left nothing
 * behind. @throws BrokenPromiseError
 */
export async function requireFairMarket({ chain }: Client, report: ExchangeReport): Promise<void> {
  const { credits, orion, dex, mining } = chain.contracts;
  const { addresses } = chain.network;
  const pool = await credits.POOL();
  let [debt, locked] = [0n, 0n];
  for (let id = await credits.positions(); id > 0n; id--) {
    const position = await credits.position(id);
    debt += position.debt;
    locked += position.lock;
  }
  promise((await credits.totalSupply()) === debt, "there are credits that nobody owes");
  promise(
    (await orion.balanceOf(addresses.credits)) === locked,
    "the credits' collateral is not what the positions locked",
  );
  const [reserve0, reserve1] = await dex.reservesOf(pool);
  const held = [await credits.balanceOf(addresses.dex), await orion.balanceOf(addresses.dex)];
  const counted = BigInt(addresses.credits) < BigInt(addresses.orion) ? [reserve0, reserve1] : [reserve1, reserve0];
  promise(held[0] === counted[0] && held[1] === counted[1], "the exchange does not hold what it counts");
  promise(report.rewards > 0n, "staked liquidity earned nothing");
  const { budget } = await mining.farm(pool);
  promise((await orion.balanceOf(addresses.mining)) >= budget, "mining owes more than it holds");
  for (const token of [credits, orion]) {
    promise(
      (await token.balanceOf(addresses.buyAndPost)) === 0n,
      "something is left where credits are bought and spent",
    );
  }
}

/** The index says to the unit what the chain says. @throws BrokenPromiseError naming the part that differs */
export function requireSame(
  indexed: IndexedRun,
  { result, payments, disputes, dex }: Pick<Outcome, "result" | "payments" | "disputes" | "dex">,
): void {
  const { usdPerOrion, swaps, fees, paidForEscrow, rewards } = dex;
  const parts = {
    result: [indexed.result, { cid: result.cid, root: result.root }],
    payments: [indexed.payments, payments],
    disputes: [indexed.disputes, disputes.map(asIndexed)],
    exchange: [indexed.dex, { usdPerOrion, swaps, fees, paidForEscrow, rewards }],
  };
  for (const [name, [told, known]] of Object.entries(parts)) {
    promise(isDeepStrictEqual(told, known), `the index tells another story of the ${name} than the chain`);
  }
}

/** What a dispute came to, without the way there. */
function asIndexed(dispute: DisputeReport): IndexedRun["disputes"][number] {
  const { cheat, unit, kind, node, element, claimed, actual, finder, slashed, reward } = dispute;
  return { cheat, unit, kind, node, element, claimed, actual, finder, slashed, reward };
}

function promise(kept: boolean, otherwise: string): void {
  if (!kept) throw new BrokenPromiseError(otherwise);
}
