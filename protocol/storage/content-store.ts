import { InvalidInputError, UnavailableError } from "@orion/protocol/common";
import type { KuboRPCClient } from "ipfs-http-client";
import type { CID } from "multiformats/cid";
import { cidOfBlock } from "./block-hash.ts";
import { createContentReader } from "./block-reader.ts";
import type { CallOptions, ContentReader } from "./block-reader.ts";
import { readCar, writeCar } from "./car.ts";
import { assertSupportedCid, codecName, DAG_CBOR, RAW } from "./cid.ts";
import { completeDag } from "./complete-dag.ts";
import { encodeDag } from "./dag-cbor.ts";
import { createDeadline } from "./deadline.ts";
import { BlockNotFoundError } from "./errors.ts";
import { CHUNK_BYTES } from "./limits.ts";
import { putMany } from "./put-many.ts";
import type { PutManyOptions } from "./put-many.ts";
import { blockSource, createRpc, rpcFailure } from "./rpc.ts";
import type { Rpc, RpcOptions } from "./rpc.ts";
import { importFileBlocks } from "./unixfs-import.ts";

/**
 * Content-addressed storage on an IPFS node: Kubo, an IPFS cluster or the embedded node, by URL. Every CID is computed
 * here before bytes leave and every fetched byte is re-hashed, so the node is trusted for availability alone.
 */
