import { HASH_BYTES, pureSha256 } from "./sha256.ts";
import type { Sha256 } from "./sha256.ts";
import { flatten, parentLevel, treeDepth } from "./shape.ts";

/**
 * Root of the tree over `leaves` (32 bytes each, at least one), missing leaves up to the next power of two being 32 zero
 * bytes. The root of one leaf is that leaf. Throws InvalidInputError for no leaves or a leaf of another length.
 */
export function merkleRoot(leaves: readonly Uint8Array[], sha256: Sha256 = pureSha256): Uint8Array {
  return foldRoot(flatten(leaves), sha256);
}

/** As `merkleRoot`, for leaves that already lie one behind another in `level`. */
export function foldRoot(level: Uint8Array, sha256: Sha256): Uint8Array {
  const depth = treeDepth(level.length / HASH_BYTES);
  for (let height = 0; height < depth; height++) level = parentLevel(level, height, sha256);
  return level.slice();
}
