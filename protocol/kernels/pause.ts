import { AbortedError } from "../common/errors.ts";

/** Longest stretch of computing after which other tasks of the process (heartbeats, a page's events) get their turn, ms. */
const STRETCH = 40;

/** Called between two pieces of a long computation: gives way to other tasks if the last time was long ago. Throws AbortedError. */
export type Pause = () => Promise<void>;

/** A pause that also ends the computation once `signal` aborts. */
export function createPause(signal?: AbortSignal): Pause {
  let last = performance.now();
  const requireRunning = (): void => {
    if (signal?.aborted === true) throw new AbortedError("the computation was stopped");
  };
  return async () => {
    requireRunning();
    if (performance.now() - last < STRETCH) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
    requireRunning();
  };
}

/** A slice of a loop is made larger while it takes less than this, and smaller above four times as much, ms. */
const SLICE = 4;

/** Runs a loop over `units` in slices short enough that others wait for none of them, with a pause between two. */
export async function inSlices(units: number, run: (from: number, to: number) => void, pause: Pause): Promise<void> {
  for (let from = 0, size = 1; from < units;) {
    const to = Math.min(from + size, units);
    const start = performance.now();
    run(from, to);
    const took = performance.now() - start;
    if (took < SLICE) size *= 4;
    else if (took > 4 * SLICE) size = Math.max(Math.floor(size / 4), 1);
    from = to;
    await pause();
  }
}
