import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { ConfigurationError, OrionError } from "@orion/protocol/common";
import { lockFolder, type FolderLock } from "@orion/protocol/common/node";

const bytes32 = z.string().regex(/^0x[0-9a-f]{64}$/);
const entrySchema = z.strictObject({ version: z.literal(2), key: bytes32, outputsRoot: bytes32, outputs: bytes32 });

/** What a worker is about to sign for one claim. */
export interface JournalEntry {
  readonly key: string;
  readonly outputsRoot: string;
  /** Digest of the outputs document. */
  readonly outputs: string;
}

/** The same claim was computed to two different roots: this machine or its journal cannot be trusted. */
export class SecondRootError extends OrionError {
  readonly code = "SECOND_ROOT";
  readonly retryable = false;
}

/** The journal cannot be read or written; nothing may be signed without it. A full disk may have room again later; a damaged entry does not mend. */
export class JournalError extends OrionError {
  readonly code = "JOURNAL";
  readonly retryable: boolean;

  constructor(message: string, options: { hint?: string; cause?: unknown; retryable: boolean }) {
    super(message, options);
    this.retryable = options.retryable;
  }
}

/**
 * Remembers, before anything is signed, what each claim was committed to. One file per claim, written atomically and synced to disk, so that
 * a crash at any instant leaves either no entry or a whole one. A second root for a claim is refused.
 */
export class Journal {
  readonly #dir: string;
  readonly #lock: FolderLock;

  private constructor(dir: string, lock: FolderLock) {
    this.#dir = dir;
    this.#lock = lock;
  }

  /**
   * Opens the journal of one account and locks it against every other worker.
   * @throws ConfigurationError when another one holds it or the folder cannot be used
   */
  static async open(dir: string): Promise<Journal> {
    let lock: FolderLock | undefined;
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      lock = lockFolder(dir);
      if (lock === undefined) {
        throw new ConfigurationError(`another worker uses the folder ${dir}`, {
          hint: "run one worker per key, or give each its own --data-dir",
        });
      }
      for (const name of await readdir(dir)) if (name.endsWith(".tmp")) await rm(join(dir, name));
      return new Journal(dir, lock);
    } catch (cause) {
      lock?.release();
      if (cause instanceof OrionError) throw cause;
      if (isFull(cause)) {
        throw new JournalError(`cannot use the journal folder ${dir}: ${reason(cause)}`, {
          cause,
          retryable: true,
          hint: "make room on that disk, or name another folder with --data-dir",
        });
      }
      throw new ConfigurationError(`cannot use the journal folder ${dir}: ${reason(cause)}`, {
        cause,
        hint: "name a writable folder with --data-dir",
      });
    }
  }

  /** The entry of a claim, or undefined. @throws JournalError when its file is damaged or cannot be read */
  async get(key: string): Promise<JournalEntry | undefined> {
    let text: string;
    try {
      text = await readFile(this.#path(key), "utf8");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      const message = `cannot read the journal entry ${this.#path(key)}: ${reason(cause)}`;
      throw new JournalError(message, { cause, retryable: true });
    }
    const parsed = parseEntry(text);
    if (parsed === undefined || parsed.key !== key) {
      throw new JournalError(`the journal entry ${this.#path(key)} is damaged`, {
        retryable: false,
        hint: "remove that file: the root is recomputed, and a right computation always gives the same one",
      });
    }
    return { key: parsed.key, outputsRoot: parsed.outputsRoot, outputs: parsed.outputs };
  }

  /**
   * Writes the entry durably; returns the one that counts.
   * @throws SecondRootError if the claim was journalled with another root, JournalError when it cannot be written
   */
  async record(entry: JournalEntry): Promise<JournalEntry> {
    const known = await this.get(entry.key);
    if (known !== undefined) {
      if (known.outputsRoot === entry.outputsRoot) return known;
      throw new SecondRootError(
        `claim ${entry.key} was computed to ${entry.outputsRoot} but is journalled with ${known.outputsRoot}`,
        { hint: "this machine does not compute reproducibly: check its memory and drivers before it works again" },
      );
    }
    const path = this.#path(entry.key);
    try {
      await writeDurably(this.#dir, path, JSON.stringify({ version: 2, ...entry }));
    } catch (cause) {
      await rm(`${path}.tmp`, { force: true }).catch(() => undefined);
      throw new JournalError(`cannot write the journal entry ${path}: ${reason(cause)}`, {
        cause,
        retryable: true,
        hint: "make room on that disk, or name another folder with --data-dir; nothing was signed",
      });
    }
    return entry;
  }

  /** Forgets a claim that is settled or lost. */
  async forget(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  /** Keys of all claims that are still remembered. */
  async keys(): Promise<string[]> {
    const names = await readdir(this.#dir);
    return names.filter((n) => /^0x[0-9a-f]{64}\.json$/.test(n)).map((n) => n.slice(0, -".json".length));
  }

  close(): void {
    this.#lock.release();
  }

  #path(key: string): string {
    return join(this.#dir, `${key}.json`);
  }
}

function parseEntry(text: string): z.infer<typeof entrySchema> | undefined {
  try {
    return entrySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function writeDurably(dir: string, path: string, text: string): Promise<void> {
  const file = await open(`${path}.tmp`, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
  const folder = await open(dir, "r");
  try {
    // Without this the rename itself may be lost.
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const FULL = new Set<unknown>(["ENOSPC", "EDQUOT", "EIO", "EMFILE", "ENFILE"]);
const SQLITE_FULL = new Set<unknown>([10, 13]);

/** The disk takes no more, or the process may open no more files: both may pass. */
function isFull(cause: unknown): boolean {
  const { code, errcode } = (cause ?? {}) as { code?: unknown; errcode?: unknown };
  return FULL.has(code) || SQLITE_FULL.has(errcode);
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
