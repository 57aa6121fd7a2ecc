/** What services log through; the process entry decides where it goes (pino satisfies it). */
export interface Logger {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

const nothing = (): void => undefined;

/** For callers that print their own progress. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
