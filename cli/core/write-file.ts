import { randomBytes } from "node:crypto";
import { link, mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { ConfigurationError, InvalidInputError } from "@orion/protocol/common";

export interface WriteOptions {
  readonly mode?: number;
  /** Fail instead of replacing a file. */
  readonly isNew?: boolean;
}

/**
 * Writes a file whole or not at all: beside its place first, then renamed.
 * @throws InvalidInputError when it exists and may not be replaced, ConfigurationError when the place can't be written
 */
export async function writeWhole(file: string, data: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(draft, data, { mode: options.mode ?? 0o644, flag: "wx", flush: true });
    // A link, unlike a rename, refuses to replace what is there.
    if (options.isNew === true) await link(draft, file);
    else await rename(draft, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") {
      throw new InvalidInputError(`${file} exists already`, {
        cause,
        hint: "choose another name, or move it away first",
      });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(`cannot write ${file}: ${reason}`, {
      cause,
      hint: "choose a folder that you may write to",
    });
  } finally {
    await rm(draft, { force: true });
  }
}
