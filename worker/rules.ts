import type { JobRecord, UnitRecord } from "@orion/protocol/chain";

/** Which work a provider takes. */
export interface WorkerRules {
  /** Least CU base units per unit of work; par is 1. */
  readonly minPricePerWork?: number;
  /** Refuse programs that need more memory than this. */
  readonly maxMemoryBytes?: bigint;
  /** Roots of the only programs that are taken (0x-hex); all when absent. */
  readonly programs?: readonly string[];
  /** Stop after this many units. */
  readonly maxUnits?: number;
  /** Milliseconds between two looks at the chain. */
  readonly intervalMs?: number;
}

/** Why a job is not taken, judged from its terms alone; undefined if it may be. Prices compare exactly, in millionths. */
export function refusal(job: JobRecord, rules: WorkerRules): string | undefined {
  const { terms } = job;
  const floor = BigInt(Math.ceil((rules.minPricePerWork ?? 1) * 1e6));
  if (terms.pricePerShard * 1_000_000n < terms.workPerShard * floor) return "the price is too low";
  if (rules.programs !== undefined && !rules.programs.includes(terms.programRoot)) return "the program is not on the list";
  return undefined;
}

/** Free units of a job that anybody may claim now. */
export function freeUnits(job: JobRecord): UnitRecord[] {
  if (job.cancelled || job.manifests.length === 0) return [];
  return job.units.filter((unit) => unit.status === "free");
}

/** The order in which jobs are tried: best price per unit of work first, older first among equals. */
export function byPrice(a: JobRecord, b: JobRecord): number {
  const left = (a.terms.pricePerShard * 1_000_000n) / a.terms.workPerShard;
  const right = (b.terms.pricePerShard * 1_000_000n) / b.terms.workPerShard;
  return left === right ? a.postedAtBlock - b.postedAtBlock : left > right ? -1 : 1;
}
