import { pino } from "pino";

import type { Logger } from "@orion/protocol/common";

import { toJson } from "./json.ts";
import type { Terminal } from "./terminal.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** pino's JSON lines on stderr; short lines where a person watches. */
export function createLogger(terminal: Terminal, name: string, level: LogLevel): Logger {
  if (terminal.interactive) return prettyLogger(terminal, level);
  const destination = { write: (line: string): void => terminal.diagnostic(line.trimEnd()) };
  return pino({ name, level, base: { name }, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

function prettyLogger(terminal: Terminal, level: LogLevel): Logger {
  const threshold = LOG_LEVELS.indexOf(level);
  const at =
    (own: LogLevel) =>
    (fields: Record<string, unknown>, message: string): void => {
      if (LOG_LEVELS.indexOf(own) < threshold) return;
      const time = new Date().toTimeString().slice(0, 8);
      const details = Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => ` ${key}=${typeof value === "string" ? value : toJson(value)}`);
      terminal.diagnostic(`${time} ${own === "info" ? "" : `${own}: `}${message}${details.join("")}`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
