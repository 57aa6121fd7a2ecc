import { createDecoder } from "@ipld/car/decoder";
import { encode as encodeHeader } from "@ipld/dag-cbor";
import { InvalidInputError, OrionError } from "@orion/protocol/common";
import { varint } from "multiformats";
import type { CID } from "multiformats/cid";
import { verifyBlock } from "./block-hash.ts";
import { chunkReader } from "./chunk-reader.ts";
import type { ChunkReader } from "./chunk-reader.ts";
import { ContentTooLargeError } from "./errors.ts";
import { MAX_BLOCK_BYTES } from "./limits.ts";

export interface CarBlock {
  cid: CID;
  bytes: Uint8Array;
}

export interface CarContent {
  roots: CID[];
  /** Every block is re-hashed before it is yielded. */
  blocks: AsyncGenerator<CarBlock, void, undefined>;
}

/** A section is a CID and a block, a header a list of roots; neither is longer. */
const MAX_SECTION_BYTES = MAX_BLOCK_BYTES + 64 * 1024;

/**
 * Reads a CAR (version 1) as a stream, one block in memory at a time.
 * @param from who sent it, for messages
 * @throws InvalidInputError when it is malformed or truncated, IntegrityError when a block does not hash to its CID
 */
export async function readCar(source: AsyncIterable<Uint8Array>, from: string): Promise<CarContent> {
  const input = watchSource(source);
  const decoder = createDecoder(boundedReader(chunkReader(input)));
  try {
    const header = await input.explained(decoder.header(), from);
    if (header.version !== 1) throw malformed(from, `version ${header.version}; convert it to CAR version 1`);
    return { roots: header.roots, blocks: verifiedBlocks(decoder.blocks(), input, from) };
  } catch (error) {
    await input.close();
    throw error;
  }
}

async function* verifiedBlocks(
  source: AsyncIterable<CarBlock>,
  input: WatchedSource,
  from: string,
): AsyncGenerator<CarBlock, void, undefined> {
  const blocks = source[Symbol.asyncIterator]();
  const next = (): Promise<IteratorResult<CarBlock>> => input.explained(blocks.next(), from);
  try {
    for (let block = await next(); block.done !== true; block = await next()) {
      await verifyBlock(block.value.cid, block.value.bytes, from);
      yield block.value;
    }
  } finally {
    await input.close(); // the decoder does not pass an early end on to its input
  }
}

interface WatchedSource extends AsyncIterable<Uint8Array> {
  readonly close: () => Promise<void>;
  /** Tells a failure of the source, passed on as it is, from bytes that are no CAR. */
  readonly explained: <T>(pending: Promise<T>, from: string) => Promise<T>;
}

function watchSource(source: AsyncIterable<Uint8Array>): WatchedSource {
  const input = source[Symbol.asyncIterator]();
  let failure: { cause: unknown } | undefined;
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    try {
      return await input.next();
    } catch (cause) {
      failure = { cause };
      throw cause;
    }
  };
  return {
    [Symbol.asyncIterator]: () => ({ next }),
    close: async () => {
      await input.return?.();
    },
    explained: async (pending, from) => {
      try {
        return await pending;
      } catch (cause) {
        if (failure !== undefined) throw failure.cause;
        if (cause instanceof OrionError) throw cause;
        throw malformed(from, cause instanceof Error ? cause.message : String(cause), cause);
      }
    },
  };
}

/** The decoder reads a whole section at the length it claims; a hostile one would fill the memory. */
function boundedReader(reader: ChunkReader): ChunkReader {
  return {
    upTo: (length) => reader.upTo(length),
    exactly: (length, seek) => {
      if (length > MAX_SECTION_BYTES) throw new ContentTooLargeError("a section of the CAR", MAX_SECTION_BYTES);
      return reader.exactly(length, seek);
    },
    seek: (length) => reader.seek(length),
    get pos() {
      return reader.pos;
    },
  };
}

function malformed(from: string, why: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`the CAR from ${from} is malformed or truncated: ${why}`, { cause });
}

/**
 * Writes a CAR (version 1). Written by hand because the library's writer is a channel: a consumer that stops early
 * would leave the source of the blocks open for ever.
 */
export async function* writeCar(
  roots: CID[],
  blocks: AsyncIterable<CarBlock> | Iterable<CarBlock>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield carHeader(roots);
  for await (const { cid, bytes } of blocks) {
    yield carSectionHead(cid, bytes);
    if (bytes.byteLength > 0) yield bytes;
  }
}

/** What a CAR starts with. */
export function carHeader(roots: CID[]): Uint8Array {
  const header = encodeHeader({ roots, version: 1 });
  return concat(lengthPrefix(header.byteLength), header);
}

/** What comes before the bytes of a block in a CAR. */
export function carSectionHead(cid: CID, bytes: Uint8Array): Uint8Array {
  return concat(lengthPrefix(cid.bytes.byteLength + bytes.byteLength), cid.bytes);
}

function lengthPrefix(length: number): Uint8Array {
  return varint.encodeTo(length, new Uint8Array(varint.encodingLength(length)));
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.byteLength + b.byteLength);
  joined.set(a);
  joined.set(b, a.byteLength);
  return joined;
}
