import type { Clock } from "@orion/protocol/common";

/** A clock whose sleepers can be woken: whatever ends beside a loop lets it look at once. */
export interface WakingClock extends Clock {
  /** Ends the sleep of now, or the next one where nobody sleeps. */
  wake(): void;
}

export function wakingClock(clock: Clock): WakingClock {
  let sleeping = new AbortController();
  let isWoken = false;
  return {
    now: clock.now.bind(clock),
    ...(clock.steady === undefined ? {} : { steady: clock.steady.bind(clock) }),
    async sleep(ms, signal) {
      if (!isWoken) {
        sleeping = new AbortController();
        const woken = sleeping.signal;
        await clock.sleep(ms, signal === undefined ? woken : AbortSignal.any([signal, woken]));
      }
      isWoken = false;
    },
    wake() {
      isWoken = true;
      sleeping.abort();
    },
  };
}
