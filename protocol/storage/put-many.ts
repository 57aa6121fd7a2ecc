import { AbortedError } from "@orion/protocol/common";
import type { CID } from "multiformats/cid";
import { cidOfBlock } from "./block-hash.ts";
import type { CallOptions } from "./block-reader.ts";
import type { CarBlock } from "./car.ts";
import { RAW } from "./cid.ts";
import { importBlocks } from "./import-blocks.ts";
import { CHUNK_BYTES } from "./limits.ts";
import type { Rpc } from "./rpc.ts";

export interface PutManyOptions extends CallOptions {
  /** Called as contents are acknowledged by the node, with the number stored so far. */
  onStored?: (done: number) => void;
}

/** What one request carries at most: enough that its own cost vanishes, little enough to be held and sent again. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;
const MAX_BATCH_BLOCKS = 512;

/**
 * Stores contents in batches. Every CID is computed here; a batch counts as stored when the node has reported each of
 * them, and those that it did not report, or all of a batch whose request failed, are stored one by one.
 * @param putOne stores one content, retrying as its policy says
 */
export async function putMany(
  rpc: Rpc,
  contents: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  putOne: (bytes: Uint8Array, options: CallOptions) => Promise<CID>,
  options: PutManyOptions = {},
): Promise<CID[]> {
  const one: CallOptions = options.signal === undefined ? {} : { signal: options.signal };
  const cids: CID[] = [];
  let stored = 0;
  let batch = new Map<string, CarBlock>();
  let batchBytes = 0;
  const report = (count: number): void => {
    stored += count;
    options.onStored?.(stored);
  };
  const flush = async (): Promise<void> => {
    const full = batch;
    batch = new Map();
    batchBytes = 0;
    const [first] = full.values();
    if (full.size === 1 && first !== undefined) await putOne(first.bytes, one);
    else if (full.size > 1) await storeBatch(rpc, full, putOne, one);
    if (cids.length > stored) report(cids.length - stored);
  };
  for await (const bytes of contents) {
    if (bytes.byteLength > CHUNK_BYTES) {
      await flush();
      cids.push(await putOne(bytes, one)); // a file of several blocks is a request by itself
      report(1);
      continue;
    }
    if (batchBytes + bytes.byteLength > MAX_BATCH_BYTES || batch.size === MAX_BATCH_BLOCKS) await flush();
    const cid = await cidOfBlock(RAW, bytes);
    cids.push(cid);
    if (batch.has(cid.toString())) continue; // equal contents are one block
    batch.set(cid.toString(), { cid, bytes });
    batchBytes += bytes.byteLength;
  }
  await flush();
  return cids;
}

async function storeBatch(
  rpc: Rpc,
  batch: ReadonlyMap<string, CarBlock>,
  putOne: (bytes: Uint8Array, options: CallOptions) => Promise<CID>,
  options: CallOptions,
): Promise<void> {
  let stored: ReadonlySet<string> = new Set();
  try {
    stored = await importBlocks(rpc, [...batch.values()], options.signal);
  } catch (error) {
    if (error instanceof AbortedError) throw error;
    // Whatever the reason (a proxy that allows small bodies only, a node that is restarting): block by block the same
    // error comes again with its retries, or does not.
  }
  for (const [cid, { bytes }] of batch) if (!stored.has(cid)) await putOne(bytes, options);
}
