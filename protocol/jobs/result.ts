import type { CID } from "multiformats/cid";

import { equalBytes, fromHex, toHex } from "../common/hex.ts";
import { IntegrityError, InvalidInputError } from "../common/errors.ts";
import type { Terms } from "../chain/terms.ts";
import { dagCidFromDigest, digestFromDagCid, type ContentStore } from "../storage/index.ts";
import {
  decodeNpy,
  encodeNpy,
  hashAt,
  joinRows,
  pureSha256,
  resultRoot,
  sameType,
  shapeOf,
  shardLeaf,
  splitRows,
  tensorRoot,
  tensorType,
  toBytes,
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

/**
 * Joins each output over all shards, in order, and stores the result: `outputs[s][i]` is output i of shard s, `outputRoots` its root. The same
 * outputs always give the same digest.
 */
export async function putResult(
  store: ContentStore,
  job: { jobId: string; terms: Terms; loaded: CheckedProgram },
  outputs: readonly (readonly Tensor[])[],
  outputRoots: readonly (readonly Uint8Array[])[],
  sha256: Sha256 = pureSha256,
): Promise<PublishedResult> {
  const root = resultRootOf(outputRoots, sha256);
  const { facts } = job.loaded;
  const links: CID[] = [];
  for (const index of facts.outputTypes.keys()) {
    const parts = outputs.map((shard) => shard[index] as Tensor);
    links.push(await store.putBytes(encodeNpy(joinRows(parts, Number(job.terms.rows), facts.batch))));
  }
  const roots = await store.putBytes(concat(outputRoots.flat()));
  const cid = await store.putDag({ orion: "result/2", job: fromHex(job.jobId, 32), root, roots, outputs: links });
  return { root: toHex(root), digest: digestFromDagCid(cid) };
}

/** Root of a job's result over the outputs of all its shards. */
export function resultRootOf(outputRoots: readonly (readonly Uint8Array[])[], sha256: Sha256 = pureSha256): Uint8Array {
  const leaves = outputRoots.map((roots) => shardLeaf(roots, sha256));
  return resultRoot(leaves, sha256);
}

/**
 * Fetches one output of a published result and checks that it is the one its root names: every whole shard of the joined output hashes to its root. The root
 * of a last shard whose filled rows were dropped covers those rows too, so its rows are only as good as the publisher; who must be sure of them
 * joins the outputs of the claims.
 * @param output index among the program's outputs
 * @param expectedRoot the root computed from the settled claims, or the one announced on chain
 * @throws IntegrityError when it is not; another result may be announced
 */
export async function loadResult(
  store: ContentStore,
  digest: string,
  job: { jobId: string; terms: Terms; program: CheckedProgram },
  output: number,
  expectedRoot: string,
  options: { maxBytes?: number; sha256?: Sha256; signal?: AbortSignal } = {},
): Promise<{ npy: Uint8Array; tensor: Tensor }> {
  const { sha256 = pureSha256, maxBytes = 2 ** 30, signal } = options;
  const io = signal === undefined ? {} : { signal };
  const where = `the result ${digest}`;
  const document = parseDocument("result/2", await store.getDag(dagCidFromDigest(digest), io), where);
  requireIntegrity(toHex(document.job) === job.jobId, `${where} belongs to another job`);
  const { shards } = job.terms;
  const { outputTypes, batch } = job.program.facts;
  const type = outputTypes[output];
  if (type === undefined) {
    throw new InvalidInputError(
      `the program has ${String(outputTypes.length)} output(s), none with index ${String(output)}`,
    );
  }
  const link = document.outputs[output];
  requireIntegrity(
    link !== undefined && document.outputs.length === outputTypes.length,
    `${where} holds the wrong number of outputs`,
  );
  const length = 32 * shards * outputTypes.length;
  const flat = await store.getBytes(document.roots, { maxBytes: length, ...io });
  requireIntegrity(flat.length === length, `${where} holds the wrong number of output roots`);
  const roots = Array.from({ length: shards }, (_, s) =>
    outputTypes.map((_type, i) => hashAt(flat, s * outputTypes.length + i)),
  );
  const root = toHex(resultRootOf(roots, sha256));
  requireIntegrity(root === expectedRoot && toHex(document.root) === root, `${where} does not hash to ${expectedRoot}`);
  const npy = await store.getBytes(link as CID, { maxBytes, ...io });
  const tensor = decodeNpy(npy);
  const wanted = joinedType(type, job.terms, batch);
  requireIntegrity(sameType(tensor, wanted), `${where} has another shape than the program's output`);
  const [extent = 1] = shapeOf(type);
  const whole = splitRows(tensor, extent).slice(0, Math.floor((shapeOf(tensor)[0] ?? 0) / extent));
  for (const [s, shard] of whole.entries()) {
    const right = equalBytes(tensorRoot(toBytes(shard), sha256), roots[s]?.[output] as Uint8Array);
    requireIntegrity(right, `${where}: shard ${String(s)} differs from its root`);
  }
  return { npy, tensor };
}

function joinedType(output: TensorType, terms: Terms, batch: number): TensorType {
  const [extent = 1, ...rest] = shapeOf(output);
  const rows = extent === batch ? Number(terms.rows) : terms.shards * extent;
  return tensorType(output.dtype, [rows, ...rest]);
}

function requireIntegrity(condition: boolean, message: string): void {
  if (!condition) throw new IntegrityError(message);
}
