import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";

/** Files that are whole, and outlast a power cut once their folders are flushed. */
export interface DurableFiles {
  /**
   * Writes a file into the folder, in one step: readers see all of it or nothing. Its content is on disk when this
   * resolves, its name only after `flush`.
   */
  readonly write: (folder: string, name: string, parts: readonly Uint8Array[]) => Promise<void>;
  /** Makes the names in the folder outlast a power cut. */
  readonly flush: (folder: string) => Promise<void>;
}

/**
 * @param root an existing folder, flushed with its subfolders' names; every file lies in a subfolder of it
 * @param drafts a folder on the same file system for files under way; what a kill left there is removed
 */
export async function openDurableFiles(root: string, drafts: string): Promise<DurableFiles> {
  await rm(drafts, { recursive: true, force: true });
  await mkdir(drafts);
  const known = new Set(await readdir(root));
  /** Folders whose own name may not outlast a power cut. */
  const unflushed = new Set<string>();
  let count = 0;
  return {
    write: async (folder, name, parts) => {
      if (!known.has(folder)) {
        unflushed.add(folder); // before it is there: another writer may see it before this one goes on
        await mkdir(path.join(root, folder), { recursive: true });
        known.add(folder);
      }
      const draft = path.join(drafts, String(count++));
      try {
        await writeFlushed(draft, parts);
        await rename(draft, path.join(root, folder, name));
      } catch (cause) {
        await rm(draft, { force: true });
        throw cause;
      }
    },
    flush: async (folder) => {
      await flushFolder(path.join(root, folder));
      if (!unflushed.has(folder)) return;
      await flushFolder(root); // the name of the folder itself
      unflushed.delete(folder);
    },
  };
}

async function writeFlushed(file: string, parts: readonly Uint8Array[]): Promise<void> {
  const handle = await open(file, "wx");
  try {
    for (const part of parts) await handle.writeFile(part); // each goes behind the one before
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Renaming makes a write atomic; only a flush of the folder makes the new name outlast a power cut. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
