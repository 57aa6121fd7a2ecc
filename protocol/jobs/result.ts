import { equalBytes, fromHex, toHex } from "../common/hex.ts";
import { IntegrityError } from "../common/errors.ts";
import type { Terms } from "../chain/terms.ts";
import { dagCidFromDigest, digestFromDagCid, type ContentStore } from "../storage/index.ts";
import {
  decodeNpy,
  encodeNpy,
  joinRows,
  pureSha256,
  resultRoot,
  splitRows,
  tensorRoot,
  toBytes,
  type Sha256,
  type Tensor,
} from "../tensor/index.ts";
import { parseDocument } from "./documents.ts";
import { concat } from "./manifest.ts";
import type { LoadedProgram } from "./program-package.ts";

/** An aggregated result: its root as it goes on chain, and the digest of the document that holds it. */
export interface PublishedResult {
  readonly root: string;
  readonly digest: string;
}

/** Joins the outputs of all shards, in order, and stores the result. The same outputs always give the same digest. */
export async function putResult(
  store: ContentStore,
  job: { jobId: string; terms: Terms; loaded: LoadedProgram },
  outputs: readonly Tensor[],
  outputRoots: readonly Uint8Array[],
  sha256: Sha256 = pureSha256,
): Promise<PublishedResult> {
  const root = resultRoot(outputRoots, sha256);
  const joined = joinRows(outputs, Number(job.terms.rows), job.loaded.facts.batch);
  const output = await store.putBytes(encodeNpy(joined));
  const roots = await store.putBytes(concat(outputRoots));
  const cid = await store.putDag({ orion: "result/1", job: fromHex(job.jobId, 32), root, roots, output });
  return { root: toHex(root), digest: digestFromDagCid(cid) };
}

/**
 * Fetches a published result and checks that it is the one its root names: the roots hash to it, and every shard of the joined output that
 * has no dropped rows hashes to its root.
 * @param expectedRoot the root computed from the settled claims, or the one announced on chain
 */
export async function loadResult(
  store: ContentStore,
  digest: string,
  job: { jobId: string; terms: Terms; batch: number },
  expectedRoot: string,
  options: { maxBytes?: number; sha256?: Sha256 } = {},
): Promise<{ npy: Uint8Array; tensor: Tensor }> {
  const { sha256 = pureSha256, maxBytes = 2 ** 30 } = options;
  const where = `the result ${digest}`;
  const document = parseDocument("result/1", await store.getDag(dagCidFromDigest(digest)), where);
  requireIntegrity(toHex(document.job) === job.jobId, `${where} belongs to another job`);
  const flat = await store.getBytes(document.roots, { maxBytes: 32 * job.terms.shards });
  requireIntegrity(flat.length === 32 * job.terms.shards, `${where} holds the wrong number of output roots`);
  const roots = Array.from({ length: job.terms.shards }, (_, i) => flat.subarray(32 * i, 32 * i + 32));
  requireIntegrity(toHex(resultRoot(roots, sha256)) === expectedRoot, `${where} does not hash to ${expectedRoot}`);
  const npy = await store.getBytes(document.output, { maxBytes });
  const tensor = decodeNpy(npy);
  requireShards(tensor, roots, job, sha256, where);
  return { npy, tensor };
}

function requireShards(
  tensor: Tensor,
  roots: readonly Uint8Array[],
  job: { terms: Terms; batch: number },
  sha256: Sha256,
  where: string,
): void {
  const rows = Number(job.terms.rows);
  const perShard = tensor.dims[4 - tensor.rank] === rows ? job.batch : (tensor.dims[4 - tensor.rank] as number) / roots.length;
  const whole = Math.floor((tensor.dims[4 - tensor.rank] as number) / perShard);
  splitRows(tensor, perShard)
    .slice(0, whole)
    .forEach((shard, s) => {
      requireIntegrity(equalBytes(tensorRoot(toBytes(shard), sha256), roots[s] as Uint8Array), `${where}: shard ${String(s)} differs from its root`);
    });
}

function requireIntegrity(condition: boolean, message: string): void {
  if (!condition) throw new IntegrityError(message);
}
