import { InvalidInputError } from "../../common/errors.ts";
import { FORMAT } from "../constants.ts";
import { MerkleTree } from "./merkle-tree.ts";
import { HASH_BYTES, pureSha256 } from "./sha256.ts";
import type { Sha256 } from "./sha256.ts";

/** Leaf of one node of a program: `sha256(0x03 ‖ descriptor)` over its 416 bytes. */
export function descriptorLeaf(descriptor: Uint8Array, sha256: Sha256 = pureSha256): Uint8Array {
  if (descriptor.length !== FORMAT.descriptorBytes) {
    throw new InvalidInputError(`a descriptor of ${descriptor.length} bytes instead of ${FORMAT.descriptorBytes}`);
  }
  const leaf = new Uint8Array(HASH_BYTES);
  sha256.digestRecords(FORMAT.descriptorDomain, FORMAT.descriptorBytes, descriptor, leaf);
  return leaf;
}

/** Tree over the descriptors of a program in node order; gives the proofs of single descriptors. */
export function descriptorsTree(descriptors: readonly Uint8Array[], sha256: Sha256 = pureSha256): MerkleTree {
  return MerkleTree.fromLeaves(
    descriptors.map((descriptor) => descriptorLeaf(descriptor, sha256)),
    sha256,
  );
}

/** Root that goes into the program header. */
export function descriptorsRoot(descriptors: readonly Uint8Array[], sha256: Sha256 = pureSha256): Uint8Array {
  return descriptorsTree(descriptors, sha256).root;
}
