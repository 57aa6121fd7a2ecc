/** A claim that waits to be recomputed. */
export interface Waiting {
  readonly key: string;
  /** Chain time at which its window ends. */
  readonly windowEnd: number;
  /** Shards that were recomputed, and those that were not. */
  readonly done: number;
  readonly left: number;
  /** Seconds that one shard is expected to take here. */
  readonly secondsPerShard: number;
}

export interface Backlog {
  /** Claims that wait. */
  readonly claims: number;
  /** Seconds of computing that they need. */
  readonly seconds: number;
  /** Claims that cannot all be recomputed before their windows end. */
  readonly late: number;
}

/** What must be computed, and which claims that is too much for if they are taken by the ends of their windows. */
export function backlogOf(waiting: readonly Waiting[], now: number): Backlog {
  let seconds = 0;
  let late = 0;
  for (const claim of [...waiting].sort(byWindow)) {
    seconds += costOf(claim);
    if (now + seconds > claim.windowEnd) late++;
  }
  return { claims: waiting.length, seconds, late };
}

/**
 * The claim of which a shard is computed next. While everything can be done in time that is the one whose window ends first, the cheapest among equals. Where it cannot, no
 * pile of large claims may hide a small one: then the one that was looked at least comes first.
 */
export function nextClaim<T extends Waiting>(waiting: readonly T[], now: number): T | undefined {
  const order = backlogOf(waiting, now).late === 0 ? byWindow : byAttention;
  let first: T | undefined;
  for (const claim of waiting) if (first === undefined || order(claim, first) < 0) first = claim;
  return first;
}

function byWindow(a: Waiting, b: Waiting): number {
  return a.windowEnd - b.windowEnd || costOf(a) - costOf(b);
}

function byAttention(a: Waiting, b: Waiting): number {
  return a.done - b.done || byWindow(a, b);
}

function costOf({ left, secondsPerShard }: Waiting): number {
  return left * secondsPerShard;
}
