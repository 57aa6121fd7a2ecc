import { HASH_BYTES, pureSha256, type Sha256 } from "../tree/sha256.ts";
import { sourceOf } from "../validate.ts";
import { givenPath, slotIndex } from "./given-path.ts";
import { nodeAt, nodeFacts } from "./node-facts.ts";
import type { FixedRootProof, Place, ProofSource } from "./types.ts";

/**
 * Proof of the claimed root of an input or constant node beside the root that job or program fix. Throws
 * InvalidInputError outside the claim.
 */
export function buildFixedRootProof(source: ProofSource, place: Place, sha256: Sha256 = pureSha256): FixedRootProof {
  const { nodeRoot, inShard, inClaim } = source.claim.proveNode(place.shard - source.from, place.node);
  const isConstant = sourceOf(nodeAt(source, place.node)) === "constant";
  return {
    ...nodeFacts(source.program, place, sha256),
    claimedRoot: nodeRoot,
    claimedPath: [...inShard, ...inClaim],
    fixedRoot: isConstant ? new Uint8Array(HASH_BYTES) : source.inputs.hash(0, slotIndex(source, place)),
    fixedPath: givenPath(source, place),
  };
}
