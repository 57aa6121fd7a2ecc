import { randomBytes } from "node:crypto";
import { link, mkdir, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";

import { ConfigurationError, InvalidInputError, UnavailableError } from "@orion/protocol/common";

export interface WriteOptions {
  readonly mode?: number;
  /** Fail instead of replacing a file. */
  readonly isNew?: boolean;
}

/**
 * Writes a file whole or not at all: beside its place first, then renamed. A link is followed; what is no file, such as a pipe or a device, is written to.
 * @throws InvalidInputError when it exists and may not be replaced or is a folder, UnavailableError when the disk is full, ConfigurationError when the place can't be written
 */
export async function writeWhole(file: string, data: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  try {
    const there = await stat(file).catch(() => undefined);
    const isSpecial = there !== undefined && !there.isFile() && !there.isDirectory();
    // Renamed over a device, a file would take its place for everybody.
    if (isSpecial && options.isNew !== true) await writeFile(file, data);
    else await replace(there?.isFile() === true ? await realpath(file) : file, data, options);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") {
      throw new InvalidInputError(`${file} exists already`, {
        cause,
        hint: "choose another name, or move it away first",
      });
    }
    const { code } = cause as NodeJS.ErrnoException;
    // A file is renamed to its place last: then the place is a folder.
    if (code === "EISDIR") throw new InvalidInputError(`cannot write ${file}: it is a folder`, { hint: "name a file" });
    if (code === "ENOSPC" || code === "EDQUOT") {
      throw new UnavailableError(`cannot write ${file}: the disk is full`, {
        cause,
        hint: "make room, then try again",
      });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError(`cannot write ${file}: ${reason}`, {
      cause,
      hint: "choose a folder that you may write to",
    });
  }
}

async function replace(file: string, data: string | Uint8Array, { mode = 0o644, isNew }: WriteOptions): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(draft, data, { mode, flag: "wx", flush: true });
    // A link, unlike a rename, refuses to replace what is there.
    if (isNew === true) await link(draft, file);
    else await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}
