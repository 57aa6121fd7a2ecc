import { HASH_BYTES, pureSha256 } from "./sha256.ts";
import type { Sha256 } from "./sha256.ts";
import { innerHash, treeDepth } from "./shape.ts";

/** One sibling hash of a range proof: `level` levels above the leaves, at position `index` of that level. */
export interface Sibling {
  readonly level: number;
  readonly index: number;
}

/**
 * The siblings that a proof of the leaves [first, last] of a tree of `count` leaves carries, in order: from the leaves up,
 * at each level below the root the left one if the range starts at an odd position, then the right one if it ends at an
 * even position. The range must lie in the tree.
 */
export function rangeSiblings(count: number, first: number, last: number): Sibling[] {
  const depth = treeDepth(count);
  const siblings: Sibling[] = [];
  for (let level = 0; level < depth; level++) {
    if (first % 2 === 1) siblings.push({ level, index: first - 1 });
    if (last % 2 === 0) siblings.push({ level, index: last + 1 });
    first = Math.floor(first / 2);
    last = Math.floor(last / 2);
  }
  return siblings;
}

export interface RangeClaim {
  /** Root that the leaves are checked against. */
  readonly root: Uint8Array;
  /** Number of leaves of the whole tree, from a source that the prover does not control. */
  readonly count: number;
  /** Position of the first leaf. */
  readonly first: number;
  /** The leaves, in order, at least one. */
  readonly leaves: readonly Uint8Array[];
  readonly proof: readonly Uint8Array[];
}

/** True if the leaves stand at [first, first + leaves.length) of the tree; any other input is false, none throws. */
export function verifyRange(claim: RangeClaim, sha256: Sha256 = pureSha256): boolean {
  if (!isWellFormed(claim)) return false;
  const { root, count, leaves, proof } = claim;
  let first = claim.first;
  let hashes: readonly Uint8Array[] = leaves;
  let used = 0;
  const next = (): Uint8Array[] => proof.slice(used, ++used);
  for (let level = treeDepth(count); level > 0; level--) {
    const left = first % 2 === 1 ? next() : [];
    const right = (first + hashes.length) % 2 === 1 ? next() : [];
    hashes = pairUp([...left, ...hashes, ...right], sha256);
    first = Math.floor(first / 2);
  }
  const computed = hashes[0];
  return computed !== undefined && sameHash(computed, root);
}

function pairUp(hashes: readonly Uint8Array[], sha256: Sha256): Uint8Array[] {
  const parents: Uint8Array[] = [];
  for (let i = 0; i + 1 < hashes.length; i += 2) {
    parents.push(innerHash(hashes[i] as Uint8Array, hashes[i + 1] as Uint8Array, sha256));
  }
  return parents;
}

function isWellFormed(claim: RangeClaim): boolean {
  if (typeof claim !== "object" || claim === null) return false;
  const { root, count, first, leaves, proof } = claim;
  if (!isHash(root) || !Array.isArray(leaves) || !Array.isArray(proof)) return false;
  if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(first) || first < 0) return false;
  if (leaves.length < 1 || first + leaves.length > count) return false;
  const siblings = rangeSiblings(count, first, first + leaves.length - 1);
  return proof.length === siblings.length && areHashes(leaves) && areHashes(proof);
}

/** `every` alone would skip the holes of a sparse array. */
function areHashes(values: readonly unknown[]): boolean {
  return Array.from(values).every(isHash);
}

function isHash(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === HASH_BYTES;
}

/** True if two hashes hold the same bytes. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
