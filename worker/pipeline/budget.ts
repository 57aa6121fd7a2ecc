/** A claim as far as it takes time and memory of this machine. */
export interface PlannedClaim {
  readonly jobId: string;
  /** What is left to do for it here, seconds. */
  readonly seconds: number;
  /** Chain time (s) at which it is meant to be ready, and after which it cannot be committed. */
  readonly due: number;
  readonly deadline: number;
  /** It has failed and waits for another attempt. */
  readonly stalled: boolean;
  /** Inputs and outputs of its shards, bytes. */
  readonly bytes: bigint;
  /** What is alive while a shard of its program is computed, weights included, bytes. */
  readonly programBytes: bigint;
}

/** Of the time between due and deadline; the rest is for the commit itself. */
const USABLE_PART_OF_SLACK = 0.8;

/**
 * Whether one more claim can be made, so that it and all others with the same or a later deadline are ready in time. Units are computed one after
 * the other, the earliest deadline first. Stalled claims take no time now, so they are not expected to be ready when due; but should they recover at
 * once, all others must still be ready before their deadlines.
 * @param now chain time, s
 */
export function fitsInTime(claims: readonly PlannedClaim[], more: PlannedClaim, now: number): boolean {
  const inOrder = [...claims, more].sort((a, b) => a.deadline - b.deadline);
  let [busy, all] = [0, 0];
  for (const claim of inOrder) {
    all += claim.seconds;
    if (claim.stalled) continue;
    busy += claim.seconds;
    if (claim.deadline < more.deadline) continue;
    const last = claim.due + (claim.deadline - claim.due) * USABLE_PART_OF_SLACK;
    if (now + busy > claim.due || now + all > last) return false;
  }
  return true;
}

/** Bytes that claims take together: the programs, each once, and the inputs and outputs of all their shards. */
export function memoryTaken(claims: readonly PlannedClaim[]): bigint {
  const programs = new Map(claims.map(({ jobId, programBytes }) => [jobId, programBytes]));
  const sum = (sizes: Iterable<bigint>): bigint => [...sizes].reduce((total, size) => total + size, 0n);
  return sum(programs.values()) + sum(claims.map(({ bytes }) => bytes));
}
