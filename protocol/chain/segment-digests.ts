import type { Log } from "ethers";

/** How many logs a segment has, and a sum of their names in which order does not count. */
export type Digest = readonly [count: number, sum: number];

const SEGMENT_BLOCKS = 4_096;
/** Every other choice is of the newest segments: there most nodes are wrong. */
const NEWEST = 64;
/** Sums stay whole numbers below this. */
const MODULO = 2 ** 40;

/** What is left of logs that are not kept: enough to see whether a later read of the same blocks gives the same. */
export class SegmentDigests {
  readonly #digests: Map<number, Digest>;
  #choices = 0;

  constructor(entries: Iterable<readonly [number, Digest]> = []) {
    this.#digests = new Map(entries);
  }

  entries(): IterableIterator<[number, Digest]> {
    return this.#digests.entries();
  }

  /** Adds a log, or takes it back. */
  toggle(log: Log, sign: 1 | -1): void {
    const segment = Math.floor(log.blockNumber / SEGMENT_BLOCKS);
    const [count, sum] = this.#digests.get(segment) ?? [0, 0];
    const name = (Number.parseInt(log.blockHash.slice(2, 12), 16) + log.index) % MODULO;
    const next: Digest = [count + sign, (sum + sign * name + MODULO) % MODULO];
    if (next[0] === 0) this.#digests.delete(segment);
    else this.#digests.set(segment, next);
  }

  /** A whole segment between two blocks, the second excluded; undefined where there is none. */
  choose(first: number, end: number): { segment: number; from: number; to: number } | undefined {
    const last = Math.floor(end / SEGMENT_BLOCKS) - 1;
    const lowest = Math.ceil(first / SEGMENT_BLOCKS);
    if (last < lowest) return undefined;
    const from = this.#choices++ % 2 === 0 ? lowest : Math.max(lowest, last - NEWEST);
    const segment = from + Math.floor(Math.random() * (last - from + 1));
    return { segment, from: segment * SEGMENT_BLOCKS, to: (segment + 1) * SEGMENT_BLOCKS - 1 };
  }

  equalIn(other: SegmentDigests, segment: number): boolean {
    const [count, sum] = this.#digests.get(segment) ?? [0, 0];
    const [otherCount, otherSum] = other.#digests.get(segment) ?? [0, 0];
    return count === otherCount && sum === otherSum;
  }
}
