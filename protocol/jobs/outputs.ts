import type { CID } from "multiformats/cid";

import { equalBytes, fromHex, toHex } from "../common/hex.ts";
import { IntegrityError } from "../common/errors.ts";
import { dagCidFromDigest, digestFromDagCid, type ContentStore } from "../storage/index.ts";
import { claimRoot, pureSha256, toBytes, type ProgramNode, type Sha256, type Tensor } from "../tensor/index.ts";
import { parseDocument } from "./documents.ts";
import { concat } from "./manifest.ts";
import { loadTensor, type LoadedProgram } from "./program-package.ts";

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

/**
 * Fetches what a worker published and checks every output tensor against the claim root on chain.
 * @returns output tensors and their roots for shards [from, to)
 * @throws IntegrityError when something published does not belong to the claim
 */
export async function loadOutputs(
  store: ContentStore,
  claim: { key: string; claimRoot: string; outputs: string; from: number; to: number },
  loaded: LoadedProgram,
  options: { sha256?: Sha256; signal?: AbortSignal } = {},
): Promise<{ outputs: Tensor[]; outputRoots: Uint8Array[]; nodeRoots: Uint8Array[][] }> {
  const { sha256 = pureSha256 } = options;
  const io = options.signal === undefined ? {} : { signal: options.signal };
  const where = `the outputs ${claim.outputs} of claim ${claim.key}`;
  const document = parseDocument("outputs/1", await store.getDag(dagCidFromDigest(claim.outputs), io), where);
  const count = claim.to - claim.from;
  const nodes = loaded.program.nodes.length;
  requireIntegrity(document.shards.length === count, `${where} list ${String(document.shards.length)} shards, the claim has ${String(count)}`);
  const flat = await store.getBytes(document.roots, { maxBytes: 32 * nodes * count, ...io });
  requireIntegrity(flat.length === 32 * nodes * count, `${where} hold the wrong number of node roots`);
  const rootAt = (shard: number, node: number): Uint8Array => flat.subarray(32 * (shard * nodes + node), 32 * (shard * nodes + node + 1));
  const nodeRoots = Array.from({ length: count }, (_, s) => Array.from({ length: nodes }, (_, n) => rootAt(s, n)));
  requireIntegrity(equalBytes(claimRoot(nodeRoots, sha256), fromHex(claim.claimRoot, 32)), `${where} do not hash to the committed root ${claim.claimRoot}`);
  const { outputNode } = loaded.program;
  const type = loaded.program.nodes[outputNode] as ProgramNode;
  const outputRoots = nodeRoots.map((roots) => roots[outputNode] as Uint8Array);
  const outputs: Tensor[] = [];
  for (const [s, root] of outputRoots.entries()) {
    outputs.push(await loadTensor(store, document.shards[s] as CID, type, root, { sha256, ...io }));
  }
  requireIntegrity(toHex(document.root) === claim.claimRoot && toHex(document.key) === claim.key, `${where} are labelled for another claim`);
  return { outputs, outputRoots, nodeRoots };
}

function requireIntegrity(condition: boolean, message: string): void {
  if (!condition) throw new IntegrityError(message);
}
