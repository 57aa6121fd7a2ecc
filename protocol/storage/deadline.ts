import { AbortedError, UnavailableError } from "@orion/protocol/common";

/** What has to arrive within the time, so that a peer that sends a byte now and then is given up like one that is silent. */
const LEAST_BYTES = 64 * 1024;

/** A time limit that moves on with every sign of progress, joined with the caller's own signal. */
export interface Deadline {
  signal: AbortSignal;
  /** Starts the time again: a step is done, or something was asked for. */
  readonly touch: () => void;
  /** Counts what arrived; 64 KiB of it start the time again. */
  readonly received: (bytes: number) => void;
  /** Stops the time while it is the caller who is busy; `touch` starts it again. */
  readonly pause: () => void;
  /** Must be called at the end, else the timer holds the process. */
  readonly clear: () => void;
  /** The typed error for a failure under this deadline, if the deadline or the caller caused it. */
  readonly explain: (cause: unknown) => Error | undefined;
}

/** @param what names the peer in the message, such as "the IPFS node at http://…" */
export function createDeadline(timeoutMs: number, what: string, caller?: AbortSignal): Deadline {
  const controller = new AbortController();
  let expired = false;
  const expire = (): void => {
    expired = true;
    controller.abort(new DOMException("timed out", "TimeoutError"));
  };
  let timer = setTimeout(expire, timeoutMs);
  let bytesSince = 0;
  const touch = (): void => {
    bytesSince = 0;
    clearTimeout(timer);
    if (!controller.signal.aborted) timer = setTimeout(expire, timeoutMs);
  };
  const forward = (): void => controller.abort(caller?.reason);
  if (caller?.aborted === true) forward();
  caller?.addEventListener("abort", forward, { once: true });
  return {
    signal: controller.signal,
    touch,
    received: (bytes) => {
      bytesSince += bytes;
      if (bytesSince >= LEAST_BYTES) touch();
    },
    pause: () => clearTimeout(timer),
    clear: () => {
      clearTimeout(timer);
      caller?.removeEventListener("abort", forward);
    },
    explain: (cause) => {
      if (caller?.aborted === true) return new AbortedError("the transfer was stopped", { cause });
      if (!expired) return undefined;
      const failing = bytesSince === 0 ? "did not answer" : `sent only ${bytesSince} bytes`;
      return new UnavailableError(`${what} ${failing} within ${timeoutMs / 1000} s`, {
        hint: "check that it runs and is reachable, or allow it more time",
        cause,
      });
    },
  };
}
