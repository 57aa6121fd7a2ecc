import { hexlify } from "ethers";

import {
  ancestor,
  answerTrace,
  depthOf,
  isChunk,
  nodePlace,
  shardDepth,
  shardOf,
  shardPlace,
  spanOf,
  traceHash,
  type ClaimShape,
  type OwnTrace,
  type Place,
  type Subject,
  type Tree,
} from "@orion/protocol/disputes";
import { chunkLeaf, FORMAT, innerHash, shardLeaf, treeDepth, zeroHash } from "@orion/protocol/tensor";

import { nodeSha256 } from "./node-sha256.ts";

/** What a worker claims instead of the truth: other bytes in a chunk of a trace, or another hash anywhere, where no leaf belongs included. */
export interface Lies {
  readonly chunks: ReadonlyMap<Place, Uint8Array>;
  /** In the trace tree. */
  readonly hashes: ReadonlyMap<Place, Uint8Array>;
  /** In the outputs tree. */
  readonly outputs: ReadonlyMap<Place, Uint8Array>;
}

export const NO_LIES: Lies = { chunks: new Map(), hashes: new Map(), outputs: new Map() };

/** The answer to a demand for a trace, as the contract takes it. */
export interface ClaimedTrace {
  readonly shardRoot: Uint8Array;
  readonly data: Uint8Array;
  readonly outputRoots: Uint8Array[];
  readonly paths: Uint8Array[];
}

/**
 * The claim of a worker that lies in some places and answers every demand by what it claimed. What it commits to as outputs is what its traces end in, unless it lies there as
 * well: a lie in a hidden value that changes no output changes nothing at all.
 */
export class LyingClaim {
  readonly #shape: ClaimShape;
  readonly #outputNodes: readonly number[];
  readonly #traces: readonly OwnTrace[];
  readonly #lies: Lies;
  /** Every place whose hash differs from the truth. */
  readonly #changed: Readonly<Record<Tree, Map<Place, Uint8Array>>>;

  constructor(shape: ClaimShape, outputNodes: readonly number[], traces: readonly OwnTrace[], lies: Partial<Lies>) {
    this.#shape = shape;
    this.#outputNodes = outputNodes;
    this.#traces = traces;
    this.#lies = { ...NO_LIES, ...lies };
    const chunks = [...this.#lies.chunks].map(([place, bytes]) => [place, chunkLeaf(bytes, nodeSha256)] as const);
    this.#changed = { trace: new Map([...chunks, ...this.#lies.hashes]), outputs: new Map(this.#lies.outputs) };
    this.#propagate("trace", this.#lies.hashes, shardDepth(shape));
    for (let shard = 0; shard < shape.shards; shard++) {
      const place = shardPlace(shape, shard);
      if (!this.#lies.outputs.has(place)) this.#changed.outputs.set(place, this.#leafOf(shard));
    }
    this.#propagate("outputs", this.#lies.outputs, 0);
  }

  get root(): Uint8Array {
    return this.hash("outputs", 1);
  }

  hash(tree: Tree, place: Place): Uint8Array {
    const changed = this.#changed[tree].get(place);
    if (changed !== undefined) return changed;
    if (tree === "outputs") return zeroHash(shardDepth(this.#shape) - depthOf(place));
    return traceHash(this.#of(place), this.#shape, place);
  }

  /** Leaves of all shards, as they are published. */
  leaves(): Uint8Array[] {
    return Array.from({ length: this.#shape.shards }, (_, shard) =>
      this.hash("outputs", shardPlace(this.#shape, shard)),
    );
  }

  /** The answer to a demand for hashes or a chunk, or undefined where nobody can have one: under a hash that was made up. */
  answer(tree: Tree, place: Place): Uint8Array | undefined {
    const made = tree === "trace" ? this.#lies.hashes : this.#lies.outputs;
    if (made.has(place)) return undefined;
    if (isChunk(this.#shape, tree, place)) {
      return this.#lies.chunks.get(place) ?? answerTrace(this.#of(place), this.#shape, place);
    }
    const span = spanOf(this.#shape, tree, place);
    const answer = new Uint8Array(2 ** span * 32);
    for (let i = 0; i < 2 ** span; i++) answer.set(this.hash(tree, place * 2 ** span + i), 32 * i);
    return answer;
  }

  /** The answer to the demand for the trace of a shard (within the claim); undefined where its leaf, or its root, was made up. */
  trace(shard: number): ClaimedTrace | undefined {
    const place = shardPlace(this.#shape, shard);
    if (this.#lies.outputs.has(place) || this.#lies.hashes.has(place)) return undefined;
    const data = this.answer("trace", place) as Uint8Array;
    const below = treeDepth(this.#shape.nodes) - spanOf(this.#shape, "trace", place);
    const shardRoot = this.hash("trace", place);
    if (below === 0) return { shardRoot, data, outputRoots: [], paths: [] };
    const places = this.#outputNodes.map((node) => nodePlace(this.#shape, shard, node));
    const outputRoots = places.map((at) => this.hash("trace", at));
    const paths = places.flatMap((at) =>
      Array.from({ length: below }, (_, up) => {
        const on = ancestor(at, up);
        return this.hash("trace", on % 2 === 0 ? on + 1 : on - 1);
      }),
    );
    return { shardRoot, data, outputRoots, paths };
  }

  /** What an event would show as the answer to a demand: of a trace its hashes; undefined where there is none. */
  shown(what: Subject, from: number): { answer: string; shardRoot?: string } | undefined {
    if (what.kind === "block") return undefined;
    if (what.kind === "shard") {
      const trace = this.trace(what.shard - from);
      return trace === undefined ? undefined : { answer: hexlify(trace.data), shardRoot: hexlify(trace.shardRoot) };
    }
    const answer = this.answer(what.kind, what.place);
    return answer === undefined ? undefined : { answer: hexlify(answer) };
  }

  /** A tensor as it is claimed, whole chunks. */
  tensor(shard: number, node: number, first: Place): Uint8Array {
    const count = this.#shape.leaves[node] ?? 0;
    const bytes = new Uint8Array(count * FORMAT.leafBytes);
    bytes.set((this.#traces[shard] as OwnTrace).tensors(node));
    for (let i = 0; i < count; i++) {
      const lie = this.#lies.chunks.get(first + i);
      if (lie !== undefined) bytes.set(lie, i * FORMAT.leafBytes);
    }
    return bytes;
  }

  #of(place: Place): OwnTrace {
    return this.#traces[shardOf(this.#shape, place)] as OwnTrace;
  }

  #leafOf(shard: number): Uint8Array {
    const roots = this.#outputNodes.map((node) => this.hash("trace", nodePlace(this.#shape, shard, node)));
    return shardLeaf(roots, nodeSha256);
  }

  /** Parents of everything that differs differ too, unless a lie stands there already. */
  #propagate(tree: Tree, made: ReadonlyMap<Place, Uint8Array>, top: number): void {
    const changed = this.#changed[tree];
    const deepest = Math.max(top, ...[...changed.keys()].map(depthOf));
    for (let depth = deepest; depth > top; depth--) {
      for (const place of [...changed.keys()].filter((at) => depthOf(at) === depth)) {
        const parent = ancestor(place, 1);
        if (made.has(parent)) continue;
        changed.set(parent, innerHash(this.hash(tree, 2 * parent), this.hash(tree, 2 * parent + 1), nodeSha256));
      }
    }
  }
}
