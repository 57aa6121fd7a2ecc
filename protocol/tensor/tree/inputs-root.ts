import { InvalidInputError } from "../../common/errors.ts";
import { MerkleTree } from "./merkle-tree.ts";
import { pureSha256 } from "./sha256.ts";
import type { Sha256 } from "./sha256.ts";

/** Leaf of slot `slot` of absolute shard `shard`: `sharedSlots + shard·shardSlots + slot`. Shared slot j is leaf j itself. */
export function inputLeafIndex(sharedSlots: number, shardSlots: number, shard: number, slot: number): number {
  const index = sharedSlots + shard * shardSlots + slot;
  if (![sharedSlots, shard, slot].every((n) => n >= 0) || slot >= shardSlots || !Number.isSafeInteger(index)) {
    throw new InvalidInputError(`slot ${slot} of shard ${shard} does not exist among ${shardSlots} slots a shard`);
  }
  return index;
}

/**
 * Tree over the roots of a job's input tensors: `shared[j]`, then `shards[s][j]`. Every shard has the same number of
 * slots, at least one. Throws InvalidInputError otherwise.
 */
export function inputsTree(
  shared: readonly Uint8Array[],
  shards: readonly (readonly Uint8Array[])[],
  sha256: Sha256 = pureSha256,
): MerkleTree {
  const slots = shards[0]?.length ?? 0;
  const uneven = shards.findIndex((shard) => shard.length !== slots);
  if (slots === 0 || uneven >= 0) {
    throw new InvalidInputError(
      slots === 0
        ? "a job has at least one shard with one slot"
        : `shard ${uneven} has not ${slots} slots as shard 0 has`,
    );
  }
  return MerkleTree.fromLeaves([...shared, ...shards.flat()], sha256);
}

/** `inputsRoot` of the terms of a job. */
export function inputsRoot(
  shared: readonly Uint8Array[],
  shards: readonly (readonly Uint8Array[])[],
  sha256: Sha256 = pureSha256,
): Uint8Array {
  return inputsTree(shared, shards, sha256).root;
}
