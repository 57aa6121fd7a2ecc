import { equalBytes } from "../common/hex.ts";
import { chunkLeaf, FORMAT, innerHash, pureSha256, tensorLeaves, type Sha256 } from "../tensor/index.ts";
import {
  ancestor,
  chunkPlace,
  depthOf,
  leavesOf,
  nodePlace,
  ROOT,
  shardDepth,
  shardPlace,
  sibling,
  spanOf,
  type ClaimShape,
  type Place,
  type Tree,
} from "./place.ts";

/**
 * What is known of a claim that somebody else has committed to: hashes at places, each checked up to the outputs root, or to the root of a shard's trace that the worker has
 * answered, before it is believed; and chunks. Whatever a worker publishes or answers is learned here; what does not fit is refused and changes nothing.
 */
export class KnownClaim {
  readonly shape: ClaimShape;
  readonly #hashes: Readonly<Record<Tree, Map<Place, Uint8Array>>> = { outputs: new Map(), trace: new Map() };
  readonly #chunks = new Map<Place, Uint8Array>();
  readonly #sha256: Sha256;

  constructor(shape: ClaimShape, outputsRoot: Uint8Array, sha256: Sha256 = pureSha256) {
    this.shape = shape;
    this.#sha256 = sha256;
    this.#hashes.outputs.set(ROOT, outputsRoot);
  }

  hash(tree: Tree, place: Place): Uint8Array | undefined {
    return this.#hashes[tree].get(place);
  }

  /** The leaf of a shard (relative to the claim) under the outputs root. */
  leaf(shard: number): Uint8Array | undefined {
    return this.hash("outputs", shardPlace(this.shape, shard));
  }

  /** The root of a shard's trace, once the worker has answered with it. */
  shardRoot(shard: number): Uint8Array | undefined {
    return this.hash("trace", shardPlace(this.shape, shard));
  }

  /** The 1 KiB chunk at a leaf's place. */
  chunk(place: Place): Uint8Array | undefined {
    return this.#chunks.get(place);
  }

  /** Learns the leaves of all shards, as a worker publishes them; false unless they fold to the outputs root. */
  learnLeaves(leaves: readonly Uint8Array[]): boolean {
    if (leaves.length !== this.shape.shards) return false;
    return this.#learnRow("outputs", ROOT, padded(leaves, 2 ** shardDepth(this.shape), new Uint8Array(32)));
  }

  /**
   * Learns the root that the worker has answered for a shard's trace, and the hashes some levels below it. The judge has checked that its outputs are those of the shard's
   * leaf; false if the hashes do not fold to the root, or another root was answered before.
   */
  learnTrace(shard: number, shardRoot: Uint8Array, data: Uint8Array): boolean {
    const known = this.shardRoot(shard);
    if (known !== undefined && !equalBytes(known, shardRoot)) return false;
    const place = shardPlace(this.shape, shard);
    const hashes = hashesOf(data);
    if (hashes.length !== 2 ** spanOf(this.shape, "trace", place)) return false;
    this.#hashes.trace.set(place, shardRoot);
    if (this.#learnRow("trace", place, hashes)) return true;
    if (known === undefined) this.#hashes.trace.delete(place);
    return false;
  }

  /** Learns the 2^span hashes under a known place; false if the place is unknown or they do not hash to it. */
  learnChildren(tree: Tree, place: Place, children: readonly Uint8Array[]): boolean {
    const levels = Math.log2(children.length);
    return Number.isInteger(levels) && levels >= 1 && this.#learnRow(tree, place, children);
  }

  /** Learns a chunk at a known leaf; false if it does not hash to it. */
  learnChunk(place: Place, chunk: Uint8Array): boolean {
    const known = this.hash("trace", place);
    if (chunk.length !== FORMAT.leafBytes || known === undefined) return false;
    if (!equalBytes(chunkLeaf(chunk, this.#sha256), known)) return false;
    this.#chunks.set(place, chunk);
    return true;
  }

  /** Learns a whole tensor; false unless it hashes to the known root of its node. */
  learnTensor(shard: number, node: number, bytes: Uint8Array): boolean {
    const count = leavesOf(this.shape, node);
    if (Math.ceil(bytes.length / FORMAT.leafBytes) !== count) return false;
    const leaves = hashesOf(tensorLeaves(bytes, this.#sha256));
    const top = nodePlace(this.shape, shard, node);
    const first = chunkPlace(this.shape, shard, node, 0);
    const width = 2 ** (depthOf(first) - depthOf(top));
    if (!this.#learnRow("trace", top, padded(leaves, width, new Uint8Array(32)))) return false;
    for (let i = 0; i < count; i++) {
      const chunk = new Uint8Array(FORMAT.leafBytes);
      chunk.set(bytes.subarray(i * FORMAT.leafBytes, (i + 1) * FORMAT.leafBytes));
      this.#chunks.set(first + i, chunk);
    }
    return true;
  }

  /** Sibling hashes from a place up to an ancestor `levels` above; undefined if one of them is unknown. */
  path(tree: Tree, place: Place, levels: number): Uint8Array[] | undefined {
    const hashes: Uint8Array[] = [];
    for (let up = 0; up < levels; up++) {
      const hash = this.hash(tree, sibling(ancestor(place, up)));
      if (hash === undefined) return undefined;
      hashes.push(hash);
    }
    return hashes;
  }

  /** Believes a whole row of hashes under a place, and everything between, if it folds to the known hash there. */
  #learnRow(tree: Tree, place: Place, row: readonly Uint8Array[]): boolean {
    const known = this.hash(tree, place);
    const learned = new Map<Place, Uint8Array>();
    let level = row;
    for (let up = Math.log2(row.length); up > 0; up--) {
      level.forEach((hash, i) => learned.set(place * 2 ** up + i, hash));
      level = pairUp(level, this.#sha256);
    }
    if (known === undefined || !equalBytes(known, level[0] as Uint8Array)) return false;
    for (const [at, hash] of learned) this.#hashes[tree].set(at, hash);
    return true;
  }
}

/** Hashes that lie one behind another. */
export function hashesOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.floor(bytes.length / 32) }, (_, i) => bytes.subarray(32 * i, 32 * i + 32));
}

function padded(row: readonly Uint8Array[], width: number, empty: Uint8Array): Uint8Array[] {
  return Array.from({ length: width }, (_, i) => row[i] ?? empty);
}

function pairUp(level: readonly Uint8Array[], sha256: Sha256): Uint8Array[] {
  const parents: Uint8Array[] = [];
  for (let i = 0; i + 1 < level.length; i += 2) {
    parents.push(innerHash(level[i] as Uint8Array, level[i + 1] as Uint8Array, sha256));
  }
  return parents;
}
