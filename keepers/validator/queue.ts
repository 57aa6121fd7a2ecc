/** A claim that waits to be recomputed. */
export interface Waiting {
  readonly key: string;
  /** Chain time at which its window ends. */
  readonly windowEnd: number;
  /** Seconds of computing that it took so far. */
  readonly spent: number;
  /** Shards that were not recomputed yet. */
  readonly left: number;
  /** Seconds that one shard is expected to take here. */
  readonly secondsPerShard: number;
  /** Seconds until what it is computed from is expected to be fetched. */
  readonly wait?: number;
}

export interface Backlog {
  /** Claims that wait. */
  readonly claims: number;
  /** Seconds of computing that they need. */
  readonly seconds: number;
  /** Claims that cannot all be fetched and recomputed before their windows end. */
  readonly late: number;
}

/** What must be computed, and which claims that is too much for if they are taken by the ends of their windows. */
export function backlogOf(waiting: readonly Waiting[], now: number): Backlog {
  let seconds = 0;
  let late = 0;
  for (const claim of [...waiting].sort(byWindow)) {
    seconds += costOf(claim);
    if (now + Math.max(seconds, (claim.wait ?? 0) + costOf(claim)) > claim.windowEnd) late++;
  }
  return { claims: waiting.length, seconds, late };
}

/**
 * The claims in the order in which a shard of them is computed. While everything can be done in time that is the one whose window ends first, the cheapest among equals. Where it cannot, no
 * pile of large claims may hide a small one: then the one that was given the fewest seconds comes first, and among equals the one whose next shard takes the fewest. So a claim of which
 * a shard takes s seconds waits for its first look only while others get their own first ones, of s seconds at most each: whoever hides it until its window ends must have locked
 * collateral for window / s other claims. A shard that cannot be computed before its window ends is left to the end.
 */
export function byUrgency<T extends Waiting>(waiting: readonly T[], now: number): T[] {
  return [...waiting].sort(backlogOf(waiting, now).late === 0 ? byWindow : byAttention(now));
}

function byWindow(a: Waiting, b: Waiting): number {
  return a.windowEnd - b.windowEnd || costOf(a) - costOf(b);
}

function byAttention(now: number): (a: Waiting, b: Waiting) => number {
  const isInVain = ({ windowEnd, secondsPerShard }: Waiting): number => Number(now + secondsPerShard > windowEnd);
  return (a, b) =>
    isInVain(a) - isInVain(b) || a.spent - b.spent || a.secondsPerShard - b.secondsPerShard || byWindow(a, b);
}

function costOf({ left, secondsPerShard }: Waiting): number {
  return left * secondsPerShard;
}
