import { InvalidInputError } from "../../common/errors.ts";
import { encodeDescriptor } from "../codec.ts";
import { descriptorsTree } from "../tree/descriptors-root.ts";
import type { MerkleTree } from "../tree/merkle-tree.ts";
import { pureSha256, type Sha256 } from "../tree/sha256.ts";
import type { Program, ProgramNode } from "../types.ts";
import type { NodeFacts, Place, ProofHeader, ProofSource } from "./types.ts";

interface Encoded {
  readonly header: ProofHeader;
  readonly descriptors: readonly Uint8Array[];
  readonly tree: MerkleTree;
}

/** Encoding and hashing a program's descriptors is the same for all proofs about it. */
const encoded = new WeakMap<Program, Encoded>();

function encode(program: Program, sha256: Sha256): Encoded {
  const known = encoded.get(program);
  if (known !== undefined) return known;
  const descriptors = program.nodes.map((node, index) => encodeDescriptor(node, index));
  const tree = descriptorsTree(descriptors, sha256);
  const { version, sharedSlots, shardSlots, outputNode, nodes } = program;
  const header = { version, nodeCount: nodes.length, sharedSlots, shardSlots, outputNode, descriptorsRoot: tree.root };
  const result = { header, descriptors, tree };
  encoded.set(program, result);
  return result;
}

/** Header of a program as proofs carry it. */
export function proofHeader(program: Program, sha256: Sha256 = pureSha256): ProofHeader {
  return encode(program, sha256).header;
}

/** The part of a proof that names a node and proves its descriptor. Throws InvalidInputError where there is no such node. */
export function nodeFacts(program: Program, place: Place, sha256: Sha256 = pureSha256): NodeFacts {
  const { header, descriptors, tree } = encode(program, sha256);
  const descriptor = descriptors[place.node];
  if (descriptor === undefined) throw new InvalidInputError(`the program has no node ${place.node}`);
  const descriptorPath = tree.rangeProof(place.node, place.node);
  return { header, descriptor, descriptorPath, node: place.node, shard: place.shard };
}

/** Node `index` of the source's program. Throws InvalidInputError where there is none. */
export function nodeAt(source: ProofSource, index: number): ProgramNode {
  const node = source.program.nodes[index];
  if (node === undefined) throw new InvalidInputError(`the program has no node ${index}`);
  return node;
}
