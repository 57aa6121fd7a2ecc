import type { Stream } from "./terminal.ts";

/** A stream of the process: it tells of each write what became of it. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string, done: (error?: Error | null) => void): unknown;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

export interface GuardOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  /** True for a command that goes on to its end although nobody reads what it prints: it has signed, or is about to. */
  readonly outlasts: () => boolean;
  /** Is told once that standard output cannot be written. */
  readonly report: (error: Error) => void;
  readonly exit: (code?: number) => void;
}

const TROUBLE: Readonly<Record<string, string>> = {
  EDQUOT: "the quota of this user is used up",
  EFBIG: "the file is as large as it may be",
  EIO: "its device fails",
  ENOSPC: "no room is left",
};

/**
 * Standard output and standard error, whose failures crash nothing. A reader that goes away (`orion … | head`) ends the command quietly, and one that
 * signs only when it is through. What a signing command cannot print goes to standard error. That nobody hears its remarks ends nothing.
 */
export function guardOutput({ stdout, stderr, outlasts, report, exit }: GuardOptions): {
  stdout: Stream;
  stderr: Stream;
} {
  let trouble: "none" | "gone" | "unwritable" = "none";
  const remark = guarded(stderr, () => undefined);
  const result = guarded(stdout, (error, text) => {
    if (trouble === "none" && error.code === "EPIPE") trouble = "gone";
    if (trouble === "gone") {
      if (!outlasts()) exit();
      return;
    }
    if (outlasts() && text !== "") remark.write(text);
    if (trouble === "none") report(error);
    trouble = "unwritable";
    if (!outlasts()) exit(1);
  });
  return { stdout: result, stderr: remark };
}

/** @param failed is told of each text that was not written; of others' texts it is told without them */
function guarded(output: Output, failed: (error: NodeJS.ErrnoException, text: string) => void): Stream {
  output.on("error", (error) => failed(error, ""));
  return {
    isTTY: output.isTTY,
    columns: output.columns,
    write: (text) => {
      try {
        output.write(text, (error) => {
          if (error !== undefined && error !== null) failed(error, text);
        });
      } catch (error) {
        failed(error as NodeJS.ErrnoException, text);
      }
    },
  };
}

/** In words why standard output cannot be written. */
export function outputTrouble({ code, message }: NodeJS.ErrnoException): string {
  const why = TROUBLE[code ?? ""];
  return `cannot write to standard output: ${why === undefined ? message : `${why} (${String(code)})`}`;
}
