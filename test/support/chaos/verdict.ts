import { Wallet } from "ethers";

import type { JobRecord } from "@orion/protocol/chain";
import { isFinished } from "@orion/protocol/chain";
import { openDemands, readDisputes } from "@orion/protocol/disputes";

import { jobOf, rightResult } from "../network/checks.ts";
import type { Payment } from "../network/payer.ts";
import { accountAt, ORION, type TestNetwork } from "../network/test-network.ts";
import { expectedResult, type TinyJob } from "../network/tiny-job.ts";
import { LIAR, PAYER, WORKERS, type Plan } from "./plan.ts";
import { PURSE, STAKE } from "./site.ts";

/** How far a network is from having settled everything. */
export interface Progress {
  readonly settled: boolean;
  /** Nothing is left to do but to wait for windows. */
  readonly waiting: boolean;
  readonly summary: string;
}

/** Who is paid what, each once: addresses that follow from the seed and hold nothing. */
export function paymentsOf({ seed, payments }: Plan): Payment[] {
  return Array.from({ length: payments }, (_, i) => {
    const key = (BigInt(seed) + 1n) * 1_000n + BigInt(i);
    const { address } = new Wallet(`0x${(key + 2n ** 200n).toString(16).padStart(64, "0")}`);
    return { to: address, amount: String(ORION) };
  });
}

export async function progressOf(running: TestNetwork, plan: Plan, jobs: readonly TinyJob[]): Promise<Progress> {
  const records = await Promise.all(jobs.map((job) => jobOf(running, job)));
  const state = await readDisputes(running.chain, "all", running.network.deployBlock);
  const units = records.flatMap((job) => [...job.units]);
  const lies = units.filter(({ status, worker }) => status === "committed" && worker === accountAt(LIAR).address);
  const market = running.network.addresses.market;
  const open = units.filter(({ key }) => key !== "" && openDemands(state.of(market, key)).length > 0);
  const count = (status: string): number => units.filter((unit) => unit.status === status).length;
  const paid = await unpaid(running, plan);
  const results = records.filter(({ results: found }) => found.length > 0).length;
  return {
    settled: records.every((job) => isFinished(job) && job.results.length > 0) && paid.length === 0,
    waiting: count("free") + count("claimed") === 0 && lies.length === 0 && open.length === 0,
    summary:
      `${String(count("settled"))} of ${String(units.length)} units settled, ${String(count("committed"))} committed, ` +
      `${String(count("claimed"))} claimed, ${String(lies.length)} lies stand, ${String(open.length)} under demands, ` +
      `${String(results)} of ${String(jobs.length)} results, ${String(paid.length)} payments missing`,
  };
}

async function unpaid(running: TestNetwork, plan: Plan): Promise<Payment[]> {
  const { orion } = running.chain.contracts;
  const payments = paymentsOf(plan);
  const held = await Promise.all(payments.map(({ to }) => orion.balanceOf(to)));
  return payments.filter((_, i) => held[i] === 0n);
}

/**
 * What went wrong in a network that has settled everything, one line each: a payment that was made twice, a lock of an honest worker that was
 * slashed, a result that is wrong.
 */
export async function faultsIn(running: TestNetwork, plan: Plan, jobs: readonly TinyJob[]): Promise<string[]> {
  const faults: string[] = [];
  const { orion, registry } = running.chain.contracts;
  const { market } = running.network.addresses;
  for (const { to, amount } of paymentsOf(plan)) {
    const held = await orion.balanceOf(to);
    if (held !== BigInt(amount)) faults.push(`${to} was to get ${amount} once, and holds ${String(held)}`);
  }
  const purse = await orion.balanceOf(accountAt(PAYER).address);
  const paid = paymentsOf(plan).reduce((sum, { amount }) => sum + BigInt(amount), 0n);
  if (purse !== PURSE - paid) faults.push(`the payer has ${String(purse)} left, not ${String(PURSE - paid)}`);
  for (const worker of WORKERS) {
    const { address } = accountAt(worker);
    const account = await registry.account(address, market);
    if (account.locked !== 0n) faults.push(`${address} has a lock that nothing explains: ${String(account.locked)}`);
    if (account.free !== STAKE) faults.push(`${address} staked ${String(STAKE)} and has ${String(account.free)}`);
  }
  for (const job of jobs) faults.push(...(await faultsOf(running, job)));
  const lies = jobs.length > 0 && plan.liar !== undefined ? await unpunished(running, jobs) : [];
  return [...faults, ...lies];
}

async function faultsOf(running: TestNetwork, job: TinyJob): Promise<string[]> {
  const record = await jobOf(running, job);
  const { penalties, results, jobId } = record;
  const honest = new Set(WORKERS.map((account) => accountAt(account).address));
  const slashed = penalties.filter(({ worker }) => honest.has(worker));
  const faults = slashed.map(({ worker, unit }) => `${worker} lost its lock of unit ${String(unit)} of ${jobId}`);
  if (new Set(results.map(({ root }) => root)).size > 1) faults.push(`${jobId} has results that differ`);
  const { tensor } = await rightResult(running, job);
  const right = expectedResult(job.program, job.images);
  if (String(tensor.data) !== String(right.data)) faults.push(`${jobId} has a wrong result`);
  return [...faults, ...wrongBooks(record)];
}

/** Every shard is paid once. */
function wrongBooks(record: JobRecord): string[] {
  const paid = record.payments.map(({ unit }) => unit);
  const twice = paid.filter((unit, i) => paid.indexOf(unit) !== i);
  const faults = twice.map((unit) => `unit ${String(unit)} of ${record.jobId} was paid twice`);
  const due = BigInt(record.terms.shards) * record.terms.pricePerShard;
  const sum = record.payments.reduce((total, { pay }) => total + pay, 0n);
  if (sum !== due) faults.push(`${record.jobId} owed its workers ${String(due)} and paid ${String(sum)}`);
  return faults;
}

/** A liar that was paid. */
async function unpunished(running: TestNetwork, jobs: readonly TinyJob[]): Promise<string[]> {
  const { address } = accountAt(LIAR);
  const records = await Promise.all(jobs.map((job) => jobOf(running, job)));
  const paid = records.flatMap(({ payments }) => payments).filter(({ worker }) => worker === address);
  return paid.map(({ unit }) => `the liar was paid for unit ${String(unit)}`);
}
