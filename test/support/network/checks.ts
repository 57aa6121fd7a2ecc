import { readdir, readFile } from "node:fs/promises";

import { expect } from "chai";

import type { JobRecord } from "@orion/protocol/chain";
import { toHex } from "@orion/protocol/common";
import { loadOutputs, loadResult, resultRootOf } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import type { Tensor } from "@orion/protocol/tensor";
import { Journal } from "@orion/worker";

import { journalDirOf } from "./services.ts";
import { accountAt, ACCOUNTS, type TestNetwork } from "./test-network.ts";
import type { TinyJob } from "./tiny-job.ts";

/** The job as the chain shows it now. */
export async function jobOf(running: TestNetwork, job: { jobId: string }): Promise<JobRecord> {
  const record = (await running.follower.sync()).jobs.get(job.jobId);
  if (record === undefined) throw new Error(`the chain knows no job ${job.jobId}`);
  return record;
}

/** The result that follows from the settled claims: its root is computed here, its content fetched and checked. */
export async function rightResult(running: TestNetwork, job: TinyJob): Promise<{ npy: Uint8Array; tensor: Tensor }> {
  const record = await jobOf(running, job);
  const roots: (readonly Uint8Array[])[] = [];
  for (const unit of record.units) {
    const part = await loadOutputs(running.store, unit, job.program, { sha256: nativeSha256 });
    roots.push(...part.outputRoots);
  }
  const root = toHex(resultRootOf(roots, nativeSha256));
  const published = record.results.find((result) => result.root === root);
  if (published === undefined) throw new Error("no published result follows from the claims");
  return loadResult(running.store, published.digest, job, 0, root, { sha256: nativeSha256 });
}

/**
 * Checks the books after jobs that are all settled and had no tips: every shard paid once, everybody's balance is what the events say, no
 * escrow is left, no stake is locked, no journal disagrees with the chain.
 */
export async function expectSettledBooks(
  running: TestNetwork,
  jobs: readonly TinyJob[],
  workers: readonly number[],
): Promise<void> {
  const records = await Promise.all(jobs.map((job) => jobOf(running, job)));
  for (const record of records) {
    const settled = record.payments.flatMap(({ unit }) => unit);
    expect(new Set(settled).size, "units paid").to.equal(record.units.length);
    expect(settled.length, "payments").to.equal(record.units.length);
    const slot = await running.chain.contracts.market.job(record.jobId);
    expect([slot.remainingEscrow, slot.unsettled, slot.unclaimed]).to.deep.equal([0n, 0n, 0n]);
  }
  await expectBalances(running, records, workers);
  for (const worker of workers) await expectJournal(running, records, worker);
}

async function expectBalances(
  running: TestNetwork,
  records: readonly JobRecord[],
  workers: readonly number[],
): Promise<void> {
  const { credits, registry } = running.chain.contracts;
  const { market } = running.network.addresses;
  const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
  const payments = records.flatMap((record) => record.payments);
  for (const worker of workers) {
    const { address } = accountAt(worker);
    const earned = sum(payments.filter((p) => p.worker === address).map(({ pay }) => pay));
    expect(await credits.balanceOf(address), `CU of ${address}`).to.equal(earned);
    expect((await registry.account(address, market)).locked, "locked stake").to.equal(0n);
  }
  const due = sum(records.map(({ terms }) => BigInt(terms.shards) * terms.pricePerShard));
  expect(sum(payments.map(({ pay }) => pay)), "pay of all workers").to.equal(due);
  const fees = sum(records.map(({ terms }) => BigInt(terms.shards) * terms.keeperFee));
  const keeper = accountAt(ACCOUNTS.orchestrator).address;
  expect(await credits.balanceOf(keeper), "keeper fees").to.equal(fees);
  expect(await credits.balanceOf(market), "escrow left").to.equal(0n);
}

/** What is still journalled is what was committed; the folder holds nothing half written, and its lock is free. */
export async function expectJournal(
  running: TestNetwork,
  records: readonly JobRecord[],
  worker: number,
): Promise<void> {
  const dir = journalDirOf(running, worker);
  const names = await readdir(dir);
  expect(names.filter((name) => name.endsWith(".tmp"))).to.deep.equal([]);
  const { market } = running.chain.contracts;
  for (const name of names.filter((entry) => entry.endsWith(".json"))) {
    const key = name.slice(0, -".json".length);
    const commits = await market.queryFilter(market.filters.ClaimCommitted(undefined, key));
    const roots = commits.map(({ args }) => args.outputsRoot);
    const known = records.some((record) => [...record.units].some((unit) => unit.key === key));
    expect(known, `journal entry ${key} of a unit`).to.equal(true);
    const text = await journalRoot(dir, key);
    expect(roots).to.deep.equal([text]);
  }
}

async function journalRoot(dir: string, key: string): Promise<string> {
  return (JSON.parse(await readFile(`${dir}/${key}.json`, "utf8")) as { outputsRoot: string }).outputsRoot;
}

/** Opens and closes the journals: nobody holds a lock any more. */
export async function expectLocksFree(running: TestNetwork, workers: readonly number[]): Promise<void> {
  for (const worker of workers) (await Journal.open(journalDirOf(running, worker))).close();
}
