export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : sum(values) / values.length);

/** Unbiased; zero of fewer than two values. */
export function variance(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  return sum(values.map((value) => (value - middle) ** 2)) / (values.length - 1);
}

/** Pearson's correlation; zero where either side does not move. */
export function correlation(x: readonly number[], y: readonly number[]): number {
  const [meanX, meanY] = [mean(x), mean(y)];
  const cross = sum(x.map((value, i) => (value - meanX) * ((y[i] ?? meanY) - meanY)));
  const spread = Math.sqrt(sum(x.map((value) => (value - meanX) ** 2)) * sum(y.map((value) => (value - meanY) ** 2)));
  return spread === 0 ? 0 : cross / spread;
}

/** Smallest value that at least the part `q` of all values does not exceed; undefined of none. */
export function quantile(values: readonly number[], q: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
}

/** One step of an exponential mean with the given half-life in steps. */
export const smooth = (before: number, value: number, halfLife: number): number =>
  before + (value - before) * (1 - 2 ** (-1 / halfLife));

/** Value of half of each side held in a pool, beside holding them, when the price has changed by a factor; zero or less. */
export const divergence = (factor: number): number => (2 * Math.sqrt(factor)) / (1 + factor) - 1;

/** At most `digits` significant digits, for results that are read. */
export const round = (value: number, digits = 6): number => (value === 0 ? 0 : Number(value.toPrecision(digits)));
