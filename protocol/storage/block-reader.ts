import { InvalidInputError } from "@orion/protocol/common";
import type { CID } from "multiformats/cid";
import { assertSupportedCid, DAG_CBOR, DAG_PB, RAW } from "./cid.ts";
import { decodeDag } from "./dag-cbor.ts";
import { ContentTooLargeError } from "./errors.ts";
import { join } from "./http-body.ts";
import { CHUNK_BYTES, MAX_BLOCK_BYTES } from "./limits.ts";
import { readUnixfsFile } from "./unixfs-file.ts";

/** Gives one verified block of at most `maxBytes`. */
export type BlockSource = (cid: CID, options: { maxBytes: number; signal?: AbortSignal }) => Promise<Uint8Array>;

export interface GetBytesOptions {
  /** Nothing larger is downloaded or returned. Bytes. */
  maxBytes: number;
  signal?: AbortSignal;
}

export interface CallOptions {
  signal?: AbortSignal;
}

/** The reading half of a content store. */
export interface ContentReader {
  getBytes(cid: CID, options: GetBytesOptions): Promise<Uint8Array>;
  getDag(cid: CID, options?: CallOptions): Promise<unknown>;
}

/** Reads content from any source of verified blocks; runs in Node and browsers. */
export function createContentReader(source: BlockSource): ContentReader {
  return {
    getBytes: (cid, options) => getBytes(source, cid, options),
    getDag: (cid, options) => getDag(source, cid, options),
  };
}

async function getBytes(source: BlockSource, cid: CID, { maxBytes, signal }: GetBytesOptions): Promise<Uint8Array> {
  assertSupportedCid(cid, [RAW, DAG_PB]);
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 0) {
    throw new InvalidInputError(`maxBytes is ${maxBytes}, not a size`);
  }
  const carry = signal === undefined ? {} : { signal };
  if (cid.code === RAW) return source(cid, { maxBytes: Math.min(maxBytes, MAX_BLOCK_BYTES), ...carry });
  const load = (block: CID): Promise<Uint8Array> => source(block, { maxBytes: MAX_BLOCK_BYTES, ...carry });
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of readUnixfsFile(cid, load, { maxBytes })) {
    total += chunk.byteLength;
    if (total > maxBytes) throw new ContentTooLargeError(`the file ${cid.toString()}`, maxBytes);
    chunks.push(chunk);
  }
  return join(chunks, total);
}

async function getDag(source: BlockSource, cid: CID, options: CallOptions = {}): Promise<unknown> {
  assertSupportedCid(cid, [DAG_CBOR]);
  return decodeDag(cid, await source(cid, { ...options, maxBytes: CHUNK_BYTES }));
}
