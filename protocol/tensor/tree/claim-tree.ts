import { IntegrityError, InvalidInputError } from "../../common/errors.ts";
import { requireEvenShards } from "./claim-root.ts";
import { MerkleTree } from "./merkle-tree.ts";
import { pureSha256 } from "./sha256.ts";
import type { Sha256 } from "./sha256.ts";
import { sameHash } from "./range-proof.ts";
import { tensorLeaves } from "./tensor-root.ts";

/** Most levels that one answer to a demand spans: it holds up to 2^7 hashes. */
export const MAX_SPAN = 7;

/**
 * A place in the claim: a hash of the tree over shards, of one shard's tree over nodes, or of one tensor's tree over
 * chunks. `level` counts from that tree's leaves up.
 */
export type ClaimPosition =
  | { readonly tree: "shards"; readonly level: number; readonly index: number }
  | { readonly tree: "nodes"; readonly shard: number; readonly level: number; readonly index: number }
  | {
      readonly tree: "chunks";
      readonly shard: number;
      readonly node: number;
      readonly level: number;
      readonly index: number;
    };

/** Proof that `nodeRoot` is the tensor root of one node of one shard of a claim. */
export interface NodeProof {
  readonly nodeRoot: Uint8Array;
  readonly shardRoot: Uint8Array;
  /** From the node root to the shard root. */
  readonly inShard: Uint8Array[];
  /** From the shard root to the claim root. */
  readonly inClaim: Uint8Array[];
}

/** Proof of contiguous chunks of one tensor, through all three levels. */
export interface ChunkProof extends NodeProof {
  /** From the chunks' leaves to the node root. */
  readonly inTensor: Uint8Array[];
}

/** Gives the bytes of the output of one node of one shard (positions within the claim, not absolute shards). */
export type TensorSource = (shard: number, node: number) => Uint8Array;

/** The tree of one claim: shards over nodes over chunks. Tensors are fetched from `source` only for chunk proofs. */
export class ClaimTree {
  readonly #shards: MerkleTree;
  readonly #nodes: readonly MerkleTree[];
  readonly #source: TensorSource;
  readonly #sha256: Sha256;
  #latest: { shard: number; node: number; tree: MerkleTree } | undefined;

  /** `nodeRoots[s][i]`: tensor root of node i of the claim's s-th shard. Throws InvalidInputError if shards are uneven. */
  constructor(nodeRoots: readonly (readonly Uint8Array[])[], source: TensorSource, sha256: Sha256 = pureSha256) {
    requireEvenShards(nodeRoots);
    this.#nodes = nodeRoots.map((roots) => MerkleTree.fromLeaves(roots, sha256));
    this.#shards = MerkleTree.fromLeaves(
      this.#nodes.map((tree) => tree.root),
      sha256,
    );
    this.#source = source;
    this.#sha256 = sha256;
  }

  get root(): Uint8Array {
    return this.#shards.root;
  }

  /** Proof of the tensor root of one node. */
  proveNode(shard: number, node: number): NodeProof {
    const tree = this.#nodeTree(shard);
    return {
      nodeRoot: tree.hash(0, node),
      shardRoot: tree.root,
      inShard: tree.rangeProof(node, node),
      inClaim: this.#shards.rangeProof(shard, shard),
    };
  }

  /**
   * Proof of the chunks [firstChunk, lastChunk] of one node's output. Throws InvalidInputError outside the claim or the
   * tensor, IntegrityError if the source gives other bytes than were claimed.
   */
  proveChunks(shard: number, node: number, firstChunk: number, lastChunk: number): ChunkProof {
    const inTensor = this.#chunkTree(shard, node).rangeProof(firstChunk, lastChunk);
    return { ...this.proveNode(shard, node), inTensor };
  }

  /** Hash at a position. Positions beyond the present leaves give the empty subtree's hash. */
  hash(position: ClaimPosition): Uint8Array {
    return this.#treeOf(position).hash(position.level, position.index);
  }

  /**
   * The 2^span hashes that stand `span` levels under a position, in order; span is at most 7 and ends at the leaves of
   * the position's own tree, so an answer never crosses a shard's, a node's or a tensor's border.
   */
  children(position: ClaimPosition, span: number = Math.min(MAX_SPAN, position.level)): Uint8Array[] {
    if (!Number.isInteger(span) || span < 1 || span > Math.min(MAX_SPAN, position.level)) {
      throw new InvalidInputError(`a position at level ${position.level} has no children ${span} levels down`);
    }
    const tree = this.#treeOf(position);
    const first = position.index * 2 ** span;
    return Array.from({ length: 2 ** span }, (_, i) => tree.hash(position.level - span, first + i));
  }

  /** Levels of the tree that a position lies in: where a descent into it starts. */
  depth(position: ClaimPosition): number {
    return this.#treeOf(position).depth;
  }

  #treeOf(position: ClaimPosition): MerkleTree {
    if (position.tree === "shards") return this.#shards;
    if (position.tree === "nodes") return this.#nodeTree(position.shard);
    return this.#chunkTree(position.shard, position.node);
  }

  #nodeTree(shard: number): MerkleTree {
    const tree = this.#nodes[shard];
    if (tree === undefined) throw new InvalidInputError(`the claim has no shard ${shard}`);
    return tree;
  }

  #chunkTree(shard: number, node: number): MerkleTree {
    if (this.#latest?.shard === shard && this.#latest.node === node) return this.#latest.tree;
    const nodes = this.#nodeTree(shard);
    if (node >= nodes.count) throw new InvalidInputError(`the claim has no node ${node}`);
    const root = nodes.hash(0, node);
    const tree = new MerkleTree(tensorLeaves(this.#source(shard, node), this.#sha256), this.#sha256);
    if (!sameHash(tree.root, root)) {
      throw new IntegrityError(`the tensor of shard ${shard}, node ${node} is not the one that was claimed`);
    }
    this.#latest = { shard, node, tree };
    return tree;
  }
}
