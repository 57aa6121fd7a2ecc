import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { ConfigurationError } from "@orion/protocol/common";

export interface FolderLock {
  release(): void;
}

/**
 * Takes a folder for this process alone. The lock is one of the operating system's on a small file, held through SQLite, which Node
 * carries: it ends with its process however that dies, so no lock is ever left behind and no process number can be mistaken for another's.
 * @throws ConfigurationError while somebody else holds it
 */
export function lockFolder(dir: string): FolderLock {
  const database = new DatabaseSync(join(dir, "lock"));
  try {
    database.exec("PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    if (!isBusy(cause)) throw cause;
    throw new ConfigurationError(`another worker uses the folder ${dir}`, {
      cause,
      hint: "run one worker per key, or give each its own --data-dir",
    });
  }
  return { release: () => database.close() };
}

const SQLITE_BUSY = 5;

function isBusy(cause: unknown): boolean {
  return (cause as { errcode?: unknown } | null)?.errcode === SQLITE_BUSY;
}
