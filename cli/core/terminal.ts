import { toJson } from "./json.ts";
import { escapeControls } from "./printable.ts";
import type { Secrets } from "./secrets.ts";

export interface Stream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Where a command prints: results to stdout, everything about its progress to stderr. */
export interface Terminal {
  /** True when output is for machines. */
  readonly json: boolean;
  /** True when a person watches stderr. */
  readonly interactive: boolean;
  readonly columns: number;
  /** The outcome of a command: one JSON object, or lines. */
  result(value: object, lines: readonly string[]): void;
  /** One of a sequence of events: one JSON object a line, or a line. */
  event(value: object, line: string): void;
  /** A remark for people; nothing with `--json`. */
  note(line: string): void;
  /** Redraws the last lines of an interactive terminal; does nothing elsewhere. An empty list ends the drawing and leaves nothing. */
  draw(lines: readonly string[]): void;
  /** A whole line to stderr as it is, machine-readable or not. */
  diagnostic(line: string): void;
}

export interface TerminalOptions {
  readonly json: boolean;
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly secrets: Secrets;
}

const CLEAR_LINE = "\x1b[2K";
const DEFAULT_COLUMNS = 100;

export function createTerminal({ json, stdout, stderr, secrets }: TerminalOptions): Terminal {
  const interactive = stderr.isTTY === true && !json;
  const columns = stderr.columns ?? DEFAULT_COLUMNS;
  let drawn: readonly string[] = [];
  // Whatever it comes from: strangers' words stand in errors and logs too.
  const clean = (line: string): string => escapeControls(secrets.scrub(line));
  const erase = (): void => {
    for (let i = 0; i < drawn.length; i++) stderr.write(`\x1b[1A${CLEAR_LINE}`);
    if (drawn.length > 0) stderr.write("\r");
  };
  const redraw = (): void => {
    for (const line of drawn) stderr.write(`${line.slice(0, columns - 1)}\n`);
  };
  const print = (stream: Stream, line: string): void => {
    erase();
    stream.write(`${clean(line)}\n`);
    redraw();
  };
  return {
    json,
    interactive,
    columns,
    result: (value, lines) => {
      if (json) print(stdout, toJson(value));
      else for (const line of lines) print(stdout, line);
    },
    event: (value, line) => print(stdout, json ? toJson(value) : line),
    note: (line) => {
      if (!json) print(stderr, line);
    },
    draw: (lines) => {
      if (!interactive) return;
      erase();
      drawn = lines.map(clean);
      redraw();
    },
    diagnostic: (line) => print(stderr, line),
  };
}
