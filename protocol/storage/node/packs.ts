import { createHash } from "node:crypto";
import { open, readdir } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import type { CID } from "multiformats/cid";
import type { CarBlock } from "../car.ts";
import type { DurableFiles } from "./durable-files.ts";

/**
 * Many blocks in one file: "ORIONPK1", the number of blocks (32 bits, big-endian), for each its sha2-256 and length
 * (32 bits), the sha2-256 of all that, then the blocks. A file a block costs several system calls and two flushes each,
 * which for shards of 100 KiB is most of the work of storing them.
 */
export interface Packs {
  /** The block as it lies on disk, or undefined when no pack has it. */
  readonly read: (cid: CID) => Promise<Uint8Array | undefined>;
  readonly has: (cid: CID) => boolean;
  /** Writes one pack; durable when it resolves. A block that another pack has is taken from this one from then on. */
  readonly write: (blocks: readonly CarBlock[]) => Promise<void>;
  readonly stats: () => { count: number; bytes: number };
}

interface Place {
  file: string;
  offset: number;
  length: number;
}

const MAGIC = Buffer.from("ORIONPK1");
const DIGEST_BYTES = 32;
const ENTRY_BYTES = DIGEST_BYTES + 4;
const PREFIX_BYTES = MAGIC.byteLength + 4;
/** Far above what is ever written; a damaged count must not make the node read a whole disk. */
const MAX_BLOCKS = 1 << 20;

/**
 * Reads the heads of all packs in a folder.
 * @param name the folder, under the root of `files`
 * @param onDamaged told of a pack whose head is not what was written: its blocks count as absent
 */
export async function openPacks(
  root: string,
  name: string,
  files: DurableFiles,
  onDamaged: (file: string) => void,
): Promise<Packs> {
  const folder = path.join(root, name);
  const places = new Map<string, Place>();
  let bytes = 0;
  let next = 0;
  const learn = (file: string, entries: readonly Entry[]): void => {
    let offset = headBytes(entries.length);
    for (const { key, length } of entries) {
      bytes += length - (places.get(key)?.length ?? 0);
      places.set(key, { file, offset, length });
      offset += length;
    }
  };
  for (const file of (await namesIn(folder)).sort()) {
    const entries = await readHead(path.join(folder, file));
    if (entries === undefined) onDamaged(path.join(folder, file));
    else learn(file, entries);
    next = Math.max(next, Number.parseInt(file, 10) + 1 || 0);
  }
  return {
    has: (cid) => places.has(keyOf(cid)),
    stats: () => ({ count: places.size, bytes }),
    read: async (cid) => {
      const place = places.get(keyOf(cid));
      if (place === undefined) return undefined;
      return withFile(path.join(folder, place.file), (handle) => readAt(handle, place.offset, place.length));
    },
    write: async (blocks) => {
      const entries = blocks.map(({ cid, bytes: { byteLength } }) => ({ key: keyOf(cid), length: byteLength }));
      // Names sort in the order of writing, so that after a restart too the newest place of a block counts.
      const file = `${String(next++).padStart(12, "0")}.pack`;
      await files.write(name, file, [encodeHead(entries), ...blocks.map((block) => block.bytes)]);
      await files.flush(name);
      learn(file, entries);
    },
  };
}

/** The folder is made with its first pack. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

interface Entry {
  /** The digest in hexadecimal: the same bytes under two codecs are one block, as they are in a file of its own. */
  key: string;
  length: number;
}

function keyOf(cid: CID): string {
  return Buffer.from(cid.multihash.digest).toString("hex");
}

const headBytes = (count: number): number => PREFIX_BYTES + count * ENTRY_BYTES + DIGEST_BYTES;

function encodeHead(entries: readonly Entry[]): Uint8Array {
  const head = Buffer.alloc(headBytes(entries.length));
  MAGIC.copy(head);
  let at = head.writeUInt32BE(entries.length, MAGIC.byteLength);
  for (const { key, length } of entries) {
    head.write(key, at, "hex");
    at = head.writeUInt32BE(length, at + DIGEST_BYTES);
  }
  createHash("sha256").update(head.subarray(0, at)).digest().copy(head, at);
  return head;
}

/** Undefined for a head that was not written like this. */
async function readHead(file: string): Promise<Entry[] | undefined> {
  return withFile(file, async (handle) => {
    const prefix = Buffer.from(await readAt(handle, 0, PREFIX_BYTES));
    if (prefix.byteLength < PREFIX_BYTES || !prefix.subarray(0, MAGIC.byteLength).equals(MAGIC)) return undefined;
    const count = prefix.readUInt32BE(MAGIC.byteLength);
    if (count > MAX_BLOCKS) return undefined;
    const head = Buffer.from(await readAt(handle, 0, headBytes(count)));
    const end = headBytes(count) - DIGEST_BYTES;
    const digest = createHash("sha256").update(head.subarray(0, end)).digest();
    if (!digest.equals(head.subarray(end))) return undefined;
    return Array.from({ length: count }, (_, i) => {
      const at = PREFIX_BYTES + i * ENTRY_BYTES;
      return { key: head.toString("hex", at, at + DIGEST_BYTES), length: head.readUInt32BE(at + DIGEST_BYTES) };
    });
  });
}

/** Fewer bytes where the file ends early. */
async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

async function withFile<T>(file: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(file, "r");
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}
