import type { CID } from "multiformats/cid";

import { InvalidInputError } from "../common/errors.ts";
import { createPause, foldInPieces, hashTensor } from "../kernels/index.ts";
import type { ContentStore } from "../storage/index.ts";
import {
  byteLength,
  decodeNpy,
  HASH_BYTES,
  pureSha256,
  sameShape,
  shapeOf,
  shardCount,
  shardRows,
  toBytes,
  type Sha256,
  type Tensor,
  type TensorType,
} from "../tensor/index.ts";
import { parseDocument, type Document } from "./documents.ts";
import { requireSlots } from "./job-program.ts";
import type { CheckedProgram } from "./program-package.ts";

/** A data set that fits a program. A shard is cut when it is asked for: all of them together would be the data once more. */
export interface CutDataset {
  readonly rows: number;
  /** Number of shards. */
  readonly shards: number;
  /** Slots of a shard. */
  readonly slots: number;
  /** Shared slots, in slot order. */
  readonly shared: readonly Tensor[];
  /** The tensors of one shard in slot order, newly allocated. */
  readonly shard: (index: number) => Tensor[];
}

/** A data set whose tensors are hashed. */
export interface ShardedDataset extends CutDataset {
  /** Roots of all slots in the order of the inputs root, 32 bytes each, one behind another. */
  readonly slotRoots: Uint8Array;
  readonly inputsRoot: Uint8Array;
}

export interface DatasetFiles {
  /** One .npy per shared slot, of exactly the slot's shape. */
  readonly shared: readonly Uint8Array[];
  /** One .npy per shard slot; all have the same number of rows. */
  readonly inputs: readonly Uint8Array[];
}

/** A .npy header is never longer. */
const MAX_HEADER_BYTES = 16_384;
const DEFAULT_MAX_BYTES = 2 ** 30;

/**
 * Splits .npy files along the batch axis as docs/PROTOCOL.md §3 says; the last shard is filled with zero rows.
 * @throws InvalidInputError, NpyError naming the slot when a file does not fit the program; InvalidInputError when the job would have too many
 * input tensors
 */
export function cutDataset(loaded: CheckedProgram, files: DatasetFiles): CutDataset {
  const { facts } = loaded;
  requireCount("shared input", facts.sharedTypes.length, files.shared.length);
  requireCount("input", facts.shardTypes.length, files.inputs.length);
  const shared = files.shared.map((bytes, slot) =>
    requireType(decodeNpy(bytes), facts.sharedTypes[slot] as TensorType, slot),
  );
  const inputs = files.inputs.map((bytes) => decodeNpy(bytes));
  const rows = commonRows(inputs);
  for (const [slot, tensor] of inputs.entries()) requireBatch(tensor, facts.shardTypes[slot] as TensorType, slot);
  const shards = shardCount(rows, facts.batch);
  requireSlots(facts, shards);
  const shard = (index: number): Tensor[] => inputs.map((tensor) => shardRows(tensor, facts.batch, index));
  return { rows, shards, slots: inputs.length, shared, shard };
}

/**
 * As `cutDataset`, with every tensor hashed. Other tasks of the process get their turn meanwhile.
 * @throws as `cutDataset`; AbortedError
 */
export async function shardDataset(
  loaded: CheckedProgram,
  files: DatasetFiles,
  options: { sha256?: Sha256; signal?: AbortSignal } = {},
): Promise<ShardedDataset> {
  const { sha256 = pureSha256, signal } = options;
  const cut = cutDataset(loaded, files);
  const pause = createPause(signal);
  const slotRoots = new Uint8Array(HASH_BYTES * (cut.shared.length + cut.shards * cut.slots));
  let at = 0;
  const append = async (tensors: readonly Tensor[]): Promise<void> => {
    for (const tensor of tensors) {
      slotRoots.set((await hashTensor(toBytes(tensor), sha256, pause)).root, at);
      at += HASH_BYTES;
    }
  };
  await append(cut.shared);
  for (let shard = 0; shard < cut.shards; shard++) await append(cut.shard(shard));
  return { ...cut, slotRoots, inputsRoot: await foldInPieces(slotRoots, sha256, pause) };
}

/**
 * Stores the .npy files and the document that names the program and them; its digest goes into the terms.
 * @param challengers the stored list of the accounts that alone may demand of the job's claims; anyone may when left out
 */
