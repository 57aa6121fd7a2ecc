import { IntegrityError } from "../common/errors.ts";
import { FORMAT, type ClaimTree, type NodeProof, type ProofSource, type TensorSource } from "../tensor/index.ts";
import type { KnownClaim } from "./known-claim.ts";
import { chunkPlace, depthOf, nodePlace, shardDepth, tensorTop } from "./place.ts";

/** The own computation of a claim's shards: its tree, and the bytes of every node's output (positions within the claim). */
export interface OwnClaim {
  readonly tree: ClaimTree;
  readonly tensors: TensorSource;
}

/**
 * Proofs about somebody else's claim of which only a part is known: tensors that agree come from the own computation, the one chunk that
 * does not from what the worker published or answered, and all hashes above node roots from there too.
 */
export function partialProofSource(
  base: Pick<ProofSource, "program" | "from" | "given" | "inputs">,
  known: KnownClaim,
  own: OwnClaim,
): ProofSource {
  const { shape } = known;
  const proveNode = (shard: number, node: number): NodeProof => {
    const place = nodePlace(shape, shard, node);
    const inShardLevels = tensorTop(shape) - shardDepth(shape);
    const path = known.path(place, depthOf(place));
    const nodeRoot = known.hash(place);
    const shardRoot = known.hash(2 ** shardDepth(shape) + shard);
    if (path === undefined || nodeRoot === undefined || shardRoot === undefined) {
      throw new IntegrityError(`the path of node ${String(node)} of shard ${String(shard)} is not known`);
    }
    return { nodeRoot, shardRoot, inShard: path.slice(0, inShardLevels), inClaim: path.slice(inShardLevels) };
  };
  const differs = (shard: number, node: number, chunk: number): boolean =>
    known.chunk(chunkPlace(shape, shard, node, chunk)) !== undefined;
  return {
    ...base,
    claim: {
      proveNode,
      proveChunks(shard, node, first, last) {
        const known_ = first === last && differs(shard, node, first);
        const inTensor = known_
          ? chunkPath(known, shard, node, first)
          : own.tree.proveChunks(shard, node, first, last).inTensor;
        return { ...proveNode(shard, node), inTensor };
      },
    },
    claimed: (shard, node) => withKnownChunks(known, shard, node, own.tensors(shard, node)),
  };
}

function chunkPath(known: KnownClaim, shard: number, node: number, chunk: number): Uint8Array[] {
  const place = chunkPlace(known.shape, shard, node, chunk);
  const path = known.path(place, depthOf(place) - tensorTop(known.shape));
  if (path === undefined) throw new IntegrityError(`the path of chunk ${String(chunk)} is not known`);
  return path;
}

/** The own bytes with every chunk replaced that is known to be claimed differently; whole chunks, padding included. */
function withKnownChunks(known: KnownClaim, shard: number, node: number, own: Uint8Array): Uint8Array {
  const count = known.shape.leaves[node] ?? 0;
  let bytes = own;
  for (let i = 0; i < count; i++) {
    const chunk = known.chunk(chunkPlace(known.shape, shard, node, i));
    if (chunk === undefined) continue;
    if (bytes === own) {
      bytes = new Uint8Array(count * FORMAT.leafBytes);
      bytes.set(own);
    }
    bytes.set(chunk, i * FORMAT.leafBytes);
  }
  return bytes;
}
