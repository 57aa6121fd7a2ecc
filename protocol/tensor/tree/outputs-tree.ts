import { merkleRoot } from "./merkle-root.ts";
import { MerkleTree } from "./merkle-tree.ts";
import { pureSha256 } from "./sha256.ts";
import type { Sha256 } from "./sha256.ts";

/** Leaf of one shard: the root over the tensor roots of its outputs, in order; of one output that root itself. */
export function shardLeaf(outputRoots: readonly Uint8Array[], sha256: Sha256 = pureSha256): Uint8Array {
  return merkleRoot(outputRoots, sha256);
}

/** Tree over the leaves of the shards of a claim, in order. */
export function outputsTree(leaves: readonly Uint8Array[], sha256: Sha256 = pureSha256): MerkleTree {
  return MerkleTree.fromLeaves(leaves, sha256);
}

/** `outputsRoot` that a worker commits to. */
export function outputsRoot(leaves: readonly Uint8Array[], sha256: Sha256 = pureSha256): Uint8Array {
  return merkleRoot(leaves, sha256);
}
