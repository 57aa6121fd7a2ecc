/** Time as the services see it; tests tick one by hand. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that only ever grow, whatever is done to the machine's date; a clock without it is taken to be steady. */
  steady?(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts; it never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Milliseconds for durations and limits of time: they must not jump when somebody sets the date. */
export function monotonic(clock: Clock): number {
  return clock.steady?.() ?? clock.now();
}

/** Milliseconds to leave alone what has failed so many times in a row: `first`, then twice as long each time, up to `longest`. */
export function growingPause(failures: number, first: number, longest: number): number {
  return Math.min(longest, first * 2 ** (failures - 1));
}

export const systemClock: Clock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    }),
};
