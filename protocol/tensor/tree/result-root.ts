import { MerkleTree } from "./merkle-tree.ts";
import { merkleRoot } from "./merkle-root.ts";
import { pureSha256 } from "./sha256.ts";
import type { Sha256 } from "./sha256.ts";

/** Tree over the leaves of all shards of a job (see shardLeaf), in order. */
export function resultTree(leaves: readonly Uint8Array[], sha256: Sha256 = pureSha256): MerkleTree {
  return MerkleTree.fromLeaves(leaves, sha256);
}

/** `resultRoot` that the aggregator publishes. */
export function resultRoot(leaves: readonly Uint8Array[], sha256: Sha256 = pureSha256): Uint8Array {
  return merkleRoot(leaves, sha256);
}