export async function putDataset(
  store: ContentStore,
  program: CID,
  files: DatasetFiles,
  challengers?: CID,
): Promise<CID> {
  const cids = await store.putMany([...files.shared, ...files.inputs]);
  const [shared, inputs] = [cids.slice(0, files.shared.length), cids.slice(files.shared.length)];
  return store.putDag({
    orion: "dataset/1",
    program,
    shared,
    inputs,
    ...(challengers === undefined ? {} : { challengers }),
  });
}

/** Fetches the data set document of a job; the files themselves are fetched by `loadDatasetFiles`. */
export async function loadDataset(
  store: ContentStore,
  cid: CID,
  options: { signal?: AbortSignal } = {},
): Promise<Document<"dataset/1">> {
  return parseDocument("dataset/1", await store.getDag(cid, options), `the data set ${cid.toString()}`);
}

/**
 * Fetches the files of a data set. No file may be larger than the program's slots and the number of rows make it, so that nobody who posts
 * a job fills this machine with anything but its data.
 * @param options.maxBytes most bytes of all files together, 1 GiB unless given
 * @throws InvalidInputError when the data set is larger, or does not have one file per slot
 */
export async function loadDatasetFiles(
  store: ContentStore,
  document: { shared: readonly CID[]; inputs: readonly CID[] },
  program: CheckedProgram,
  rows: number,
  options: { maxBytes?: number; signal?: AbortSignal } = {},
): Promise<DatasetFiles> {
  const { sharedTypes, shardTypes, batch } = program.facts;
  requireCount("shared input", sharedTypes.length, document.shared.length);
  requireCount("input", shardTypes.length, document.inputs.length);
  const sharedSizes = sharedTypes.map((type) => byteLength(type) + MAX_HEADER_BYTES);
  const inputSizes = shardTypes.map((type) => Math.ceil(byteLength(type) / batch) * rows + MAX_HEADER_BYTES);
  const total = [...sharedSizes, ...inputSizes].reduce((sum, size) => sum + size, 0);
  const { maxBytes = DEFAULT_MAX_BYTES, signal } = options;
  if (total > maxBytes) {
    throw new InvalidInputError(`the data set may have ${String(total)} bytes, the limit here is ${String(maxBytes)}`);
  }
  const get = (cid: CID, size: number | undefined): Promise<Uint8Array> =>
    store.getBytes(cid, { maxBytes: size ?? 0, ...(signal === undefined ? {} : { signal }) });
  const shared: Uint8Array[] = [];
  for (const [slot, cid] of document.shared.entries()) shared.push(await get(cid, sharedSizes[slot]));
  const inputs: Uint8Array[] = [];
  for (const [slot, cid] of document.inputs.entries()) inputs.push(await get(cid, inputSizes[slot]));
  return { shared, inputs };
}

function requireCount(what: string, expected: number, given: number): void {
  if (expected === given) return;
  throw new InvalidInputError(
    `the program has ${String(expected)} ${what} slot(s), ${String(given)} file(s) were given`,
    {
      hint: "give one .npy file per slot, in slot order",
    },
  );
}

function commonRows(inputs: readonly Tensor[]): number {
  const rows = inputs.map((tensor) => shapeOf(tensor)[0] ?? 0);
  if (new Set(rows).size !== 1) {
    throw new InvalidInputError(`the inputs have different numbers of rows: ${rows.join(", ")}`);
  }
  return rows[0] as number;
}

function requireType(tensor: Tensor, type: TensorType, slot: number): Tensor {
  if (tensor.dtype === type.dtype && tensor.rank === type.rank && sameShape(tensor, type)) return tensor;
  throw new InvalidInputError(
    `shared slot ${String(slot)} expects ${type.dtype}[${shapeOf(type).join(",")}], the file holds ${tensor.dtype}[${shapeOf(tensor).join(",")}]`,
  );
}

/** All axes but the first must be the slot's. */
function requireBatch(tensor: Tensor, type: TensorType, slot: number): void {
  const [want, got] = [shapeOf(type).slice(1), shapeOf(tensor).slice(1)];
  if (tensor.dtype === type.dtype && tensor.rank === type.rank && want.join() === got.join()) return;
  throw new InvalidInputError(
    `input slot ${String(slot)} expects ${type.dtype}[rows,${want.join(",")}], the file holds ${tensor.dtype}[${shapeOf(tensor).join(",")}]`,
    {
      hint: "cast and reshape it with numpy before saving",
    },
  );
}
