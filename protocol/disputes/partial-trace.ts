import { IntegrityError } from "../common/errors.ts";
import { FORMAT, type NodeProof, type ProofSource } from "../tensor/index.ts";
import type { KnownClaim } from "./known-claim.ts";
import type { OwnTrace } from "./own-trace.ts";
import { chunkPlace, depthOf, leavesOf, nodePlace, shardDepth, tensorTop } from "./place.ts";

/**
 * Proofs about somebody else's trace of one shard, of which only a part is known: tensors that agree come from the own computation, the one chunk that does not from
 * what the worker published or answered, and all hashes above node roots from there too.
 * @param position of the shard within the claim
 */
export function partialProofSource(
  base: Pick<ProofSource, "program" | "shard" | "given" | "inputs">,
  position: number,
  known: KnownClaim,
  own: OwnTrace,
): ProofSource {
  const { shape } = known;
  const proveNode = (node: number): NodeProof => {
    const place = nodePlace(shape, position, node);
    const inShard = known.path("trace", place, depthOf(place) - shardDepth(shape));
    const nodeRoot = known.hash("trace", place);
    if (inShard === undefined || nodeRoot === undefined) {
      throw new IntegrityError(`the path of node ${String(node)} of shard ${String(base.shard)} is not known`);
    }
    return { nodeRoot, inShard };
  };
  const isKnown = (node: number, chunk: number): boolean =>
    known.chunk(chunkPlace(shape, position, node, chunk)) !== undefined;
  return {
    ...base,
    trace: {
      proveNode,
      proveChunks(node, first, last) {
        const inTensor =
          first === last && isKnown(node, first)
            ? chunkPath(known, position, node, first)
            : own.tree.proveChunks(node, first, last).inTensor;
        return { ...proveNode(node), inTensor };
      },
    },
    claimed: (node) => withKnownChunks(known, position, node, own.tensors(node)),
  };
}

/** From the claimed chunk's own siblings: those of the own computation lead to another root wherever more than this chunk differs. */
function chunkPath(known: KnownClaim, position: number, node: number, chunk: number): Uint8Array[] {
  const place = chunkPlace(known.shape, position, node, chunk);
  const path = known.path("trace", place, depthOf(place) - tensorTop(known.shape));
  if (path === undefined) throw new IntegrityError(`the path of chunk ${String(chunk)} is not known`);
  return path;
}

/** The own bytes with every chunk replaced that is known to be claimed differently; whole chunks, padding included. */
function withKnownChunks(known: KnownClaim, position: number, node: number, own: Uint8Array): Uint8Array {
  const count = leavesOf(known.shape, node);
  let bytes = own;
  for (let i = 0; i < count; i++) {
    const chunk = known.chunk(chunkPlace(known.shape, position, node, i));
    if (chunk === undefined) continue;
    if (bytes === own) {
      bytes = new Uint8Array(count * FORMAT.leafBytes);
      bytes.set(own);
    }
    bytes.set(chunk, i * FORMAT.leafBytes);
  }
  return bytes;
}
