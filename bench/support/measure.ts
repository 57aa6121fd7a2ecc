/** Milliseconds of one contestant over the rounds of a comparison. */
export interface Timing {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: number;
}

/** Milliseconds since some moment. */
export type Clock = () => number;

export const wallClock: Clock = () => performance.now();

/** Of all threads of this process: what others do on the machine counts for nothing but its caches. */
export const cpuClock: Clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

function summary(samples: readonly number[]): Timing {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (index: number): number => Number((sorted[index] ?? 0).toFixed(4));
  return { median: at(sorted.length >> 1), min: at(0), max: at(sorted.length - 1), rounds: sorted.length };
}

/**
 * Times all contestants in turn by a clock, round by round, so that whatever else the machine does hits them alike. A round repeats a
 * contestant until `minimumMs` have passed and counts the mean; the first two rounds warm up and are dropped.
 */
export async function compare<Name extends string>(
  contestants: Readonly<Record<Name, () => unknown>>,
  rounds = 9,
  minimumMs = 20,
  clock: Clock = wallClock,
): Promise<Record<Name, Timing>> {
  const names = Object.keys(contestants) as Name[];
  const samples = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round++) {
    for (const name of names) {
      const time = await meanTime(contestants[name], minimumMs, clock);
      if (round >= 0) samples.get(name)?.push(time);
    }
  }
  return Object.fromEntries(names.map((name) => [name, summary(samples.get(name) ?? [])])) as Record<Name, Timing>;
}

async function meanTime(run: () => unknown, minimumMs: number, clock: Clock): Promise<number> {
  const end = performance.now() + minimumMs;
  const start = clock();
  let count = 0;
  while (count === 0 || performance.now() < end) {
    await run();
    count++;
  }
  return (clock() - start) / count;
}
