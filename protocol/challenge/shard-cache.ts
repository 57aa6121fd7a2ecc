const MAX_LEAVES = 1 << 16;
const MAX_JOBS = 1 << 12;

/** What was computed of many claims: shards that are the same in a hundred of them are computed once, and how long one takes is known to all claims of a job. */
export class ShardCache {
  /** Leaves of shards, by program and inputs. */
  readonly #leaves = new Map<string, Uint8Array>();
  readonly #seconds = new Map<string, number>();

  leaf(name: string): Uint8Array | undefined {
    return this.#leaves.get(name);
  }

  keepLeaf(name: string, leaf: Uint8Array): void {
    keep(this.#leaves, name, leaf, MAX_LEAVES);
  }

  /** Seconds that the last computed shard of a job took. */
  secondsPerShard(jobId: string): number | undefined {
    return this.#seconds.get(jobId);
  }

  keepSeconds(jobId: string, seconds: number): void {
    keep(this.#seconds, jobId, seconds, MAX_JOBS);
  }
}

/** What was kept first goes first. */
function keep<T>(map: Map<string, T>, name: string, value: T, most: number): void {
  const [oldest] = map.size < most || map.has(name) ? [] : map.keys();
  if (oldest !== undefined) map.delete(oldest);
  map.set(name, value);
}
