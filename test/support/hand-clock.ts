import type { Clock } from "@orion/protocol/common";

/** A clock of which a test moves the hands. */
export class HandClock implements Clock {
  #time: number;
  readonly #sleeping = new Set<{ readonly until: number; readonly wake: () => void }>();

  /** @param start milliseconds */
  constructor(start: number) {
    this.#time = start;
  }

  now(): number {
    return this.#time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((wake) => {
      const one = { until: this.#time + ms, wake };
      this.#sleeping.add(one);
      signal?.addEventListener("abort", () => wake(), { once: true });
      if (signal?.aborted === true) wake();
    });
  }

  /** Lets time pass, a second at a time, and what was waiting for it run. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.#time += 1_000;
      for (const one of this.#sleeping) {
        if (one.until > this.#time) continue;
        this.#sleeping.delete(one);
        one.wake();
      }
      await new Promise(setImmediate);
    }
  }
}
