import type { TransactionReceipt } from "ethers";

import { contractInterface, type JobRecord, type UnitRecord } from "@orion/protocol/chain";
import { AbortedError, IntegrityError, toHex } from "@orion/protocol/common";
import { putOutputs, type JobSession, type ServiceContext, type ShardInputs } from "@orion/protocol/jobs";
import type { Backend } from "@orion/protocol/kernels";
import type { Tensor } from "@orion/protocol/tensor";

import type { Journal } from "./journal.ts";
import type { WorkerProgress } from "./progress.ts";

export interface UnitContext extends ServiceContext {
  readonly backend: Backend;
  readonly journal: Journal;
  readonly onProgress?: (progress: WorkerProgress) => void;
}

/** Downloads and checks all shards of a unit, so that a claim is never made for data that is not there. */
export async function downloadUnit(
  context: UnitContext,
  session: JobSession,
  unit: Pick<UnitRecord, "index" | "from" | "to">,
  signal: AbortSignal,
): Promise<ShardInputs[]> {
  const inputs: ShardInputs[] = [];
  for (let shard = unit.from; shard < unit.to; shard++) {
    requireRunning(signal);
    inputs.push(await session.loadShard(shard));
    report(context, session.jobId, unit, "download", inputs.length);
  }
  context.step?.("worker:downloaded");
  return inputs;
}

/**
 * Claims a free unit; gives it as it is now claimed.
 * @throws RevertError when somebody else was faster or the stake does not suffice
 */
export async function claimUnit(context: UnitContext, job: JobRecord, unit: UnitRecord): Promise<UnitRecord> {
  const { market } = context.chain.contracts;
  context.step?.("worker:claiming");
  const data = market.interface.encodeFunctionData("claim", [job.terms, [unit.index]]);
  const receipt = await context.sender.send({ to: context.chain.network.addresses.market, data, label: "claim" });
  context.step?.("worker:claimed");
  context.log.info({ jobId: job.jobId, unit: unit.index, gas: Number(receipt.gasUsed) }, "unit claimed");
  const claimed = { ...unit, ...claimIn(receipt), status: "claimed", worker: context.sender.address } as const;
  report(context, job.jobId, claimed, "claim", 0);
  return claimed;
}

/** Read from the receipt: what a node says about the next block may be older than this. */
function claimIn(receipt: TransactionReceipt): Pick<UnitRecord, "key" | "attempt" | "deadline"> {
  for (const entry of receipt.logs) {
    const event = contractInterface("JobMarket").parseLog(entry);
    if (event?.name !== "UnitClaimed") continue;
    const args: Record<string, unknown> = event.args.toObject();
    return { key: args.key as string, attempt: Number(args.attempt), deadline: Number(args.deadline) };
  }
  throw new IntegrityError(`the receipt of ${receipt.hash} shows no claim`);
}

/**
 * Brings a claimed unit to its commit: computes and uploads unless the journal shows that this is done, journals, then signs.
 * Safe to repeat from any point.
 */
export async function finishUnit(
  context: UnitContext,
  session: JobSession,
  job: JobRecord,
  unit: UnitRecord,
  inputs: readonly ShardInputs[] | undefined,
  signal: AbortSignal,
): Promise<void> {
  let entry = await context.journal.get(unit.key);
  if (entry === undefined) {
    const computed = await computeUnit(
      context,
      session,
      unit,
      inputs ?? (await downloadUnit(context, session, unit, signal)),
      signal,
    );
    const root = session.claimRoot(computed.nodeRoots);
    const outputs = await putOutputs(context.store, {
      key: unit.key,
      claimRoot: root,
      from: unit.from,
      to: unit.to,
      ...computed,
    });
    report(context, job.jobId, unit, "upload", unit.to - unit.from);
    context.step?.("worker:uploaded");
    entry = await context.journal.record({ key: unit.key, claimRoot: toHex(root), outputs });
    context.step?.("worker:journalled");
  }
  const { market } = context.chain.contracts;
  const data = market.interface.encodeFunctionData("commit", [
    job.terms,
    unit.index,
    unit.key,
    entry.claimRoot,
    entry.outputs,
  ]);
  const receipt = await context.sender.send({ to: context.chain.network.addresses.market, data, label: "commit" });
  context.step?.("worker:committed");
  report(context, job.jobId, unit, "commit", unit.to - unit.from);
  context.log.info(
    { jobId: job.jobId, unit: unit.index, claimRoot: entry.claimRoot, gas: Number(receipt.gasUsed) },
    "claim committed",
  );
}

async function computeUnit(
  context: UnitContext,
  session: JobSession,
  unit: UnitRecord,
  inputs: readonly ShardInputs[],
  signal: AbortSignal,
): Promise<{ nodeRoots: Uint8Array[][]; outputs: Tensor[] }> {
  const nodeRoots: Uint8Array[][] = [];
  const outputs: Tensor[] = [];
  for (const shard of inputs) {
    requireRunning(signal);
    const result = await session.compute(shard);
    nodeRoots.push(result.nodeRoots);
    outputs.push(result.output);
    report(context, session.jobId, unit, "compute", outputs.length);
  }
  context.step?.("worker:computed");
  return { nodeRoots, outputs };
}

function report(
  context: UnitContext,
  jobId: string,
  unit: Pick<UnitRecord, "index" | "from" | "to"> & { key?: string },
  kind: WorkerProgress["kind"],
  done: number,
): void {
  const key = unit.key === undefined || unit.key === "" ? {} : { key: unit.key };
  context.onProgress?.({ kind, jobId, unit: unit.index, done, total: unit.to - unit.from, ...key });
}

function requireRunning(signal: AbortSignal): void {
  if (signal.aborted) throw new AbortedError("the worker was stopped; the claim is taken up again at the next start");
}
