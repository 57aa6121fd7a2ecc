import { open, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { IntegrityError } from "@orion/protocol/common";
import { FsBlockstore } from "blockstore-fs";
import { NextToLast } from "blockstore-fs/sharding";
import type { CID } from "multiformats/cid";
import { verifyBlock } from "../block-hash.ts";
import { join } from "../fetch-block.ts";
import { NotStoredError, tooLarge } from "./rpc-error.ts";

/** Blocks on disk. Everything is re-hashed on its way in and on its way out. */
export interface Blocks {
  /** @throws NotStoredError, IntegrityError for a block that was damaged on disk */
  readonly get: (cid: CID) => Promise<Uint8Array>;
  /** On disk, and durable against a crash of the machine, when it resolves. */
  readonly put: (cid: CID, bytes: Uint8Array) => Promise<void>;
  /** Whether a file for it is there; its content is looked at by `get`. */
  has(cid: CID): Promise<boolean>;
  stats(): Promise<{ count: number; bytes: number }>;
}

const HERE = "this node's disk";

export async function openBlocks(folder: string, maxBlockBytes: number): Promise<Blocks> {
  const sharding = new NextToLast();
  const store = new FsBlockstore(folder, { shardingStrategy: sharding });
  await store.open();
  const fileOf = (cid: CID): string => {
    const place = sharding.encode(cid);
    return path.join(folder, place.dir, place.file);
  };
  const get = async (cid: CID): Promise<Uint8Array> => {
    const bytes = await readWhole(store, cid, fileOf(cid), maxBlockBytes);
    await verifyBlock(cid, bytes, HERE);
    return bytes;
  };
  const write = async (cid: CID, bytes: Uint8Array): Promise<void> => {
    if (await isIntact(get, cid)) return;
    await store.put(cid, bytes); // to a temporary file beside it, then renamed
    await flush(fileOf(cid));
  };
  const writing = new Map<string, Promise<void>>();
  const put = async (cid: CID, bytes: Uint8Array): Promise<void> => {
    if (bytes.byteLength > maxBlockBytes) throw tooLarge("the block", maxBlockBytes);
    await verifyBlock(cid, bytes, "the sender");
    // Two writers of one block would share the temporary file, and the loser could truncate what the winner renamed.
    const file = fileOf(cid);
    let current = writing.get(file);
    if (current === undefined) {
      current = write(cid, bytes).finally(() => writing.delete(file));
      writing.set(file, current);
    }
    await current;
  };
  return { get, put, has: (cid) => store.has(cid), stats: () => measure(folder, sharding.extension) };
}

async function isIntact(get: Blocks["get"], cid: CID): Promise<boolean> {
  try {
    await get(cid);
    return true;
  } catch (error) {
    if (error instanceof NotStoredError || error instanceof IntegrityError) return false; // a damaged block is mended
    throw error;
  }
}

async function readWhole(store: FsBlockstore, cid: CID, file: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    for await (const chunk of store.get(cid)) {
      total += chunk.byteLength;
      if (total > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    if (await exists(file)) throw cause; // unreadable is not the same as absent
    throw new NotStoredError(cid.toString());
  }
  if (total > maxBytes) {
    throw new IntegrityError(`the stored block ${cid.toString()} is damaged: it outgrew ${maxBytes} bytes`);
  }
  return join(chunks, total);
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

/** Renaming makes a write atomic, only a flush of the file and of its folder makes it outlast a power cut. */
async function flush(file: string): Promise<void> {
  for (const target of [file, path.dirname(file)]) {
    const handle = await open(target, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

async function measure(folder: string, extension: string): Promise<{ count: number; bytes: number }> {
  const total = { count: 0, bytes: 0 };
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(extension)) continue;
    total.count++;
    total.bytes += (await stat(path.join(entry.parentPath, entry.name))).size;
  }
  return total;
}
