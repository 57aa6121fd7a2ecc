import { HASH_BYTES, pureSha256, type Sha256 } from "../tree/sha256.ts";
import { sourceOf } from "../validate.ts";
import { givenPath, slotIndex } from "./given-path.ts";
import { nodeAt, nodeFacts } from "./node-facts.ts";
import type { FixedRootProof, ProofSource } from "./types.ts";

/**
 * Proof of the claimed root of an input or constant node beside the root that job or program fix. Throws
 * InvalidInputError outside the trace.
 */
export function buildFixedRootProof(source: ProofSource, node: number, sha256: Sha256 = pureSha256): FixedRootProof {
  const { nodeRoot, inShard } = source.trace.proveNode(node);
  const isConstant = sourceOf(nodeAt(source, node)) === "constant";
  return {
    ...nodeFacts(source.program, node, sha256),
    claimedRoot: nodeRoot,
    claimedPath: inShard,
    fixedRoot: isConstant ? new Uint8Array(HASH_BYTES) : source.inputs.hash(0, slotIndex(source, node)),
    fixedPath: givenPath(source, node),
  };
}
