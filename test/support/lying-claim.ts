import { ancestor, answerAt, depthOf, positionOf, spanOf, type ClaimShape, type Place } from "@orion/protocol/disputes";
import { chunkLeaf, FORMAT, innerHash, type ClaimTree, type TensorSource } from "@orion/protocol/tensor";

import { nodeSha256 } from "./node-sha256.ts";

/** What a worker claims instead of the truth: other bytes in a chunk, or another hash anywhere, where no leaf belongs included. */
export interface Lies {
  readonly chunks: ReadonlyMap<Place, Uint8Array>;
  readonly hashes: ReadonlyMap<Place, Uint8Array>;
}

/** The claim of a worker that lies in some places and answers every demand by what it claimed. */
export class LyingClaim {
  readonly #shape: ClaimShape;
  readonly #tree: ClaimTree;
  readonly #tensors: TensorSource;
  readonly #lies: Lies;
  /** Every place whose hash differs from the truth. */
  readonly #changed = new Map<Place, Uint8Array>();

  constructor(shape: ClaimShape, tree: ClaimTree, tensors: TensorSource, lies: Lies) {
    this.#shape = shape;
    this.#tree = tree;
    this.#tensors = tensors;
    this.#lies = lies;
    for (const [place, bytes] of lies.chunks) this.#changed.set(place, chunkLeaf(bytes, nodeSha256));
    for (const [place, hash] of lies.hashes) this.#changed.set(place, hash);
    const deepest = Math.max(...[...this.#changed.keys()].map(depthOf));
    for (let depth = deepest; depth > 0; depth--) this.#propagate(depth);
  }

  get root(): Uint8Array {
    return this.hash(1);
  }

  hash(place: Place): Uint8Array {
    return this.#changed.get(place) ?? this.#tree.hash(positionOf(this.#shape, place));
  }

  /** The answer to a demand, or undefined where nobody can have one: under a hash that was made up. */
  answer(place: Place): Uint8Array | undefined {
    if (this.#lies.hashes.has(place)) return undefined;
    const span = spanOf(this.#shape, place);
    if (span === 0) {
      return this.#lies.chunks.get(place) ?? answerAt({ tree: this.#tree, tensors: this.#tensors }, this.#shape, place);
    }
    const answer = new Uint8Array(2 ** span * 32);
    for (let i = 0; i < 2 ** span; i++) answer.set(this.hash(place * 2 ** span + i), 32 * i);
    return answer;
  }

  /** A tensor as it is claimed, whole chunks. */
  tensor(shard: number, node: number, first: Place): Uint8Array {
    const count = this.#shape.leaves[node] ?? 0;
    const bytes = new Uint8Array(count * FORMAT.leafBytes);
    bytes.set(this.#tensors(shard, node));
    for (let i = 0; i < count; i++) {
      const lie = this.#lies.chunks.get(first + i);
      if (lie !== undefined) bytes.set(lie, i * FORMAT.leafBytes);
    }
    return bytes;
  }

  /** Parents of everything that differs at a depth differ too, unless a lie stands there already. */
  #propagate(depth: number): void {
    for (const place of [...this.#changed.keys()].filter((place) => depthOf(place) === depth)) {
      const parent = ancestor(place, 1);
      if (this.#lies.hashes.has(parent)) continue;
      this.#changed.set(parent, innerHash(this.hash(2 * parent), this.hash(2 * parent + 1), nodeSha256));
    }
  }
}
