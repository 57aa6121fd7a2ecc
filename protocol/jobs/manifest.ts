import type { CID } from "multiformats/cid";

import { equalBytes, fromHex, toHex } from "../common/hex.ts";
import { IntegrityError } from "../common/errors.ts";
import { encodeTerms, type Terms } from "../chain/terms.ts";
import { dagCidFromDigest, type ContentStore } from "../storage/index.ts";
import { FORMAT, merkleRoot, pureSha256, toBytes, type Sha256, type Tensor } from "../tensor/index.ts";
import type { ShardedDataset } from "./dataset.ts";
import { parseDocument, type Document } from "./documents.ts";
import { requireJobProgram } from "./job-program.ts";
import { loadTensor, type LoadedProgram } from "./program-package.ts";

export interface ShardProgress {
  (done: number, total: number): void;
}

/** Stores every shard and the manifest that lists them; resolves to the manifest's CID. Storing twice gives the same CID. */
export async function putManifest(
  store: ContentStore,
  job: { jobId: string; terms: Terms; program: CID; dataset: ShardedDataset },
  options: { onProgress?: ShardProgress; signal?: AbortSignal } = {},
): Promise<CID> {
  const { dataset } = job;
  const io = options.signal === undefined ? {} : { signal: options.signal };
  const [sharedCount, slotCount] = [dataset.shared.length, dataset.shards[0]?.length ?? 0];
  const slots = [...dataset.shared, ...dataset.shards.flat()];
  const cids = await store.putMany(bytesOf(slots), {
    ...io,
    onStored: (done) =>
      options.onProgress?.(Math.floor(Math.max(0, done - sharedCount) / slotCount), dataset.shards.length),
  });
  const shared = cids.slice(0, sharedCount);
  const shards = dataset.shards.map((_, s) =>
    cids.slice(sharedCount + s * slotCount, sharedCount + (s + 1) * slotCount),
  );
  const pages: CID[] = [];
  for (let first = 0; first < shards.length; first += FORMAT.shardsPerPage) {
    const page = shards.slice(first, first + FORMAT.shardsPerPage);
    pages.push(await store.putDag({ orion: "page/1", first, shards: page }, io));
  }
  const roots = await store.putBytes(concat([...dataset.sharedRoots, ...dataset.shardRoots.flat()]), io);
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

/** A manifest whose slot roots hash to the job's `inputsRoot`; shards are fetched and checked one by one. */
export interface Manifest {
  readonly program: CID;
  loadShared(): Promise<Tensor[]>;
  loadShard(shard: number): Promise<{ tensors: Tensor[]; roots: Uint8Array[] }>;
  readonly sharedRoots: readonly Uint8Array[];
  /** Roots of all slots, the leaves under the job's inputs root. */
  readonly slotRoots: readonly Uint8Array[];
}

/**
 * Opens a manifest and checks that it speaks of this job and this data.
 * @param loadProgram called with the manifest's program link once the document is known to belong to the job; checks the program root itself
 * @throws IntegrityError when it does not; such a manifest is to be ignored, another may follow
 */
export async function openManifest(
  store: ContentStore,
  digest: string,
  job: { jobId: string; terms: Terms },
  loadProgram: (cid: CID) => Promise<LoadedProgram>,
  options: { sha256?: Sha256; signal?: AbortSignal } = {},
): Promise<{ manifest: Manifest; loaded: LoadedProgram }> {
  const { sha256 = pureSha256 } = options;
  const io = options.signal === undefined ? {} : { signal: options.signal };
  const where = `the manifest ${digest}`;
  const document = parseDocument("manifest/1", await store.getDag(dagCidFromDigest(digest), io), where);
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
  const leafCount = sharedTypes.length + shards * shardTypes.length;
  const flat = await store.getBytes(document.roots, { maxBytes: 32 * leafCount, ...io });
  requireIntegrity(
    flat.length === 32 * leafCount,
    `${where} does not hold the ${String(leafCount)} slot roots of the job`,
  );
  const leaves = Array.from({ length: leafCount }, (_, i) => flat.subarray(32 * i, 32 * i + 32));
  requireIntegrity(
    toHex(merkleRoot(leaves, sha256)) === job.terms.inputsRoot,
    `${where} does not hash to the inputs root of the job`,
  );
  const sharedRoots = leaves.slice(0, sharedTypes.length);
  const pages = pageReader(store, document, shards, io);
  const manifest: Manifest = {
    program: document.program,
    sharedRoots,
    slotRoots: leaves,
    loadShared: () =>
      inOrder(sharedTypes, (type, i) =>
        loadTensor(store, document.shared[i] as CID, type, sharedRoots[i] as Uint8Array, { sha256, ...io }),
      ),
    async loadShard(shard) {
      const links = await pages(shard);
      requireIntegrity(
        links.length === shardTypes.length,
        `${where}: shard ${String(shard)} has ${String(links.length)} slots`,
      );
      const first = sharedTypes.length + shard * shardTypes.length;
      const roots = leaves.slice(first, first + shardTypes.length);
      const tensors = await inOrder(shardTypes, (type, i) =>
        loadTensor(store, links[i] as CID, type, roots[i] as Uint8Array, { sha256, ...io }),
      );
      return { tensors, roots };
    },
  };
  return { manifest, loaded };
}

/** Gives the links of a shard; the page read last is kept, as shards are mostly read in order. */
function pageReader(
  store: ContentStore,
  document: Document<"manifest/1">,
  shards: number,
  io: { signal?: AbortSignal },
): (shard: number) => Promise<readonly CID[]> {
  let last: { index: number; page: Document<"page/1"> } | undefined;
  return async (shard) => {
    const index = Math.floor(shard / FORMAT.shardsPerPage);
    const first = index * FORMAT.shardsPerPage;
    if (last?.index !== index) {
      const where = `page ${String(index)} of the manifest`;
      const page = parseDocument("page/1", await store.getDag(document.pages[index] as CID, io), where);
      const expected = Math.min(FORMAT.shardsPerPage, shards - first);
      requireIntegrity(page.first === first && page.shards.length === expected, `${where} does not hold its shards`);
      last = { index, page };
    }
    return last.page.shards[shard - first] as readonly CID[];
  };
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
