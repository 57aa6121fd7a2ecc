import { AbortedError, UnavailableError } from "@orion/protocol/common";

/** A time limit that moves on with every sign of life, joined with the caller's own signal. */
export interface Deadline {
  signal: AbortSignal;
  /** Starts the time again: something arrived or was asked for. */
  readonly touch: () => void;
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
  const forward = (): void => controller.abort(caller?.reason);
  if (caller?.aborted === true) forward();
  caller?.addEventListener("abort", forward, { once: true });
  return {
    signal: controller.signal,
    touch: () => {
      clearTimeout(timer);
      if (!controller.signal.aborted) timer = setTimeout(expire, timeoutMs);
    },
    pause: () => clearTimeout(timer),
    clear: () => {
      clearTimeout(timer);
      caller?.removeEventListener("abort", forward);
    },
    explain: (cause) => {
      if (caller?.aborted === true) return new AbortedError("the transfer was stopped", { cause });
      if (!expired) return undefined;
      return new UnavailableError(`${what} did not answer within ${timeoutMs / 1000} s`, {
        hint: "check that it runs and is reachable, or allow it more time",
        cause,
      });
    },
  };
}
