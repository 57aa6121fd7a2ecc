import { equalBytes } from "../common/hex.ts";
import { chunkLeaf, FORMAT, innerHash, pureSha256, tensorLeaves, type Sha256 } from "../tensor/index.ts";
import {
  ancestor,
  chunkPlace,
  depthOf,
  nodePlace,
  ROOT,
  shardDepth,
  sibling,
  tensorTop,
  type ClaimShape,
  type Place,
} from "./place.ts";

/**
 * What is known of a claim that somebody else has committed to: hashes at places, each checked up to the claim root before it is believed, and chunks.
 * Whatever a worker publishes or answers is learned here; what does not fit is refused and changes nothing.
 */
export class KnownClaim {
  readonly shape: ClaimShape;
  readonly #hashes = new Map<Place, Uint8Array>();
  readonly #chunks = new Map<Place, Uint8Array>();
  readonly #sha256: Sha256;

  constructor(shape: ClaimShape, claimRoot: Uint8Array, sha256: Sha256 = pureSha256) {
    this.shape = shape;
    this.#sha256 = sha256;
    this.#hashes.set(ROOT, claimRoot);
  }

  hash(place: Place): Uint8Array | undefined {
    return this.#hashes.get(place);
  }

  /** The 1 KiB chunk at a leaf's place. */
  chunk(place: Place): Uint8Array | undefined {
    return this.#chunks.get(place);
  }

  /** Learns the 2^span hashes under a known place; false if the place is unknown or they do not hash to it. */
  learnChildren(place: Place, children: readonly Uint8Array[]): boolean {
    const levels = Math.log2(children.length);
    if (!Number.isInteger(levels) || levels < 1) return false;
    const learned = new Map<Place, Uint8Array>();
    let level = children;
    for (let up = levels; up > 0; up--) {
      level.forEach((hash, i) => learned.set(place * 2 ** up + i, hash));
      level = pairUp(level, this.#sha256);
    }
    return this.#accept(place, level[0] as Uint8Array, learned);
  }

  /** Learns a chunk at a known leaf; false if it does not hash to it. */
  learnChunk(place: Place, chunk: Uint8Array): boolean {
    const known = this.#hashes.get(place);
    if (
      chunk.length !== FORMAT.leafBytes ||
      known === undefined ||
      !equalBytes(chunkLeaf(chunk, this.#sha256), known)
    ) {
      return false;
    }
    this.#chunks.set(place, chunk);
    return true;
  }

  /** Learns all node roots at once (`nodeRoots[shard][node]`), as a worker publishes them; false unless they hash to the claim root. */
  learnNodeRoots(nodeRoots: readonly (readonly Uint8Array[])[]): boolean {
    const { shape } = this;
    if (nodeRoots.length !== shape.shards || nodeRoots.some((roots) => roots.length !== shape.nodes)) return false;
    const learned = new Map<Place, Uint8Array>();
    nodeRoots.forEach((roots, shard) =>
      roots.forEach((root, node) => learned.set(nodePlace(shape, shard, node), root)),
    );
    // Two trees: a missing shard is an empty leaf of the upper one, not a shard of empty nodes.
    const shardRoots = this.#fold([...learned], tensorTop(shape) - shardDepth(shape), learned);
    const [top] = this.#fold(shardRoots, shardDepth(shape), learned);
    return top !== undefined && this.#accept(ROOT, top[1], learned);
  }

  /** Learns a whole tensor; false unless it hashes to the known root of its node. */
  learnTensor(shard: number, node: number, bytes: Uint8Array): boolean {
    const { shape } = this;
    const leaves = tensorLeaves(bytes, this.#sha256);
    const count = leaves.length / 32;
    if (count !== shape.leaves[node]) return false;
    const learned = new Map<Place, Uint8Array>();
    for (let i = 0; i < count; i++) {
      learned.set(chunkPlace(shape, shard, node, i), leaves.subarray(32 * i, 32 * i + 32));
    }
    const top = nodePlace(shape, shard, node);
    const levels = depthOf(chunkPlace(shape, shard, node, 0)) - depthOf(top);
    const [folded] = this.#fold([...learned], levels, learned);
    if (folded === undefined || !this.#accept(top, folded[1], learned)) return false;
    for (let i = 0; i < count; i++) {
      const chunk = new Uint8Array(FORMAT.leafBytes);
      chunk.set(bytes.subarray(i * FORMAT.leafBytes, (i + 1) * FORMAT.leafBytes));
      this.#chunks.set(chunkPlace(shape, shard, node, i), chunk);
    }
    return true;
  }

  /** Sibling hashes from a place up to an ancestor `levels` above; undefined if one of them is unknown. */
  path(place: Place, levels: number): Uint8Array[] | undefined {
    const hashes: Uint8Array[] = [];
    for (let up = 0; up < levels; up++) {
      const hash = this.#hashes.get(sibling(ancestor(place, up)));
      if (hash === undefined) return undefined;
      hashes.push(hash);
    }
    return hashes;
  }

  /** Believes what was learned if it folds to the known hash of the place. */
  #accept(place: Place, folded: Uint8Array, learned: ReadonlyMap<Place, Uint8Array>): boolean {
    const known = this.#hashes.get(place);
    if (known === undefined || !equalBytes(known, folded)) return false;
    for (const [at, hash] of learned) this.#hashes.set(at, hash);
    return true;
  }

  /** The row `levels` levels above a row of one tree, its missing leaves empty; adds every hash on the way to `learned`. */
  #fold(
    row: readonly [Place, Uint8Array][],
    levels: number,
    learned: Map<Place, Uint8Array>,
  ): readonly [Place, Uint8Array][] {
    let empty: Uint8Array = new Uint8Array(32);
    for (let up = 0; up < levels; up++) {
      for (const [place, hash] of row) learned.set(place, hash);
      row = this.#parents(row, empty, learned);
      empty = innerHash(empty, empty, this.#sha256);
    }
    return row;
  }

  #parents(
    row: readonly [Place, Uint8Array][],
    empty: Uint8Array,
    learned: Map<Place, Uint8Array>,
  ): [Place, Uint8Array][] {
    const parents = new Map<Place, Uint8Array>();
    const at = new Map(row);
    for (const [place] of row) {
      const parent = ancestor(place, 1);
      if (parents.has(parent)) continue;
      const [left, right] = [at.get(2 * parent) ?? empty, at.get(2 * parent + 1) ?? empty];
      learned.set(2 * parent, left);
      learned.set(2 * parent + 1, right);
      parents.set(parent, innerHash(left, right, this.#sha256));
    }
    return [...parents.entries()].sort(([a], [b]) => a - b);
  }
}

function pairUp(level: readonly Uint8Array[], sha256: Sha256): Uint8Array[] {
  const parents: Uint8Array[] = [];
  for (let i = 0; i + 1 < level.length; i += 2) {
    parents.push(innerHash(level[i] as Uint8Array, level[i + 1] as Uint8Array, sha256));
  }
  return parents;
}
