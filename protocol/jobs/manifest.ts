import { CID } from "multiformats/cid";

import { equalBytes, fromHex, toHex } from "../common/hex.ts";
import { IntegrityError } from "../common/errors.ts";
import { encodeTerms, type Terms } from "../chain/terms.ts";
import { createPause, foldInPieces, type Pause } from "../kernels/index.ts";
import { dagCidFromDigest, type ContentStore } from "../storage/index.ts";
import { FORMAT, HASH_BYTES, pureSha256, toBytes, type Sha256, type Tensor } from "../tensor/index.ts";
import type { CutDataset, ShardedDataset } from "./dataset.ts";
import { parseDocument, type Document } from "./documents.ts";
import { requireJobProgram } from "./job-program.ts";
import { loadTensor, type LoadedProgram } from "./program-package.ts";

export interface ShardProgress {
  (done: number, total: number): void;
}

/**
 * Stores every shard and the manifest that lists them; resolves to the manifest's CID. Storing twice gives the same CID. One page of shards is
 * stored after the other, so that the links of one page are in memory at a time.
 */
export async function putManifest(
  store: ContentStore,
  job: { jobId: string; terms: Terms; program: CID; dataset: ShardedDataset },
  options: { onProgress?: ShardProgress; signal?: AbortSignal } = {},
): Promise<CID> {
  const { dataset } = job;
  const io = options.signal === undefined ? {} : { signal: options.signal };
  const pause = createPause(options.signal);
  const shared = await store.putMany(bytesOf(dataset.shared), io);
  const pages: CID[] = [];
  for (let first = 0; first < dataset.shards; first += FORMAT.shardsPerPage) {
    const count = Math.min(FORMAT.shardsPerPage, dataset.shards - first);
    const cids = await store.putMany(shardBytes(dataset, first, count, pause), {
      ...io,
      onStored: (done) => options.onProgress?.(first + Math.floor(done / dataset.slots), dataset.shards),
    });
    const shards = Array.from({ length: count }, (_, s) => cids.slice(s * dataset.slots, (s + 1) * dataset.slots));
    pages.push(await store.putDag({ orion: "page/1", first, shards }, io));
  }
  const roots = await store.putBytes(dataset.slotRoots, io);
  const terms = fromHex(encodeTerms(job.terms));
  return store.putDag(
    { orion: "manifest/1", job: fromHex(job.jobId, 32), terms, program: job.program, roots, shared, pages },
    io,
  );
}

/** Encoded one by one, as the store takes them: the whole data set twice in memory would be too much. */
function* bytesOf(tensors: readonly Tensor[]): Generator<Uint8Array, void, undefined> {
  for (const tensor of tensors) yield toBytes(tensor);
}

/** The tensors of some shards, each cut as the store takes it. */
async function* shardBytes(
  dataset: CutDataset,
  first: number,
  count: number,
  pause: Pause,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let shard = first; shard < first + count; shard++) {
    for (const bytes of bytesOf(dataset.shard(shard))) {
      await pause();
      yield bytes;
    }
  }
}

/** A manifest whose slot roots hash to the job's `inputsRoot`; shards are fetched and checked one by one. */
export interface Manifest {
  readonly program: CID;
  loadShared(): Promise<Tensor[]>;
  /** @param signal ends this read only */
  loadShard(shard: number, signal?: AbortSignal): Promise<{ tensors: Tensor[]; roots: Uint8Array[] }>;
  readonly sharedRoots: readonly Uint8Array[];
  /** Roots of all slots, the leaves under the job's inputs root: 32 bytes each, one behind another. */
  readonly slotRoots: Uint8Array;
}

/**
 * Opens a manifest and checks that it speaks of this job and this data.
 * @param loadProgram called with the manifest's program link once the document is known to belong to the job; checks the program root itself
 * @param options.slotRoots of another manifest of this job that was opened: all manifests of a job have the same, so they are neither fetched
 * nor held again
 * @param options.signal ends whatever is read of the manifest, also later
 * @param options.opening ends the opening only
 * @throws IntegrityError when it does not; such a manifest is to be ignored, another may follow
 */
