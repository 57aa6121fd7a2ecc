import { mkdir, open, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { IntegrityError } from "@orion/protocol/common";
import { NextToLast } from "blockstore-fs/sharding";
import type { CID } from "multiformats/cid";
import { verifyBlock } from "../block-hash.ts";
import type { CarBlock } from "../car.ts";
import { openDurableFiles } from "./durable-files.ts";
import { openPacks } from "./packs.ts";
import { NotStoredError, tooLarge } from "./rpc-error.ts";

/**
 * Blocks on disk: single ones a file each, in the layout of blockstore-fs; those that came together in packs. Everything
 * is re-hashed on its way in and on its way out.
 */
export interface Blocks {
  /** @throws NotStoredError, IntegrityError for a block that was damaged on disk */
  readonly get: (cid: CID) => Promise<Uint8Array>;
  /** On disk, and durable against a crash of the machine, when it resolves. */
  readonly put: (cid: CID, bytes: Uint8Array) => Promise<void>;
  /**
   * Stores blocks that were re-hashed already, as `readCar` does, many at the price of a few. All of them are durable
   * when it resolves; when it fails, those before the failure may be there.
   */
  readonly putVerified: (source: AsyncIterable<CarBlock>) => Promise<void>;
  /** Whether a file for it is there; its content is looked at by `get`. */
  has(cid: CID): Promise<boolean>;
  stats(): Promise<{ count: number; bytes: number }>;
}

const HERE = "this node's disk";
/** Neither is the name of a block's folder, which is two characters long. */
const [DRAFTS, PACKS] = ["drafts", "packs"];
/** What one pack holds at most, and so what one upload holds in memory. */
const PACK_BYTES = 8 * 1024 * 1024;
const PACK_BLOCKS = 512;

/** @param onDamaged told of a pack whose blocks cannot be found any more */
export async function openBlocks(
  folder: string,
  maxBlockBytes: number,
  onDamaged: (file: string) => void = () => {},
): Promise<Blocks> {
  const sharding = new NextToLast();
  await mkdir(folder, { recursive: true });
  const files = await openDurableFiles(folder, path.join(folder, DRAFTS));
  const packs = await openPacks(folder, PACKS, files, onDamaged);
  const fileOf = (cid: CID): string => {
    const place = sharding.encode(cid);
    return path.join(folder, place.dir, place.file);
  };
  const get = async (cid: CID): Promise<Uint8Array> => {
    const bytes = (await packs.read(cid)) ?? (await readWhole(cid, fileOf(cid), maxBlockBytes));
    await verifyBlock(cid, bytes, HERE);
    return bytes;
  };
  const has = async (cid: CID): Promise<boolean> => packs.has(cid) || (await exists(fileOf(cid)));
  const isIntact = async (cid: CID): Promise<boolean> => (await has(cid)) && (await isReadable(get, cid));
  const assertSize = (bytes: Uint8Array): void => {
    if (bytes.byteLength > maxBlockBytes) throw tooLarge("the block", maxBlockBytes);
  };
  /** One file. Writers of one block do not hinder each other: each has a draft, and any of them may give it the name. */
  const write = async (cid: CID, bytes: Uint8Array): Promise<void> => {
    const { dir, file } = sharding.encode(cid);
    if (packs.has(cid)) {
      if (!(await isReadable(get, cid))) await packs.write([{ cid, bytes }]);
      return;
    }
    if (!(await isIntact(cid))) await files.write(dir, file, [bytes]);
    // In any case: a file that is there may be another writer's, which has not flushed its name yet.
    await files.flush(dir);
  };
  const writeTogether = async (blocks: readonly CarBlock[]): Promise<void> => {
    const absent: CarBlock[] = [];
    for (const block of blocks) {
      if (await isIntact(block.cid)) await write(block.cid, block.bytes);
      else absent.push(block);
    }
    if (absent.length === 1) for (const { cid, bytes } of absent) await write(cid, bytes);
    else if (absent.length > 1) await packs.write(absent);
  };
  return {
    get,
    put: async (cid, bytes) => {
      assertSize(bytes);
      await verifyBlock(cid, bytes, "the sender");
      await write(cid, bytes);
    },
    putVerified: async (source) => {
      let together = new Map<string, CarBlock>();
      let size = 0;
      const flush = async (): Promise<void> => {
        await writeTogether([...together.values()]);
        together = new Map();
        size = 0;
      };
      for await (const block of source) {
        assertSize(block.bytes);
        if (size + block.bytes.byteLength > PACK_BYTES || together.size === PACK_BLOCKS) await flush();
        together.set(block.cid.toString(), block);
        size += block.bytes.byteLength;
      }
      await flush();
    },
    has,
    stats: async () => {
      const single = await measure(folder, sharding.extension);
      const packed = packs.stats();
      return { count: single.count + packed.count, bytes: single.bytes + packed.bytes };
    },
  };
}

async function isReadable(get: Blocks["get"], cid: CID): Promise<boolean> {
  try {
    await get(cid);
    return true;
  } catch (error) {
    if (error instanceof NotStoredError || error instanceof IntegrityError) return false; // a damaged block is mended
    throw error;
  }
}

async function readWhole(cid: CID, file: string, maxBytes: number): Promise<Uint8Array> {
  const handle = await open(file).catch((cause: unknown) => {
    if (isAbsent(cause)) throw new NotStoredError(cid.toString());
    throw cause; // unreadable is not the same as absent
  });
  try {
    const { size } = await handle.stat();
    if (size > maxBytes) {
      throw new IntegrityError(`the stored block ${cid.toString()} is damaged: it outgrew ${maxBytes} bytes`);
    }
    const { buffer, byteOffset, byteLength } = await handle.readFile();
    return new Uint8Array(buffer, byteOffset, byteLength);
  } finally {
    await handle.close();
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
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
