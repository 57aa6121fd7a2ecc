import type { Range } from "./encoding.ts";

const BINS = 4096;

/**
 * What values a tensor took: extremes and a histogram of fixed size over [−reach, reach), whose reach doubles by joining
 * pairs of bins when a larger value arrives. Not-a-number and infinities are not counted.
 */
export class Histogram {
  readonly counts = new Float64Array(BINS);
  count = 0;
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

  add(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const magnitude = Math.abs(value);
      if (!(magnitude < Infinity)) continue;
      if (value < this.low) this.low = value;
      if (value > this.high) this.high = value;
      this.count++;
      this.power += value * value;
      if (magnitude >= this.#reach) this.#widen(magnitude);
      const bin = this.#reach === 0 ? BINS / 2 : Math.floor((value / this.#reach + 1) * (BINS / 2));
      this.counts[Math.min(bin, BINS - 1)]! += 1;
    }
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
