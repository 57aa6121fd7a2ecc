import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { ConfigurationError, InvalidInputError, OrionError } from "@orion/protocol/common";

const bytes32 = z.string().regex(/^0x[0-9a-f]{64}$/);
const entrySchema = z.strictObject({ version: z.literal(1), key: bytes32, claimRoot: bytes32, outputs: bytes32 });

/** What a worker is about to sign for one claim. */
export interface JournalEntry {
  readonly key: string;
  readonly claimRoot: string;
  /** Digest of the outputs document. */
  readonly outputs: string;
}

/** The same claim was computed to two different roots: this machine or its journal cannot be trusted. */
export class SecondRootError extends OrionError {
  readonly code = "SECOND_ROOT";
  readonly retryable = false;
}

/**
 * Remembers, before anything is signed, what each claim was committed to. One file per claim, written atomically and synced to disk, so that
 * a crash at any instant leaves either no entry or a whole one. A second root for a claim is refused.
 */
export class Journal {
  readonly #dir: string;
  readonly #lock: string;

  private constructor(dir: string, lock: string) {
    this.#dir = dir;
    this.#lock = lock;
  }

  /**
   * Opens the journal of one account and locks it against a second process.
   * @throws ConfigurationError when another living process holds it or the folder cannot be used
   */
  static async open(dir: string): Promise<Journal> {
    const lock = join(dir, "lock");
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await takeLock(lock);
    } catch (cause) {
      if (cause instanceof OrionError) throw cause;
      throw new ConfigurationError(`cannot use the journal folder ${dir}`, { cause, hint: "name a writable folder with --data-dir" });
    }
    for (const name of await readdir(dir)) if (name.endsWith(".tmp")) await rm(join(dir, name));
    return new Journal(dir, lock);
  }

  /** The entry of a claim, or undefined. @throws InvalidInputError when its file is damaged */
  async get(key: string): Promise<JournalEntry | undefined> {
    let text: string;
    try {
      text = await readFile(this.#path(key), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    const parsed = parseEntry(text);
    if (parsed === undefined || parsed.key !== key) {
      throw new InvalidInputError(`the journal entry ${this.#path(key)} is damaged`, {
        hint: "remove that file: the root is recomputed, and a right computation always gives the same one",
      });
    }
    return { key: parsed.key, claimRoot: parsed.claimRoot, outputs: parsed.outputs };
  }

  /**
   * Writes the entry durably; returns the one that counts.
   * @throws SecondRootError if the claim was journalled with another root
   */
  async record(entry: JournalEntry): Promise<JournalEntry> {
    const known = await this.get(entry.key);
    if (known !== undefined) {
      if (known.claimRoot === entry.claimRoot) return known;
      throw new SecondRootError(`claim ${entry.key} was computed to ${entry.claimRoot} but is journalled with ${known.claimRoot}`, {
        hint: "this machine does not compute reproducibly: do not work with it before its memory and drivers are checked",
      });
    }
    const path = this.#path(entry.key);
    const temporary = `${path}.tmp`;
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(JSON.stringify({ version: 1, ...entry }));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(this.#dir);
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

  async close(): Promise<void> {
    await rm(this.#lock, { force: true });
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

async function takeLock(path: string): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = await open(path, "wx", 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = Number(await readFile(path, "utf8").catch(() => "0"));
    if (holder !== process.pid && isAlive(holder)) {
      throw new ConfigurationError(`another worker (process ${String(holder)}) uses this journal`, {
        hint: "run one worker per key, or give each its own --data-dir",
      });
    }
    await rm(path, { force: true });
  }
  throw new ConfigurationError("cannot lock the journal", { hint: "another worker is starting with the same --data-dir" });
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Makes a rename durable. */
async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
