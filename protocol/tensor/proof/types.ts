import type { Program } from "../types.ts";
import type { MerkleTree } from "../tree/merkle-tree.ts";
import type { ShardTrace } from "../tree/shard-trace.ts";

/** What the bytes of a proof hold, by the code that goes with them. */
export const PROOF_KINDS = { step: 0, padding: 1, missingLeaf: 2, fixedRoot: 3 } as const;
export type ProofKind = keyof typeof PROOF_KINDS;

/** The trees in which a leaf can be missing, by their code: over the shards of a claim, the nodes of a trace, the chunks of a tensor. */
export const LEAF_TREES = { shards: 0, nodes: 1, chunks: 2 } as const;
export type LeafTreeName = keyof typeof LEAF_TREES;

export interface ProofHeader {
  readonly version: number;
  readonly nodeCount: number;
  readonly sharedSlots: number;
  readonly shardSlots: number;
  readonly outputCount: number;
  /** Output nodes, 32 bits each, eight a word from the highest bit down; unused ones are zero. */
  readonly outputs: [bigint, bigint];
  readonly descriptorsRoot: Uint8Array;
}

/** What every proof about a node begins with; a proof about no node has an empty descriptor and path. */
export interface NodeFacts {
  readonly node: number;
  readonly header: ProofHeader;
  /** 416 bytes. */
  readonly descriptor: Uint8Array;
  readonly descriptorPath: readonly Uint8Array[];
}

/** Consecutive whole chunks of 1,024 bytes, and the hashes from them to a known root. */
export interface Opening {
  readonly chunks: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** An element that is not its operator applied to the trace's own values. */
export interface StepProof extends NodeFacts {
  readonly element: number;
  readonly claimed: Opening;
  readonly operands: readonly Opening[];
}

/** A byte behind a tensor's last element that is not zero; `position` counts the tensor's bytes. */
export interface PaddingProof extends NodeFacts {
  readonly position: number;
  readonly claimed: Opening;
}

/** A subtree wholly beyond the leaves of its tree that is not empty, `level` levels above the leaves. */
export interface MissingLeafProof extends NodeFacts {
  readonly tree: LeafTreeName;
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** An input or constant node with another root than job or program fix; for a constant `fixedRoot` is 32 zero bytes. */
export interface FixedRootProof extends NodeFacts {
  readonly claimedRoot: Uint8Array;
  readonly claimedPath: readonly Uint8Array[];
  readonly fixedRoot: Uint8Array;
  readonly fixedPath: readonly Uint8Array[];
}

export type Proof =
  | { readonly kind: "step"; readonly proof: StepProof }
  | { readonly kind: "padding"; readonly proof: PaddingProof }
  | { readonly kind: "missingLeaf"; readonly proof: MissingLeafProof }
  | { readonly kind: "fixedRoot"; readonly proof: FixedRootProof };

/** Gives the bytes of the output of one node of a shard. */
export type TensorSource = (node: number) => Uint8Array;

/** Everything that proofs about one shard's trace are built from. */
export interface ProofSource {
  readonly program: Program;
  /** The claimed trace, or whatever else can prove its hashes up to the shard's root. */
  readonly trace: Pick<ShardTrace, "proveNode" | "proveChunks">;
  /** Absolute index of the shard: it chooses the shard's inputs. */
  readonly shard: number;
  /** Bytes of a computed node's output as claimed: those that `trace` was made of. */
  readonly claimed: TensorSource;
  /** Bytes of an input or constant node as the job or the program fixes them. */
  readonly given: TensorSource;
  /** The tree under the job's inputs root. */
  readonly inputs: MerkleTree;
}
