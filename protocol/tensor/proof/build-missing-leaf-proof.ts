import { pureSha256, type Sha256 } from "../tree/sha256.ts";
import type { Program } from "../types.ts";
import { nodeFacts, proofHeader } from "./node-facts.ts";
import type { LeafTreeName, MissingLeafProof, NodeFacts } from "./types.ts";

/**
 * A subtree of a tree of the claim, with the hashes from it to the root that the worker committed to: the outputs root for
 * the tree over shards, else the shard's root.
 */
export interface MissingSubtree {
  readonly tree: LeafTreeName;
  /** Whose tensor it is; 0 for the trees over shards and nodes. */
  readonly node: number;
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
  readonly path: readonly Uint8Array[];
}

function factsOf(program: Program, { tree, node }: MissingSubtree, sha256: Sha256): NodeFacts {
  if (tree === "chunks") return nodeFacts(program, node, sha256);
  const header = proofHeader(program, sha256);
  return { header, descriptor: new Uint8Array(0), descriptorPath: [], node: 0 };
}

/** Proof that a subtree wholly beyond the leaves of its tree is not empty. Throws InvalidInputError where there is no such node. */
export function buildMissingLeafProof(
  program: Program,
  subtree: MissingSubtree,
  sha256: Sha256 = pureSha256,
): MissingLeafProof {
  const { tree, level, index, hash, path } = subtree;
  return { ...factsOf(program, subtree, sha256), tree, level, index, hash, path };
}
