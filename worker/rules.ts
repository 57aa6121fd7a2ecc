import { isMinted, type JobRecord } from "@orion/protocol/chain";
import { InvalidInputError } from "@orion/protocol/common";
import type { CheckedProgram } from "@orion/protocol/jobs";
import { estimateSeconds, memoryOf, workloadOf, type Mode, type Rates } from "@orion/protocol/kernels";
import { byteLength, type ProgramFacts } from "@orion/protocol/tensor";

/** Which work a provider takes. */
export interface WorkerRules {
  /** Least CU base units per unit of work; par is 1. */
  readonly minPricePerWork?: number;
  /**
   * Most ORION (wei) that a claim may lock beyond what the market asks of every claim, for each base unit of CU that it pays; 40 unless given. A poster chooses the lock, and who loses a
   * claim by a fault loses that.
   */
  readonly maxLockPerPay?: number;
  /** Refuse units that need more memory than this, and hold no more claims at the same time than fit into it; 2 GiB unless given. */
  readonly maxMemoryBytes?: bigint;
  /** Most bytes on disk of what was fetched for jobs; 64 GiB unless given. */
  readonly maxDiskBytes?: number;
  /** Whether jobs with minted escrow are taken, which pay 24 hours after their post at the earliest; they are unless this is false. */
  readonly minted?: boolean;
  /** Roots of the only programs that are taken (0x-hex); all when absent. */
  readonly programs?: readonly string[];
  /** Stop after this many units. */
  readonly maxUnits?: number;
  /** Milliseconds between two looks at the chain; a second unless given. */
  readonly intervalMs?: number;
  /** Markets that this key works in: demands for traces of all of them may be due at once. One unless given. */
  readonly markets?: number;
  /** Share of the units of which one shard is computed a second time, with its trace, before they are committed; a hundredth unless given. */
  readonly checkRate?: number;
}

export const DEFAULT_INTERVAL_MS = 1_000;
/** A look of another service of this process is as good as an own one; a timer's own look must not find itself too early. */
const SHARED_PART = 0.9;

/** Milliseconds for which a look of the shared follower will do for a service that looks so often. */
export function sharedLookMs(intervalMs: number): number {
  return SHARED_PART * intervalMs;
}
export const DEFAULT_MAX_MEMORY_BYTES = 2n ** 31n;
export const DEFAULT_MAX_DISK_BYTES = 2 ** 36;
export const DEFAULT_CHECK_RATE = 0.01;
const DEFAULT_MAX_LOCK_PER_PAY = 40;
/** The other half of the claim period is for downloads, uploads, a busy machine and a slow chain. */
const USABLE_PART_OF_CLAIM_PERIOD = 0.5;
/** Of the time that the judge allows for a trace: the rest is for the work, for other markets and for a busy machine. */
const USABLE_PART_OF_TRACE_TIME = 0.25;

/** What a job's profile allows, in seconds. */
export interface JobClocks {
  readonly claimPeriod: number;
  readonly answerPeriod: number;
  readonly kappa: number;
  readonly traceFloor: number;
}

/** Seconds that one compute demand of a claim of so many shards takes in the queue. */
export function traceTime({ claimPeriod, kappa, traceFloor }: JobClocks, shards: number): number {
  return Math.max(traceFloor, Math.ceil((kappa * claimPeriod) / shards));
}

/** Why a job is not taken, judged from its terms alone; undefined if it may be. Prices compare exactly, in millionths. `claimCollateral`: what every claim locks at least. */
export function refusal(job: JobRecord, rules: WorkerRules, claimCollateral: bigint): string | undefined {
  const { terms } = job;
  const floor = BigInt(Math.ceil((rules.minPricePerWork ?? 1) * 1e6));
  if (terms.pricePerShard * 1_000_000n < terms.workPerShard * floor) return "the price is too low";
  if (rules.minted === false && isMinted(terms)) return "its escrow was minted, so it pays a day after its post";
  const programs = rules.programs?.map((root) => root.toLowerCase());
  if (programs?.includes(terms.programRoot) === false) return "the program is not on the list";
  const pay = BigInt(Math.min(terms.shards, terms.shardsPerClaim)) * terms.pricePerShard;
  const excess = terms.collateralPerClaim - claimCollateral;
  const most = BigInt(Math.floor((rules.maxLockPerPay ?? DEFAULT_MAX_LOCK_PER_PAY) * 1e6));
  if (excess * 1_000_000n > pay * most) return "a claim would lock too much for what it pays";
  return undefined;
}