export async function openManifest(
  store: ContentStore,
  digest: string,
  job: { jobId: string; terms: Terms },
  loadProgram: (cid: CID) => Promise<LoadedProgram>,
  options: { sha256?: Sha256; signal?: AbortSignal; opening?: AbortSignal; slotRoots?: Uint8Array } = {},
): Promise<{ manifest: Manifest; loaded: LoadedProgram }> {
  const { sha256 = pureSha256 } = options;
  const io = (more?: AbortSignal): { signal?: AbortSignal } => eitherOf(options.signal, more);
  const opening = io(options.opening);
  const where = `the manifest ${digest}`;
  const document = parseDocument("manifest/1", await store.getDag(dagCidFromDigest(digest), opening), where);
  requireIntegrity(toHex(document.job) === job.jobId, `${where} belongs to another job`);
  requireIntegrity(equalBytes(document.terms, fromHex(encodeTerms(job.terms))), `${where} states other terms`);
  const { shards } = job.terms;
  requireIntegrity(
    document.pages.length === Math.ceil(shards / FORMAT.shardsPerPage),
    `${where} lists the wrong number of pages`,
  );
  const loaded = await loadProgram(document.program);
  requireJobProgram(loaded, job.terms);
  const { sharedTypes, shardTypes } = loaded.facts;
  requireIntegrity(document.shared.length === sharedTypes.length, `${where} lists the wrong number of shared inputs`);
  const slotRoots =
    options.slotRoots ??
    (await loadSlotRoots(store, document.roots, sharedTypes.length + shards * shardTypes.length, job.terms, {
      sha256,
      ...opening,
    }));
  const sharedRoots = rootsOf(slotRoots, 0, sharedTypes.length);
  const pages = pageReader(store, document, shards);
  const manifest: Manifest = {
    program: document.program,
    sharedRoots,
    slotRoots,
    loadShared: () =>
      inOrder(sharedTypes, (type, i) =>
        loadTensor(store, document.shared[i] as CID, type, sharedRoots[i] as Uint8Array, { sha256, ...io() }),
      ),
    async loadShard(shard, signal) {
      const reading = io(signal);
      const links = await pages(shard, reading);
      requireIntegrity(
        links.length === shardTypes.length,
        `${where}: shard ${String(shard)} has ${String(links.length)} slots`,
      );
      const first = sharedTypes.length + shard * shardTypes.length;
      const roots = rootsOf(slotRoots, first, shardTypes.length);
      const tensors = await inOrder(shardTypes, (type, i) =>
        loadTensor(store, links[i] as CID, type, roots[i] as Uint8Array, { sha256, ...reading }),
      );
      return { tensors, roots };
    },
  };
  return { manifest, loaded };
}

/** A signal that aborts with either of two, where there is one. */
function eitherOf(a: AbortSignal | undefined, b: AbortSignal | undefined): { signal?: AbortSignal } {
  const signals = [a, b].filter((signal) => signal !== undefined);
  const [first, ...others] = signals;
  if (first === undefined) return {};
  return { signal: others.length === 0 ? first : AbortSignal.any(signals) };
}

/** @throws IntegrityError when what the link leads to is not the roots of the job's slots */
async function loadSlotRoots(
  store: ContentStore,
  link: CID,
  count: number,
  { inputsRoot }: Terms,
  { sha256 = pureSha256, signal }: { sha256?: Sha256; signal?: AbortSignal },
): Promise<Uint8Array> {
  const io = signal === undefined ? {} : { signal };
  const flat = await store.getBytes(link, { maxBytes: HASH_BYTES * count, ...io });
  const where = `the roots ${link.toString()} of a manifest`;
  requireIntegrity(flat.length === HASH_BYTES * count, `${where} are not the ${String(count)} slot roots of the job`);
  const root = await foldInPieces(flat, sha256, createPause(signal));
  requireIntegrity(toHex(root) === inputsRoot, `${where} do not hash to the inputs root of the job`);
  return flat;
}

/** Copies, so that what a caller keeps of a shard does not keep the roots of all. */
function rootsOf(slotRoots: Uint8Array, first: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    slotRoots.slice(HASH_BYTES * (first + i), HASH_BYTES * (first + i + 1)),
  );
}

/**
 * Gives the links of a shard; the page read last is kept, as shards are mostly read in order. It is kept as bytes, one array a shard: as
 * objects, the links of one page of a program with many slots take twenty megabytes.
 */
function pageReader(
  store: ContentStore,
  document: Document<"manifest/1">,
  shards: number,
): (shard: number, io: { signal?: AbortSignal }) => Promise<readonly CID[]> {
  let last: { index: number; shards: readonly Uint8Array[] } | undefined;
  return async (shard, io) => {
    const index = Math.floor(shard / FORMAT.shardsPerPage);
    const first = index * FORMAT.shardsPerPage;
    if (last?.index !== index) {
      const where = `page ${String(index)} of the manifest`;
      const page = parseDocument("page/1", await store.getDag(document.pages[index] as CID, io), where);
      const expected = Math.min(FORMAT.shardsPerPage, shards - first);
      requireIntegrity(page.first === first && page.shards.length === expected, `${where} does not hold its shards`);
      last = { index, shards: page.shards.map((links) => concat(links.map(({ bytes }) => bytes))) };
    }
    return linksOf(last.shards[shard - first] as Uint8Array);
  };
}

function linksOf(bytes: Uint8Array): CID[] {
  const links: CID[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const [link, after] = CID.decodeFirst(rest);
    links.push(link);
    rest = after;
  }
  return links;
}

function requireIntegrity(condition: boolean, message: string): void {
  if (!condition) throw new IntegrityError(message);
}

async function inOrder<T, R>(items: readonly T[], step: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const [i, item] of items.entries()) results.push(await step(item, i));
  return results;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
