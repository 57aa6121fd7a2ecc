import { encodeTuple, type AbiValue } from "./abi.ts";
import { LEAF_TREES, PROOF_KINDS, type NodeFacts, type Opening, type Proof } from "./types.ts";

/** A proof as the judge takes it: the code of its kind, and the ABI encoding of its struct. */
export interface EncodedProof {
  readonly kind: number;
  readonly proof: Uint8Array;
}

const opening = ({ chunks, path }: Opening): AbiValue => ({ tuple: [{ bytes: chunks }, { words: path }] });

function factsOf({ header, descriptor, descriptorPath, node }: NodeFacts): AbiValue[] {
  const { version, nodeCount, sharedSlots, shardSlots, outputCount, outputs, descriptorsRoot } = header;
  const head = [version, nodeCount, sharedSlots, shardSlots, outputCount, ...outputs, descriptorsRoot];
  return [...head, { bytes: descriptor }, { words: descriptorPath }, node];
}

function fieldsOf(of: Proof): AbiValue[] {
  switch (of.kind) {
    case "step": {
      const { element, claimed, operands } = of.proof;
      return [element, opening(claimed), { array: operands.map(opening) }];
    }
    case "padding":
      return [of.proof.position, opening(of.proof.claimed)];
    case "missingLeaf": {
      const { tree, level, index, hash, path } = of.proof;
      return [LEAF_TREES[tree], level, index, hash, { words: path }];
    }
    case "fixedRoot": {
      const { claimedRoot, claimedPath, fixedRoot, fixedPath } = of.proof;
      return [claimedRoot, { words: claimedPath }, fixedRoot, { words: fixedPath }];
    }
  }
}

/** Encodes a proof for the judge; byte strings must have a multiple of 32 bytes, as those of every real proof have. */
export function encodeProof(of: Proof): EncodedProof {
  return { kind: PROOF_KINDS[of.kind], proof: encodeTuple([...factsOf(of.proof), ...fieldsOf(of)]) };
}