/** Chain time (s) at which a claim with this deadline is meant to be ready. */
export function dueOf(deadline: number, { claimPeriod }: Pick<JobClocks, "claimPeriod">): number {
  return deadline - claimPeriod * (1 - USABLE_PART_OF_CLAIM_PERIOD);
}

/** Bytes that a whole unit needs: what is alive while one shard is computed, and the inputs and outputs of all its shards. */
export function unitMemory(checked: Pick<CheckedProgram, "program" | "facts">, shards: number, mode: Mode): bigint {
  return BigInt(memoryOf(checked.program, mode).outputs) + shardsMemory(checked.facts, shards);
}

/** Bytes of the inputs and outputs of so many shards. */
export function shardsMemory(facts: Pick<ProgramFacts, "shardTypes" | "outputBytes">, shards: number): bigint {
  const inputs = facts.shardTypes.reduce((sum, type) => sum + BigInt(byteLength(type)), 0n);
  return BigInt(shards) * (inputs + facts.outputBytes);
}

/**
 * Throws what a program is refused with before its weights are fetched: units that this machine cannot hold, or could not compute in time by the rates that were measured of it.
 * @throws InvalidInputError
 */
export function requireFeasible(
  checked: Pick<CheckedProgram, "program" | "facts">,
  shards: number,
  { rates, mode }: { readonly rates: Rates; readonly mode: Mode },
  clocks: JobClocks,
  rules: WorkerRules,
): void {
  const memory = unitMemory(checked, shards, mode);
  const limit = rules.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES;
  if (memory > limit) {
    throw new InvalidInputError(`a unit needs ${String(memory)} bytes of memory, the limit is ${String(limit)}`);
  }
  const secondsPerShard = estimateSeconds(workloadOf(checked.program, mode), rates);
  const reason = timeRefusal({ secondsPerShard }, shards, clocks, rules);
  if (reason !== undefined) throw new InvalidInputError(reason);
}

/** Why a unit of so many shards is not taken, from how long one shard takes here; undefined if it may be. */
export function timeRefusal(
  speed: { readonly secondsPerShard: number; readonly secondsPerTrace?: number },
  shards: number,
  clocks: JobClocks,
  rules: WorkerRules,
): string | undefined {
  const seconds = shards * speed.secondsPerShard;
  if (seconds > clocks.claimPeriod * USABLE_PART_OF_CLAIM_PERIOD) {
    return `a unit would take about ${seconds.toFixed(1)} s of the ${String(clocks.claimPeriod)} s that a claim may last`;
  }
  const trace = (speed.secondsPerTrace ?? 0) * (rules.markets ?? 1);
  const due = traceTime(clocks, shards);
  if (trace <= due * USABLE_PART_OF_TRACE_TIME) return undefined;
  return `the trace of a shard would take about ${trace.toFixed(1)} s of the ${String(due)} s that it may last`;
}

/** Longest that one shard, and its trace, may take here for a unit of so many to be taken, in seconds. */
export function trialLimit(shards: number, clocks: JobClocks): number {
  const compute = (clocks.claimPeriod * USABLE_PART_OF_CLAIM_PERIOD) / shards;
  return compute + traceTime(clocks, shards) * USABLE_PART_OF_TRACE_TIME;
}

/** The order in which jobs are tried: best price per unit of work first, older first among equals. */
export function byPrice(a: JobRecord, b: JobRecord): number {
  const left = (a.terms.pricePerShard * 1_000_000n) / a.terms.workPerShard;
  const right = (b.terms.pricePerShard * 1_000_000n) / b.terms.workPerShard;
  return left === right ? a.postedAtBlock - b.postedAtBlock : left > right ? -1 : 1;
}
