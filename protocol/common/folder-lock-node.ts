import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** What holds the lock in a folder. */
export const LOCK_FILE = "lock";

export interface FolderLock {
  release(): void;
}

/** Takes a folder, which must exist, for this process alone, as `lockFile` does. */
export function lockFolder(dir: string): FolderLock | undefined {
  return lockFile(join(dir, LOCK_FILE));
}

/**
 * Takes a lock for this process alone; undefined while somebody else has it. The lock is one of the operating system's on a small file, held through SQLite, which Node carries: it ends with its
 * process however that dies, so no lock is ever left behind and no process number can be mistaken for another's.
 * @throws the file system's error where the file cannot be used
 */
export function lockFile(file: string): FolderLock | undefined {
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    if (isBusy(cause)) return undefined;
    throw cause;
  }
  return { release: () => database.close() };
}

const SQLITE_BUSY = 5;

function isBusy(cause: unknown): boolean {
  return (cause as { errcode?: unknown } | null)?.errcode === SQLITE_BUSY;
}
