import type { Logger, Service } from "@orion/protocol/common";

/** A service that runs inside the test's own process. */
export interface Started {
  /** Asks it to stop and waits; throws what ended it. */
  stop(): Promise<void>;
  readonly ended: Promise<void>;
}

export function startHere(service: Service): Started {
  const abort = new AbortController();
  const ended = service.run(abort.signal);
  // The test that stops the service is told; until then it is not an unhandled rejection.
  ended.catch(() => undefined);
  return {
    ended,
    stop: async () => {
      abort.abort();
      await ended;
    },
  };
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

/** A logger that keeps what it is told. */
export function recordingLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (fields: Record<string, unknown>, message: string): void =>
      void lines.push({ level, message, fields });
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
