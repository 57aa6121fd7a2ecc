import type { TransactionReceipt } from "ethers";

import {
  contractInterface,
  isMinted,
  mintedWaitOf,
  type Chain,
  type JobRecord,
  type UnitRecord,
} from "@orion/protocol/chain";
import { AbortedError, IntegrityError, InvalidInputError, timeLimit } from "@orion/protocol/common";
import {
  computeUnit,
  putOutputs,
  type ComputedUnit,
  type JobSession,
  type ServiceContext,
  type ShardInputs,
  type WorkTally,
} from "@orion/protocol/jobs";
import type { Backend, Compute } from "@orion/protocol/kernels";

import type { ClaimedOutputs } from "./claimed-outputs.ts";
import type { JournalEntry } from "./journal.ts";
import type { WorkerProgress } from "./progress.ts";
import type { Trials } from "./trials.ts";

export interface UnitContext extends ServiceContext {
  readonly backend: Backend | Compute;
  readonly tally?: WorkTally;
  readonly onProgress?: (progress: WorkerProgress) => void;
}

/** A unit that takes more than this many times what was expected of it is given up. */
const MOST_OF_ESTIMATE = 3;
/** But not before it has taken so much of its time, seconds: a busy machine is no reason to lose a lock. */
const LEAST_SECONDS = 5;

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
 * Claims free units of one job in one transaction: all of them or none. Gives them as they are claimed now, and the block that shows it.
 * @throws RevertError when somebody else was faster with one of them or the stake does not suffice, UnavailableError when the node does not say when a job with minted escrow pays
 */
export async function claimUnits(
  context: UnitContext,
  job: JobRecord,
  units: readonly UnitRecord[],
): Promise<{ readonly claimed: UnitRecord[]; readonly block: number }> {
  const { market } = context.chain.contracts;
  const paysFrom = await payTimeOf(context.chain, job);
  context.step?.("worker:claiming");
  const indices = units.map(({ index }) => index);
  const data = market.interface.encodeFunctionData("claim", [job.terms, indices]);
  const receipt = await context.sender.send({ to: context.chain.network.addresses.market, data, label: "claim" });
  context.step?.("worker:claimed");
  context.log.info({ jobId: job.jobId, units: indices, gas: Number(receipt.gasUsed) }, "units claimed");
  if (paysFrom !== undefined) {
    const from = new Date(paysFrom * 1_000).toISOString();
    context.log.info({ jobId: job.jobId, paysFrom }, `the job's escrow was minted for it: it pays from ${from} on`);
  }
  const claims = claimsIn(receipt);
  const claimed = units.map((unit): UnitRecord => {
    const claim = claims.get(unit.index);
    if (claim === undefined) {
      throw new IntegrityError(`the receipt of ${receipt.hash} shows no claim of unit ${String(unit.index)}`);
    }
    return { ...unit, ...claim, status: "claimed", worker: context.sender.address };
  });
  for (const unit of claimed) report(context, job.jobId, unit, "claim", 0);
  return { claimed, block: receipt.blockNumber };
}

/** Chain time from which on a job with minted escrow pays, whatever the windows of its claims; undefined for any other job. */
async function payTimeOf(chain: Chain, job: JobRecord): Promise<number | undefined> {
  return isMinted(job.terms) ? (await mintedWaitOf(chain, job)) + 1 : undefined;
}

type Claim = Pick<UnitRecord, "key" | "attempt" | "deadline" | "provider">;

/** By unit, read from the receipt: what a node says about the next block may be older than this. */
function claimsIn(receipt: TransactionReceipt): Map<number, Claim> {
  const claims = new Map<number, Claim>();
  for (const entry of receipt.logs) {
    const event = contractInterface("JobMarket").parseLog(entry);
    if (event?.name !== "UnitClaimed") continue;
    const args: Record<string, unknown> = event.args.toObject();
    const { unit, key, provider, attempt, deadline } = args as {
      unit: bigint;
      key: string;
      provider: string;
      attempt: bigint;
      deadline: bigint;
    };
    claims.set(Number(unit), { key, provider, attempt: Number(attempt), deadline: Number(deadline) });
  }
  return claims;
}

/**
 * Computes a claimed unit.
 * @param expected seconds that it is expected to take
 * @throws InvalidInputError when it takes so much longer that it is given up before its deadline
 */
export async function computeClaim(
  context: UnitContext,
  session: JobSession,
  unit: UnitRecord,
  inputs: readonly ShardInputs[],
  expected: number,
  signal: AbortSignal,
): Promise<ComputedUnit> {
  // What would be ready after its deadline can be committed to no more.
  const left = Math.max(1, unit.deadline - context.follower.time);
  const seconds = Math.min(left, Math.max(LEAST_SECONDS, MOST_OF_ESTIMATE * expected));
  const limit = timeLimit(Math.ceil(seconds * 1000), signal);
  try {
    const computed = await computeUnit(session, unit, {
      sha256: context.sha256,
      signal: limit,
      inputs,
      onShard: (done) => report(context, session.jobId, unit, "compute", done),
    });
    context.step?.("worker:computed");
    return computed;
  } catch (error) {
    if (signal.aborted || !limit.aborted) throw error;
    throw new InvalidInputError(`the unit takes more than the ${seconds.toFixed(1)} s that it is given`, {
      cause: error,
    });
  }
}

/** A secret random share of the units, and every one of a program that was not tried by this process, is computed in part a second time. */
export async function checkClaim(
  trials: Trials,
  session: JobSession,
  unit: UnitRecord,
  { shards }: ComputedUnit,
  signal: AbortSignal,
): Promise<void> {
  if (trials.known(session) !== undefined && !trials.isChosen()) return;
  const shard = trials.choose(unit);
  const computed = shards[shard - unit.from];
  if (computed !== undefined) await trials.check(session, shard, computed.leaf, signal);
}

/** Keeps the outputs of a claim on disk for its defence, and publishes them; gives the digest of the outputs document. */
export async function uploadClaim(
  context: UnitContext,
  kept: ClaimedOutputs,
  jobId: string,
  unit: UnitRecord,
  computed: ComputedUnit,
): Promise<string> {
  await kept.save(unit.key, computed);
  context.step?.("worker:kept");
  const { key, from, to } = unit;
  const outputs = await putOutputs(context.store, {
    key,
    outputsRoot: computed.tree.root,
    from,
    to,
    outputRoots: computed.shards.map((shard) => shard.outputRoots),
    outputs: computed.shards.map((shard) => shard.outputs),
  });
  report(context, jobId, unit, "upload", to - from);
  context.step?.("worker:uploaded");
  return outputs;
}

/** Signs a commit to what the journal says, and waits until it is mined; gives its block. */
export async function commitClaim(
  context: UnitContext,
  job: JobRecord,
  unit: UnitRecord,
  entry: JournalEntry,
): Promise<number> {
  const { market } = context.chain.contracts;
  const { outputsRoot, outputs } = entry;
  const data = market.interface.encodeFunctionData("commit", [job.terms, unit.index, unit.key, outputsRoot, outputs]);
  const receipt = await context.sender.send({ to: context.chain.network.addresses.market, data, label: "commit" });
  context.step?.("worker:committed");
  report(context, job.jobId, unit, "commit", unit.to - unit.from);
  context.log.info(
    { jobId: job.jobId, unit: unit.index, outputsRoot, gas: Number(receipt.gasUsed) },
    "claim committed",
  );
  return receipt.blockNumber;
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
