import { InvalidInputError } from "../../common/errors.ts";
import { rangeSiblings } from "./range-proof.ts";
import { HASH_BYTES, pureSha256 } from "./sha256.ts";
import type { Sha256 } from "./sha256.ts";
import { flatten, parentLevel, treeDepth, zeroHash } from "./shape.ts";

/** A tree with all its levels kept, so that proofs cost no hashing. Hashes that it returns are copies. */
export class MerkleTree {
  /** Number of leaves that are present. */
  readonly count: number;
  /** Levels above the leaves; the root is at this level. */
  readonly depth: number;
  readonly #levels: Uint8Array[];

  /** `flatLeaves`: the leaves one behind another; at least one. Throws InvalidInputError for anything else. */
  constructor(flatLeaves: Uint8Array, sha256: Sha256 = pureSha256) {
    this.count = flatLeaves.length / HASH_BYTES;
    this.depth = treeDepth(this.count);
    this.#levels = [flatLeaves.slice()];
    for (let height = 0; height < this.depth; height++) {
      this.#levels.push(parentLevel(this.#levels[height] as Uint8Array, height, sha256));
    }
  }

  static fromLeaves(leaves: readonly Uint8Array[], sha256: Sha256 = pureSha256): MerkleTree {
    return new MerkleTree(flatten(leaves), sha256);
  }

  get root(): Uint8Array {
    return this.hash(this.depth, 0);
  }

  /** Hash at `index` of `level` (0 = leaves); positions wholly beyond the leaves give the empty subtree's hash. */
  hash(level: number, index: number): Uint8Array {
    const hashes = this.#levels[level];
    if (hashes === undefined || !Number.isInteger(index) || index < 0 || index >= 2 ** (this.depth - level)) {
      throw new InvalidInputError(`a tree of ${this.count} leaves has no position ${index} at level ${level}`);
    }
    const from = index * HASH_BYTES;
    return from < hashes.length ? hashes.slice(from, from + HASH_BYTES) : zeroHash(level);
  }

  /** Proof of the leaves [first, last]; throws InvalidInputError where the range is empty or leaves the tree. */
  rangeProof(first: number, last: number): Uint8Array[] {
    if (!Number.isInteger(first) || !Number.isInteger(last) || first < 0 || last < first || last >= this.count) {
      throw new InvalidInputError(`[${first}, ${last}] is no range of a tree of ${this.count} leaves`);
    }
    return rangeSiblings(this.count, first, last).map(({ level, index }) => this.hash(level, index));
  }
}