export interface ContentStore extends ContentReader {
  /**
   * Stores bytes, pinned: up to 1 MiB as one raw block, larger as a UnixFS file (unixfs-v1-2025: 1 MiB chunks, raw
   * leaves, CIDv1).
   */
  putBytes(bytes: Uint8Array, options?: CallOptions): Promise<CID>;
  /**
   * Stores many contents, each as `putBytes` does and with the same CIDs, in few requests: for thousands of shards a
   * request each would cost far more than their bytes. Contents are taken from the source as they are sent.
   * @returns their CIDs, in order; when it fails, what was stored before stays stored, and storing it again is cheap
   */
  putMany(contents: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, options?: PutManyOptions): Promise<CID[]>;
  /** Stores a value as one canonical dag-cbor block of at most 1 MiB, pinned. CIDv1, sha2-256. */
  putDag(value: unknown, options?: CallOptions): Promise<CID>;
  /** Whether the node itself holds the block; it does not ask the network. */
  has(cid: CID, options?: CallOptions): Promise<boolean>;
  /** The node's version; fails with UnavailableError when it cannot be reached. */
  version(options?: CallOptions): Promise<string>;
  /** Streams the whole DAG under a root as a CAR (version 1), verified and complete, or fails. */
  exportCar(root: CID, options?: CallOptions): AsyncIterable<Uint8Array>;
  /** Stores a CAR and pins its roots. Resolves to the roots. */
  importCar(source: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<CID[]>;
}

export type ContentStoreOptions = RpcOptions;

/** @throws ConfigurationError when the address is unusable; connects to nothing */
export function createContentStore(options: ContentStoreOptions): ContentStore {
  const rpc = createRpc(options);
  return {
    ...createContentReader(blockSource(rpc)),
    putBytes: (bytes, call) => putBytes(rpc, bytes, call),
    putMany: (contents, call) => putMany(rpc, contents, (bytes, one) => putBytes(rpc, bytes, one), call),
    putDag: (value, call) => putBlock(rpc, DAG_CBOR, encodeDag(value), call),
    has: (cid, call) => has(rpc, cid, call),
    version: (call) => version(rpc, call),
    exportCar: (root, call) => exportCar(rpc, root, call),
    importCar: (source, call) => importCar(rpc, source, call),
  };
}

async function version(rpc: Rpc, options?: CallOptions): Promise<string> {
  const answer: { version?: unknown } = await rpc.call(options, (client, signal) => client.version({ signal }));
  if (typeof answer.version === "string") return answer.version;
  throw new UnavailableError(`what answers at ${rpc.endpoint.shown} is no IPFS node`, {
    hint: "set the address of a Kubo RPC, such as http://127.0.0.1:5001",
  });
}

async function putBytes(rpc: Rpc, bytes: Uint8Array, options?: CallOptions): Promise<CID> {
  if (bytes.byteLength <= CHUNK_BYTES) return putBlock(rpc, RAW, bytes, options);
  // Cut here and sent as a CAR, so the result depends on no node's import settings.
  const { root, blocks } = await importFileBlocks(bytes);
  await rpc.call(options, async (client, signal, touch) => {
    const [stored] = await sendCar(client, touched(writeCar([root], blocks), touch), signal);
    assertStored(rpc, root, stored);
  });
  return root;
}

async function putBlock(rpc: Rpc, codec: number, bytes: Uint8Array, options?: CallOptions): Promise<CID> {
  const cid = await cidOfBlock(codec, bytes);
  // cid-codec is newer than the client's types; like every option it goes into the query.
  const settings = { cidCodec: codecName(codec), mhtype: "sha2-256", pin: true };
  await rpc.call(options, async (client, signal) => {
    assertStored(rpc, cid, await client.block.put(bytes, { ...settings, signal }));
  });
  return cid;
}

/** A garbled answer may be followed by a right one, so it is an error of the kind that is retried. @throws UnavailableError */
function assertStored(rpc: Rpc, expected: CID, stored: CID | undefined): void {
  if (stored?.equals(expected) === true) return;
  throw new UnavailableError(
    `the IPFS node at ${rpc.endpoint.shown} stored ${stored?.toString() ?? "nothing"} instead of ${expected.toString()}`,
    { hint: "where that lasts it does not speak the Kubo RPC properly: set the address of another IPFS node" },
  );
}

async function has(rpc: Rpc, cid: CID, options?: CallOptions): Promise<boolean> {
  assertSupportedCid(cid);
  const local = { offline: true };
  try {
    await rpc.call(options, (client, signal) => client.block.stat(cid, { ...local, signal }), { cid });
    return true;
  } catch (error) {
    if (error instanceof BlockNotFoundError) return false;
    throw error;
  }
}

async function* exportCar(rpc: Rpc, root: CID, options?: CallOptions): AsyncGenerator<Uint8Array, void, undefined> {
  assertSupportedCid(root);
  const { shown } = rpc.endpoint;
  const deadline = createDeadline(rpc.timeoutMs, `the IPFS node at ${shown}`, options?.signal);
  try {
    const source = rpc.client.dag.export(root, { signal: deadline.signal });
    const { blocks } = await readCar(counted(source, deadline.received), `the IPFS node at ${shown}`);
    for await (const chunk of writeCar([root], completeDag(root, blocks, shown))) {
      deadline.pause();
      yield chunk;
      deadline.touch();
    }
  } catch (cause) {
    throw deadline.explain(cause) ?? rpcFailure(cause, shown, root);
  } finally {
    deadline.clear();
  }
}

/** Not retried: the source can be read only once. */
async function importCar(rpc: Rpc, source: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<CID[]> {
  const { roots, blocks } = await readCar(source, "the caller");
  if (roots.length === 0) throw new InvalidInputError("the CAR names no root, so nothing of it would be kept");
  const failure: { cause?: unknown } = {};
  const checked = capture(writeCar(roots, blocks), failure);
  try {
    const stored = await rpc.call(
      options,
      (client, signal, touch) => sendCar(client, touched(checked, touch), signal),
      {
        once: true,
      },
    );
    // A node lists each root once, in an order of its own.
    for (const root of roots) assertStored(rpc, root, stored.find((cid) => cid.equals(root)) ?? stored[0]);
    return roots;
  } catch (error) {
    throw failure.cause ?? error;
  }
}

async function sendCar(client: KuboRPCClient, car: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<CID[]> {
  const roots: CID[] = [];
  for await (const { root } of client.dag.import([car], { pinRoots: true, signal })) {
    if (root.pinErrorMsg !== undefined && root.pinErrorMsg !== "") {
      throw new UnavailableError(`the IPFS node could not pin ${root.cid.toString()}: ${root.pinErrorMsg}`);
    }
    roots.push(root.cid);
  }
  return roots;
}

async function* touched<T>(source: AsyncIterable<T>, touch: () => void): AsyncGenerator<T, void, undefined> {
  for await (const item of source) {
    touch();
    yield item;
  }
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  received: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of source) {
    received(chunk.byteLength);
    yield chunk;
  }
}

/** The client library swallows what its upload source throws; kept here, it reaches the caller. */
async function* capture<T>(source: AsyncIterable<T>, failure: { cause?: unknown }): AsyncGenerator<T, void, undefined> {
  try {
    yield* source;
  } catch (cause) {
    failure.cause = cause;
    throw cause;
  }
}
