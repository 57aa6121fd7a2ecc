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
  sameType,
  shapeOf,
  splitRows,
  tensorRoot,
  tensorType,
  toBytes,
  type ProgramNode,
  type Sha256,
  type Tensor,
  type TensorType,
} from "../tensor/index.ts";
import { parseDocument } from "./documents.ts";
import { concat } from "./manifest.ts";
import type { CheckedProgram } from "./program-package.ts";

/** An aggregated result: its root as it goes on chain, and the digest of the document that holds it. */
export interface PublishedResult {
  readonly root: string;
  readonly digest: string;
}

/** Joins the outputs of all shards, in order, and stores the result. The same outputs always give the same digest. */
export async function putResult(
  store: ContentStore,
  job: { jobId: string; terms: Terms; loaded: CheckedProgram },
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
 * Fetches a published result and checks that it is the one its root names: every whole shard of the joined output hashes to its root. The root
 * of a last shard whose filled rows were dropped covers those rows too, so its rows are only as good as the publisher; who must be sure of them
 * joins the outputs of the claims.
 * @param expectedRoot the root computed from the settled claims, or the one announced on chain
 * @throws IntegrityError when it is not; another result may be announced
 */
export async function loadResult(
  store: ContentStore,
  digest: string,
  job: { jobId: string; terms: Terms; program: CheckedProgram },
  expectedRoot: string,
  options: { maxBytes?: number; sha256?: Sha256; signal?: AbortSignal } = {},
): Promise<{ npy: Uint8Array; tensor: Tensor }> {
  const { sha256 = pureSha256, maxBytes = 2 ** 30, signal } = options;
  const io = signal === undefined ? {} : { signal };
  const where = `the result ${digest}`;
  const document = parseDocument("result/1", await store.getDag(dagCidFromDigest(digest), io), where);
  requireIntegrity(toHex(document.job) === job.jobId, `${where} belongs to another job`);
  const { shards } = job.terms;
  const flat = await store.getBytes(document.roots, { maxBytes: 32 * shards, ...io });
  requireIntegrity(flat.length === 32 * shards, `${where} holds the wrong number of output roots`);
  const roots = Array.from({ length: shards }, (_, i) => flat.subarray(32 * i, 32 * i + 32));
  const root = toHex(resultRoot(roots, sha256));
  requireIntegrity(root === expectedRoot && toHex(document.root) === root, `${where} does not hash to ${expectedRoot}`);
  const npy = await store.getBytes(document.output, { maxBytes, ...io });
  const tensor = decodeNpy(npy);
  const type = job.program.program.nodes[job.program.program.outputNode] as ProgramNode;
  const wanted = joinedType(type, job.terms, job.program.facts.batch);
  requireIntegrity(sameType(tensor, wanted), `${where} has another shape than the program's output`);
  const [extent = 1] = shapeOf(type);
  const whole = splitRows(tensor, extent).slice(0, Math.floor((shapeOf(tensor)[0] ?? 0) / extent));
  for (const [s, shard] of whole.entries()) {
    const right = equalBytes(tensorRoot(toBytes(shard), sha256), roots[s] as Uint8Array);
    requireIntegrity(right, `${where}: shard ${String(s)} differs from its root`);
  }
  return { npy, tensor };
}

function joinedType(output: ProgramNode, terms: Terms, batch: number): TensorType {
  const [extent = 1, ...rest] = shapeOf(output);
  const rows = extent === batch ? Number(terms.rows) : terms.shards * extent;
  return tensorType(output.dtype, [rows, ...rest]);
}

function requireIntegrity(condition: boolean, message: string): void {
  if (!condition) throw new IntegrityError(message);
}
