import { MerkleTree } from "./merkle-tree.ts";
import { merkleRoot } from "./merkle-root.ts";
import { pureSha256 } from "./sha256.ts";
import type { Sha256 } from "./sha256.ts";

/** Tree over the output-node roots of all shards of a job, in order; leaf s is shard s. */
export function resultTree(outputRoots: readonly Uint8Array[], sha256: Sha256 = pureSha256): MerkleTree {
  return MerkleTree.fromLeaves(outputRoots, sha256);
}

/** `resultRoot` that the aggregator publishes. */
export function resultRoot(outputRoots: readonly Uint8Array[], sha256: Sha256 = pureSha256): Uint8Array {
  return merkleRoot(outputRoots, sha256);
}
