import type { Clock } from "./clock.ts";
import { OrionError } from "./errors.ts";
import type { Logger } from "./log.ts";

/** A long-running part of a process. */
export interface Service {
  readonly name: string;
  /** Runs until the signal aborts; rejects only with an error that no retry can mend. */
  run(signal: AbortSignal): Promise<void>;
}

export interface LoopOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Milliseconds between two ticks; asked for after each where it changes. */
  readonly intervalMs: number | (() => number);
  /** One idempotent round of work. */
  readonly tick: (signal: AbortSignal) => Promise<void>;
}

const MAX_BACKOFF_MS = 30_000;

/**
 * A service that repeats one idempotent round. A retryable error is logged and tried again with growing pauses; any other error ends the service.
 */
export function createLoop(options: LoopOptions): Service {
  return {
    name: options.name,
    async run(signal) {
      let failures = 0;
      while (!signal.aborted) {
        try {
          await options.tick(signal);
          failures = 0;
        } catch (error) {
          if (signal.aborted) return;
          if (!(error instanceof OrionError) || !error.retryable) throw error;
          failures++;
          options.log.warn({ code: error.code, hint: error.hint, failures }, error.message);
        }
        const interval = typeof options.intervalMs === "number" ? options.intervalMs : options.intervalMs();
        const pause = failures === 0 ? interval : Math.min(MAX_BACKOFF_MS, interval * 2 ** Math.min(failures, 10));
        await options.clock.sleep(pause, signal);
      }
    },
  };
}
