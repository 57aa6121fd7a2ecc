/** How values of an axis become positions, and where its ticks stand. */
export interface Scale {
  readonly kind: "linear" | "log";
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

const STEPS = [1, 2, 2.5, 5, 10];
const LOG_STEPS = [1, 2, 5];

/** Smallest round step of which no more than `most` cover a range. */
export function stepOf(range: number, most: number): number {
  const power = 10 ** Math.floor(Math.log10(range / most));
  return (STEPS.find((step) => step * power * most >= range * (1 - 1e-9)) ?? 10) * power;
}

/** A linear scale whose ends are round and hold all values. */
export function linearScale(values: readonly number[], most = 5): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const step = stepOf(high > low ? high - low : Math.abs(high) || 1, most);
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  const end = Math.max(last, first + 1);
  const ticks = Array.from({ length: end - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { kind: "linear", low: first * step, high: end * step, ticks };
}

/** A logarithmic scale; every value must be above zero. */
export function logScale(values: readonly number[]): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const steps: number[] = [];
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)) + 1; power++) {
    for (const step of LOG_STEPS) steps.push(Number((step * 10 ** power).toPrecision(12)));
  }
  const first = steps.findLast((tick) => tick <= low) ?? low;
  const last = steps.find((tick) => tick >= high && tick > first) ?? high;
  const all = steps.filter((tick) => tick >= first && tick <= last);
  const ticks = all.length <= 7 ? all : all.filter((tick) => Number.isInteger(Number(Math.log10(tick).toFixed(9))));
  return { kind: "log", low: first, high: last, ticks };
}

/** Where a value lies between the ends of its scale, from 0 to 1. */
export function positionOn({ kind, low, high }: Scale, value: number): number {
  if (kind === "linear") return (value - low) / (high - low);
  return Math.log(value / low) / Math.log(high / low);
}

const UNITS = [
  { size: 1e9, suffix: "G" },
  { size: 1e6, suffix: "M" },
  { size: 1e3, suffix: "k" },
] as const;

/** A tick as it is read: 1500 is 1.5k. */
export function label(value: number): string {
  const unit = UNITS.find(({ size }) => Math.abs(value) >= size);
  if (unit === undefined) return String(Number(value.toPrecision(6)));
  return `${Number((value / unit.size).toPrecision(6))}${unit.suffix}`;
}
