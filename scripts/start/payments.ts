import { DEV_ACCOUNTS, type Devnet } from "@orion/cli";
import type { JobRecord } from "@orion/protocol/chain";

/** What one account got out of a job. */
export interface Payment {
  readonly account: string;
  readonly address: string;
  readonly role: "worker" | "keeper";
  /** Shards that it was paid for. */
  readonly shards: number;
  /** CU base units. */
  readonly amount: bigint;
}

/** One settled unit; amounts in CU base units. */
export interface Settlement {
  readonly shards: number;
  readonly worker: string;
  /** Price and tip. */
  readonly earned: bigint;
  readonly fee: bigint;
  readonly feeTo: string;
}

/** What a job paid, as the chain tells. */
export function paymentsOf(job: JobRecord, devnet: Devnet): Payment[] {
  const settled = job.payments.map(({ unit, worker, pay, tip, fee, feeTo }) => {
    const { from, to } = job.units.get(unit);
    return { shards: to - from, worker, earned: pay + tip, fee, feeTo };
  });
  return addUp(settled, devnet);
}

/** Adds up settled units per account, workers first. */
export function addUp(settled: readonly Settlement[], devnet: Devnet): Payment[] {
  const sums = new Map<string, Payment>();
  const add = (role: Payment["role"], address: string, shards: number, amount: bigint): void => {
    if (amount === 0n) return;
    const id = `${role} ${address}`;
    const before = sums.get(id) ?? { account: nameOf(address, devnet), address, role, shards: 0, amount: 0n };
    sums.set(id, { ...before, shards: before.shards + shards, amount: before.amount + amount });
  };
  for (const { shards, worker, earned, fee, feeTo } of settled) {
    add("worker", worker, shards, earned + (feeTo === worker ? fee : 0n));
    if (feeTo !== worker) add("keeper", feeTo, shards, fee);
  }
  const order = (payment: Payment): string => `${payment.role === "worker" ? 0 : 1} ${payment.account}`;
  return [...sums.values()].sort((a, b) => order(a).localeCompare(order(b)));
}

function nameOf(address: string, { wallets }: Devnet): string {
  return DEV_ACCOUNTS.find((name) => wallets[name].address === address) ?? address;
}
