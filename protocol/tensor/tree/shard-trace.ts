import { IntegrityError, InvalidInputError } from "../../common/errors.ts";
import { foldRoot } from "./merkle-root.ts";
import { MerkleTree } from "./merkle-tree.ts";
import { sameHash } from "./range-proof.ts";
import { HASH_BYTES, pureSha256 } from "./sha256.ts";
import type { Sha256 } from "./sha256.ts";
import { flatten } from "./shape.ts";

/** Most levels that one answer to a demand spans: it holds up to 2^7 hashes. */
export const MAX_SPAN = 7;

/** A hash of a shard's trace: of the tree over nodes, or of one tensor's tree over chunks. `level` counts from that tree's leaves up. */
export type TracePosition =
  | { readonly tree: "nodes"; readonly level: number; readonly index: number }
  | { readonly tree: "chunks"; readonly node: number; readonly level: number; readonly index: number };

/** Proof that `nodeRoot` is the tensor root of one node of a trace. */
export interface NodeProof {
  readonly nodeRoot: Uint8Array;
  /** From the node root to the shard's root. */
  readonly inShard: Uint8Array[];
}

/** Proof of contiguous chunks of one tensor, through both levels. */
export interface ChunkProof extends NodeProof {
  /** From the chunks' leaves to the node root. */
  readonly inTensor: Uint8Array[];
}

/** Gives the leaves of a node's tensor (the hashes of its chunks, see tensorLeaves), one behind another. */
export type LeafSource = (node: number) => Uint8Array;

/** Hashes in order: one by one, or in one array one behind another, which takes an eighth of the memory. */
export type Hashes = Uint8Array | readonly Uint8Array[];

/** Hash `index` of a flat array of them; shares its memory. */
export function hashAt(hashes: Uint8Array, index: number): Uint8Array {
  return hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
}

/** Root of a shard's trace over the tensor roots of all its nodes, in order. */
export function shardRoot(nodeRoots: Hashes, sha256: Sha256 = pureSha256): Uint8Array {
  return foldRoot(flat(nodeRoots), sha256);
}

function flat(hashes: Hashes): Uint8Array {
  return hashes instanceof Uint8Array ? hashes : flatten(hashes);
}

/** The tree of one shard's trace: nodes over chunks. Chunk hashes are asked of `leaves` only where they are needed. */
export class ShardTrace {
  readonly #nodes: MerkleTree;
  readonly #leaves: LeafSource;
  readonly #sha256: Sha256;
  #latest: { node: number; tree: MerkleTree } | undefined;

  /** `nodeRoots[i]`: tensor root of node i. Throws InvalidInputError for none. */
  constructor(nodeRoots: Hashes, leaves: LeafSource, sha256: Sha256 = pureSha256) {
    this.#nodes = new MerkleTree(flat(nodeRoots), sha256);
    this.#leaves = leaves;
    this.#sha256 = sha256;
  }

  get root(): Uint8Array {
    return this.#nodes.root;
  }

  /** Proof of the tensor root of one node. */
  proveNode(node: number): NodeProof {
    return { nodeRoot: this.nodeRoot(node), inShard: this.#nodes.rangeProof(node, node) };
  }

  nodeRoot(node: number): Uint8Array {
    if (node >= this.#nodes.count) throw new InvalidInputError(`the trace has no node ${node}`);
    return this.#nodes.hash(0, node);
  }

  /**
   * Proof of the chunks [firstChunk, lastChunk] of one node's output. Throws InvalidInputError outside the trace or the
   * tensor, IntegrityError if the source gives other hashes than the trace has.
   */
  proveChunks(node: number, firstChunk: number, lastChunk: number): ChunkProof {
    return { ...this.proveNode(node), inTensor: this.#chunkTree(node).rangeProof(firstChunk, lastChunk) };
  }

  /** Hash at a position. Positions beyond the present leaves give the empty subtree's hash. */
  hash(position: TracePosition): Uint8Array {
    return this.#treeOf(position).hash(position.level, position.index);
  }

  /**
   * The 2^span hashes that stand `span` levels under a position, in order; span is at most 7 and ends at the leaves of
   * the position's own tree, so an answer never crosses a node's or a tensor's border.
   */
  children(position: TracePosition, span: number = Math.min(MAX_SPAN, position.level)): Uint8Array[] {
    return childrenOf(this.#treeOf(position), position, span);
  }

  /** Siblings from a position up to the shard's root. */
  path(position: TracePosition): Uint8Array[] {
    const own = pathIn(this.#treeOf(position), position);
    return position.tree === "nodes" ? own : [...own, ...this.#nodes.rangeProof(position.node, position.node)];
  }

  /** Levels of the tree that a position lies in: where a descent into it starts. */
  depth(position: TracePosition): number {
    return this.#treeOf(position).depth;
  }

  #treeOf(position: TracePosition): MerkleTree {
    return position.tree === "nodes" ? this.#nodes : this.#chunkTree(position.node);
  }

  #chunkTree(node: number): MerkleTree {
    if (this.#latest?.node === node) return this.#latest.tree;
    const root = this.nodeRoot(node);
    const tree = new MerkleTree(this.#leaves(node), this.#sha256);
    if (!sameHash(tree.root, root)) throw new IntegrityError(`the tensor of node ${node} is not the one of the trace`);
    this.#latest = { node, tree };
    return tree;
  }
}

/** The trace of one shard; see ShardTrace. Without `leaves` only what stands above the node roots can be asked. */
export function shardTrace(nodeRoots: Hashes, leaves: LeafSource = noLeaves, sha256: Sha256 = pureSha256): ShardTrace {
  return new ShardTrace(nodeRoots, leaves, sha256);
}

function noLeaves(node: number): Uint8Array {
  throw new InvalidInputError(`the chunks of node ${node} are not at hand`);
}

/** The 2^span hashes that stand `span` levels under a position of a tree, in order; 1 ≤ span ≤ 7. Throws InvalidInputError. */
export function childrenOf(
  tree: MerkleTree,
  { level, index }: { readonly level: number; readonly index: number },
  span: number = Math.min(MAX_SPAN, level),
): Uint8Array[] {
  if (!Number.isInteger(span) || span < 1 || span > Math.min(MAX_SPAN, level)) {
    throw new InvalidInputError(`a position at level ${level} has no children ${span} levels down`);
  }
  const first = index * 2 ** span;
  return Array.from({ length: 2 ** span }, (_, i) => tree.hash(level - span, first + i));
}

/** Siblings from a position of a tree up to its root. Throws InvalidInputError where there is no such position. */
export function pathIn(
  tree: MerkleTree,
  { level, index }: { readonly level: number; readonly index: number },
): Uint8Array[] {
  tree.hash(level, index);
  return Array.from({ length: tree.depth - level }, (_, up) => {
    const at = Math.floor(index / 2 ** up);
    return tree.hash(level + up, at % 2 === 0 ? at + 1 : at - 1);
  });
}
