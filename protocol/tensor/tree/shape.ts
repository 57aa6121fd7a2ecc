import { InvalidInputError } from "../../common/errors.ts";
import { FORMAT } from "../constants.ts";
import { HASH_BYTES, pureSha256 } from "./sha256.ts";
import type { Sha256 } from "./sha256.ts";

/** Levels above the leaves of a tree of `count` ≥ 1 leaves: ⌈log2(count)⌉. Throws InvalidInputError for any other count. */
export function treeDepth(count: number): number {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new InvalidInputError(`a tree needs a whole number of leaves from 1 up, not ${count}`);
  }
  let depth = 0;
  for (let width = 1; width < count; width *= 2) depth++;
  return depth;
}

const zeros: Uint8Array[] = [new Uint8Array(HASH_BYTES)];

/** Root of a subtree of height `level` in which every leaf is missing; a fresh copy. Level 0 is 32 zero bytes. */
export function zeroHash(level: number): Uint8Array {
  if (!Number.isInteger(level) || level < 0 || level > 53) {
    throw new InvalidInputError(`no tree has a level ${level}`);
  }
  for (let below = zeros.length - 1; below < level; below++) {
    const child = zeros[below] ?? zeroHash(below);
    zeros.push(innerHash(child, child, pureSha256));
  }
  return (zeros[level] ?? new Uint8Array(HASH_BYTES)).slice();
}

/** `sha256(0x01 ‖ left ‖ right)`. */
export function innerHash(left: Uint8Array, right: Uint8Array, sha256: Sha256 = pureSha256): Uint8Array {
  const message = new Uint8Array(1 + 2 * HASH_BYTES);
  message[0] = FORMAT.innerDomain;
  message.set(left, 1);
  message.set(right, 1 + HASH_BYTES);
  return sha256.digest(message);
}

/**
 * The level above `level` (a flat array of hashes, `height` levels above the leaves): half as many hashes, rounded up;
 * the missing right child of an odd end is the empty subtree of that height.
 */
export function parentLevel(level: Uint8Array, height: number, sha256: Sha256): Uint8Array {
  const count = level.length / HASH_BYTES;
  const pairs = Math.floor(count / 2);
  const parents = new Uint8Array(Math.ceil(count / 2) * HASH_BYTES);
  const paired = parents.subarray(0, pairs * HASH_BYTES);
  sha256.digestRecords(FORMAT.innerDomain, 2 * HASH_BYTES, level, paired);
  if (count % 2 === 1) {
    const last = level.subarray(level.length - HASH_BYTES);
    parents.set(innerHash(last, zeroHash(height), sha256), pairs * HASH_BYTES);
  }
  return parents;
}

/** Joins hashes into one flat array. Throws InvalidInputError where one is not 32 bytes long. */
export function flatten(hashes: readonly Uint8Array[]): Uint8Array {
  const flat = new Uint8Array(hashes.length * HASH_BYTES);
  hashes.forEach((hash, i) => {
    if (hash.length !== HASH_BYTES) {
      throw new InvalidInputError(`hash ${i} has ${hash.length} bytes instead of ${HASH_BYTES}`);
    }
    flat.set(hash, i * HASH_BYTES);
  });
  return flat;
}
