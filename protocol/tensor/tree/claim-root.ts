import { InvalidInputError } from "../../common/errors.ts";
import { merkleRoot } from "./merkle-root.ts";
import { pureSha256 } from "./sha256.ts";
import type { Sha256 } from "./sha256.ts";

/** Root over the tensor roots of all nodes of one shard, in node order. */
export function shardRoot(nodeRoots: readonly Uint8Array[], sha256: Sha256 = pureSha256): Uint8Array {
  return merkleRoot(nodeRoots, sha256);
}

/**
 * `claimRoot` of a unit: `nodeRoots[s][i]` is the tensor root of node i of the unit's s-th shard. All shards have the
 * same number of nodes. Throws InvalidInputError otherwise, or without shards.
 */
export function claimRoot(nodeRoots: readonly (readonly Uint8Array[])[], sha256: Sha256 = pureSha256): Uint8Array {
  requireEvenShards(nodeRoots);
  return merkleRoot(
    nodeRoots.map((roots) => shardRoot(roots, sha256)),
    sha256,
  );
}

/** Throws InvalidInputError unless there is a shard and all shards have the same number of nodes. */
export function requireEvenShards(nodeRoots: readonly (readonly Uint8Array[])[]): void {
  const nodes = nodeRoots[0]?.length ?? 0;
  const uneven = nodeRoots.findIndex((roots) => roots.length !== nodes);
  if (nodes === 0 || uneven >= 0) {
    throw new InvalidInputError(
      nodes === 0
        ? "a claim has at least one shard with one node"
        : `shard ${uneven} has not ${nodes} nodes as shard 0 has`,
    );
  }
}
