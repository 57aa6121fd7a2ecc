/** Kinds of work that cost a machine about the same each, whatever program they stand in. */
export const WORK_CLASSES = [
  /** Nodes that are computed here: preparing one, calling its loop. */
  "nodes",
  /** Calls of the device. */
  "dispatches",
  /** Multiply-accumulates on the device, of many output channels or of less than 16. */
  "deviceMacs",
  "thinMacs",
  /** Multiply-accumulates here: in doubles, or in integers of any size where doubles would not be exact. */
  "macs",
  "wideMacs",
  /** Elements that are rounded by a multiplier and a shift. */
  "rescaled",
  /** Elements of sums and products that doubles do not hold. */
  "wideElements",
  /** Elements of a rule that takes a few operations: clamp, max, lookup, isqrt. */
  "elements",
  /** Elements of a division. */
  "quotients",
  /** Elements that are only copied. */
  "moved",
  /** Elements that are summed or compared in a reduction. */
  "reduced",
  /** Windows of a pool, their taps, and the elements of all taps. */
  "windows",
  "taps",
  "pooled",
] as const;
export type WorkClass = (typeof WORK_CLASSES)[number];

/** How much of each kind one shard of a program asks for. */
export type Workload = Readonly<Record<WorkClass, number>>;

/** How much of each kind a machine does in a second. */
export type Rates = Readonly<Record<WorkClass, number>>;

export function emptyWorkload(): Record<WorkClass, number> {
  return Object.fromEntries(WORK_CLASSES.map((name) => [name, 0])) as Record<WorkClass, number>;
}

/** Rates of a slow machine, for whoever has not measured its own. */
export function assumedRates(macsPerSecond: number): Rates {
  return {
    nodes: 1e5,
    dispatches: 1e4,
    deviceMacs: macsPerSecond,
    thinMacs: macsPerSecond / 4,
    macs: 5e7,
    wideMacs: 5e6,
    rescaled: 2e7,
    wideElements: 1e6,
    elements: 2e7,
    quotients: 1e7,
    moved: 5e7,
    reduced: 5e7,
    windows: 1e6,
    taps: 5e7,
    pooled: 5e7,
  };
}

/** Seconds that a machine of these rates needs for one shard. */
export function estimateSeconds(work: Workload, rates: Rates): number {
  return WORK_CLASSES.reduce((sum, name) => sum + (work[name] === 0 ? 0 : work[name] / rates[name]), 0);
}
