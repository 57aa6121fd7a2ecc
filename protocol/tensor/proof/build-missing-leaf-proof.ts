import { pureSha256, type Sha256 } from "../tree/sha256.ts";
import type { Program } from "../types.ts";
import { nodeFacts, proofHeader } from "./node-facts.ts";
import type { ClaimTreeName, MissingLeafProof, NodeFacts, Place } from "./types.ts";

/** A subtree of a tree of the claim, with the hashes from it to the claim's root, which someone published. */
export interface MissingSubtree {
  readonly tree: ClaimTreeName;
  /** Absolute shard and node whose tree it is; unused parts are 0. */
  readonly place: Place;
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
  readonly path: readonly Uint8Array[];
}

function factsOf(program: Program, { tree, place }: MissingSubtree, sha256: Sha256): NodeFacts {
  if (tree === "chunks") return nodeFacts(program, place, sha256);
  const header = proofHeader(program, sha256);
  const shard = tree === "nodes" ? place.shard : 0;
  return { header, descriptor: new Uint8Array(0), descriptorPath: [], node: 0, shard };
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
