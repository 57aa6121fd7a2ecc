import type { JobRecord } from "@orion/protocol/chain";
import type { Speed } from "@orion/protocol/jobs";
import type { ProgramFacts } from "@orion/protocol/tensor";
import { byteLength } from "@orion/protocol/tensor";

/** Which work a provider takes. */
export interface WorkerRules {
  /** Least CU base units per unit of work; par is 1. */
  readonly minPricePerWork?: number;
  /** Refuse units that need more memory than this; 2 GiB unless given. */
  readonly maxMemoryBytes?: bigint;
  /** Roots of the only programs that are taken (0x-hex); all when absent. */
  readonly programs?: readonly string[];
  /** Stop after this many units. */
  readonly maxUnits?: number;
  /** Milliseconds between two looks at the chain. */
  readonly intervalMs?: number;
}

export const DEFAULT_MAX_MEMORY_BYTES = 2n ** 31n;
/** The other half of the claim period is for downloads, uploads, a busy machine and a slow chain. */
const USABLE_PART_OF_CLAIM_PERIOD = 0.5;

/** Why a job is not taken, judged from its terms alone; undefined if it may be. Prices compare exactly, in millionths. */
export function refusal(job: JobRecord, rules: WorkerRules): string | undefined {
  const { terms } = job;
  const floor = BigInt(Math.ceil((rules.minPricePerWork ?? 1) * 1e6));
  if (terms.pricePerShard * 1_000_000n < terms.workPerShard * floor) return "the price is too low";
  const programs = rules.programs?.map((root) => root.toLowerCase());
  if (programs?.includes(terms.programRoot) === false) return "the program is not on the list";
  return undefined;
}

/** Bytes that a whole unit needs: one shard's values, and the inputs and outputs of all its shards. */
export function unitMemory(facts: ProgramFacts, shards: number): bigint {
  const inputs = facts.shardTypes.reduce((sum, type) => sum + BigInt(byteLength(type)), 0n);
  return facts.peakBytes + BigInt(shards) * (inputs + facts.outputBytes);
}

/** Why a unit of so many shards is not taken; `claimPeriod` in seconds. */
export function unitRefusal(
  facts: ProgramFacts,
  shards: number,
  speed: Speed,
  claimPeriod: number,
  rules: WorkerRules,
): string | undefined {
  const memory = unitMemory(facts, shards);
  const limit = rules.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES;
  if (memory > limit) return `a unit needs ${String(memory)} bytes of memory, the limit is ${String(limit)}`;
  const seconds = shards * (speed.secondsPerShard ?? Number(facts.macs) / speed.macsPerSecond);
  if (seconds <= claimPeriod * USABLE_PART_OF_CLAIM_PERIOD) return undefined;
  return `a unit would take about ${seconds.toFixed(1)} s of the ${String(claimPeriod)} s that a claim may last`;
}

/** The order in which jobs are tried: best price per unit of work first, older first among equals. */
export function byPrice(a: JobRecord, b: JobRecord): number {
  const left = (a.terms.pricePerShard * 1_000_000n) / a.terms.workPerShard;
  const right = (b.terms.pricePerShard * 1_000_000n) / b.terms.workPerShard;
  return left === right ? a.postedAtBlock - b.postedAtBlock : left > right ? -1 : 1;
}
