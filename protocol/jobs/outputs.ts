import type { CID } from "multiformats/cid";

import { equalBytes, fromHex, toHex } from "../common/hex.ts";
import { IntegrityError, InvalidInputError } from "../common/errors.ts";
import { dagCidFromDigest, digestFromDagCid, type ContentStore } from "../storage/index.ts";
import { claimRoot, pureSha256, toBytes, type ProgramNode, type Sha256, type Tensor } from "../tensor/index.ts";
import { parseDocument } from "./documents.ts";
import { concat } from "./manifest.ts";
import { loadTensor, type CheckedProgram } from "./program-package.ts";

/** What a worker publishes for one claim. */
export interface ClaimOutputs {
  readonly key: string;
  readonly claimRoot: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** Root of every node's output, per shard. */
  readonly nodeRoots: readonly (readonly Uint8Array[])[];
  /** The output node's tensor, per shard. */
  readonly outputs: readonly Tensor[];
}

/** Stores outputs and node roots; resolves to the digest that `commit` carries. */
export async function putOutputs(store: ContentStore, claim: ClaimOutputs): Promise<string> {
  const shards: CID[] = [];
  for (const tensor of claim.outputs) shards.push(await store.putBytes(toBytes(tensor)));
  const roots = await store.putBytes(concat(claim.nodeRoots.flat()));
  const cid = await store.putDag({
    orion: "outputs/1",
    key: fromHex(claim.key, 32),
    root: claim.claimRoot,
    from: claim.from,
    to: claim.to,
    roots,
    shards,
  });
  return digestFromDagCid(cid);
}

/** A claim as the chain knows it. */
export interface CommittedClaim {
  readonly key: string;
  readonly claimRoot: string;
  /** Digest of the outputs document. */
  readonly outputs: string;
  readonly from: number;
  readonly to: number;
}

/** What a worker published for a claim, checked against the claim root; tensors are fetched and checked one by one. */
export interface OpenedOutputs {
  readonly from: number;
  readonly to: number;
  /** Root of every node's output, for shards [from, to). */
  readonly nodeRoots: readonly (readonly Uint8Array[])[];
  /** Roots of the output node, for shards [from, to). */
  readonly outputRoots: readonly Uint8Array[];
  /** The output tensor of a shard, by its number in the job. */
  load(shard: number): Promise<Tensor>;
}

/**
 * Fetches the roots that a worker published and checks them against the claim root on chain.
 * @throws IntegrityError when what was published does not belong to the claim
 */
export async function openOutputs(
  store: ContentStore,
  claim: CommittedClaim,
  loaded: CheckedProgram,
  options: { sha256?: Sha256; signal?: AbortSignal } = {},
): Promise<OpenedOutputs> {
  const { sha256 = pureSha256 } = options;
  const io = options.signal === undefined ? {} : { signal: options.signal };
  const where = `the outputs ${claim.outputs} of claim ${claim.key}`;
  const document = parseDocument("outputs/1", await store.getDag(dagCidFromDigest(claim.outputs), io), where);
  const labelled = toHex(document.root) === claim.claimRoot && toHex(document.key) === claim.key;
  requireIntegrity(
    labelled && document.from === claim.from && document.to === claim.to,
    `${where} are labelled for another claim`,
  );
  const count = claim.to - claim.from;
  const { nodes, outputNode } = loaded.program;
  requireIntegrity(
    document.shards.length === count,
    `${where} list ${String(document.shards.length)} shards, the claim has ${String(count)}`,
  );
  const length = 32 * nodes.length * count;
  const flat = await store.getBytes(document.roots, { maxBytes: length, ...io });
  requireIntegrity(flat.length === length, `${where} hold the wrong number of node roots`);
  const rootAt = (at: number): Uint8Array => flat.subarray(32 * at, 32 * at + 32);
  const nodeRoots = Array.from({ length: count }, (_, s) => nodes.map((_node, n) => rootAt(s * nodes.length + n)));
  requireIntegrity(
    equalBytes(claimRoot(nodeRoots, sha256), fromHex(claim.claimRoot, 32)),
    `${where} do not hash to the committed root ${claim.claimRoot}`,
  );
  const outputRoots = nodeRoots.map((roots) => roots[outputNode] as Uint8Array);
  return {
    from: claim.from,
    to: claim.to,
    nodeRoots,
    outputRoots,
    async load(shard) {
      const [link, root] = [document.shards[shard - claim.from], outputRoots[shard - claim.from]];
      if (link === undefined || root === undefined) {
        throw new InvalidInputError(`claim ${claim.key} has no shard ${String(shard)}`);
      }
      return loadTensor(store, link, nodes[outputNode] as ProgramNode, root, { sha256, ...io });
    },
  };
}

/** As `openOutputs`, with all output tensors fetched and checked. */
export async function loadOutputs(
  store: ContentStore,
  claim: CommittedClaim,
  loaded: CheckedProgram,
  options: { sha256?: Sha256; signal?: AbortSignal } = {},
): Promise<{ outputs: Tensor[]; outputRoots: readonly Uint8Array[]; nodeRoots: readonly (readonly Uint8Array[])[] }> {
  const opened = await openOutputs(store, claim, loaded, options);
  const outputs: Tensor[] = [];
  for (let shard = claim.from; shard < claim.to; shard++) outputs.push(await opened.load(shard));
  return { outputs, outputRoots: opened.outputRoots, nodeRoots: opened.nodeRoots };
}

function requireIntegrity(condition: boolean, message: string): void {
  if (!condition) throw new IntegrityError(message);
}
