import type { Range } from "./encoding.ts";

const BINS = 4096;
/** Values of one tensor that are counted into bins; extremes and power are those of all. */
const MAX_BINNED = 2 ** 15;
const STEPS = [1, 2, 3, 5, 7, 13, 31, 61, 127, 251, 509, 1021] as const;

/**
 * What values a tensor took: extremes and a histogram of fixed size over [−reach, reach), whose reach doubles by joining
 * pairs of bins when a larger value arrives. Not-a-number and infinities are not counted.
 */
export class Histogram {
  readonly counts = new Float64Array(BINS);
  /** Values seen, and those of them that are in bins. */
  count = 0;
  binned = 0;
  low = Infinity;
  high = -Infinity;
  /** Sum of the squares of all values. */
  power = 0;
  #reach = 0;

  /** Width of one bin; 0 before a value other than 0 was seen. */
  get width(): number {
    return (2 * this.#reach) / BINS;
  }

  /** Extremes of the values seen; [0, 0] of none. */
  get range(): Range {
    return this.count === 0 ? { low: 0, high: 0 } : { low: this.low, high: this.high };
  }

  /** Real value in the middle of a bin. */
  middle(bin: number): number {
    return (bin + 0.5) * this.width - this.#reach;
  }

  add(values: Float32Array | Float64Array | readonly number[]): void {
    let [count, low, high, power] = [0, this.low, this.high, 0];
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (!(Math.abs(value) < Infinity)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
      count++;
      power += value * value;
    }
    if (count === 0) return;
    [this.low, this.high] = [low, high];
    this.count += count;
    this.power += power;
    this.#widen(Math.max(Math.abs(low), Math.abs(high)));
    this.#fill(values);
  }

  /** Counts values into bins; of a large tensor every so many, a prime apart so that no row is passed over. */
  #fill(values: Float32Array | Float64Array | readonly number[]): void {
    const { counts } = this;
    const step = STEPS.find((distance) => values.length / distance <= MAX_BINNED) ?? STEPS.at(-1)!;
    const [half, perUnit] = [BINS / 2, this.#reach === 0 ? 0 : BINS / 2 / this.#reach];
    let binned = 0;
    for (let i = 0; i < values.length; i += step) {
      const value = values[i]!;
      if (!(Math.abs(value) < Infinity)) continue;
      counts[Math.min(Math.floor(value * perUnit + half), BINS - 1)]!++;
      binned++;
    }
    this.binned += binned;
  }

  #widen(magnitude: number): void {
    if (magnitude === 0) return;
    if (this.#reach === 0) {
      // Zeros seen so far stay in the middle at any reach.
      this.#reach = 2 ** (Math.floor(Math.log2(magnitude)) + 1);
      return;
    }
    while (magnitude >= this.#reach) {
      const joined = new Float64Array(BINS);
      for (let bin = 0; bin < BINS; bin++) joined[BINS / 4 + Math.floor(bin / 2)]! += this.counts[bin]!;
      this.counts.set(joined);
      this.#reach *= 2;
    }
  }
}
