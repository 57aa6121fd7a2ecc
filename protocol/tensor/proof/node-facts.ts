import { InvalidInputError } from "../../common/errors.ts";
import { encodeDescriptor } from "../codec.ts";
import { descriptorsTree } from "../tree/descriptors-root.ts";
import type { MerkleTree } from "../tree/merkle-tree.ts";
import { pureSha256, type Sha256 } from "../tree/sha256.ts";
import type { Program, ProgramNode } from "../types.ts";
import type { NodeFacts, ProofHeader, ProofSource } from "./types.ts";

interface Encoded {
  readonly header: ProofHeader;
  readonly descriptors: readonly Uint8Array[];
  readonly tree: MerkleTree;
}

/** Encoding and hashing a program's descriptors is the same for all proofs about it. */
const encoded = new WeakMap<Program, Encoded>();

/** Eight indices of 32 bits in one word, from the highest bit down. */
function packOutputs(nodes: readonly number[]): bigint {
  return nodes.reduce((word, node, at) => word | (BigInt(node) << BigInt(224 - 32 * at)), 0n);
}

function encode(program: Program, sha256: Sha256): Encoded {
  const known = encoded.get(program);
  if (known !== undefined) return known;
  const descriptors = program.nodes.map((node, index) => encodeDescriptor(node, index));
  const tree = descriptorsTree(descriptors, sha256);
  const { version, sharedSlots, shardSlots, outputNodes, nodes } = program;
  const outputs: [bigint, bigint] = [packOutputs(outputNodes.slice(0, 8)), packOutputs(outputNodes.slice(8))];
  const counts = { version, nodeCount: nodes.length, sharedSlots, shardSlots, outputCount: outputNodes.length };
  const header = { ...counts, outputs, descriptorsRoot: tree.root };
  const result = { header, descriptors, tree };
  encoded.set(program, result);
  return result;
}

/** Header of a program as proofs carry it. */
export function proofHeader(program: Program, sha256: Sha256 = pureSha256): ProofHeader {
  return encode(program, sha256).header;
}

/** The part of a proof that names a node and proves its descriptor. Throws InvalidInputError where there is no such node. */
export function nodeFacts(program: Program, node: number, sha256: Sha256 = pureSha256): NodeFacts {
  const { header, descriptors, tree } = encode(program, sha256);
  const descriptor = descriptors[node];
  if (descriptor === undefined) throw new InvalidInputError(`the program has no node ${node}`);
  const descriptorPath = tree.rangeProof(node, node);
  return { header, descriptor, descriptorPath, node };
}

/** Node `index` of the source's program. Throws InvalidInputError where there is none. */
export function nodeAt(source: ProofSource, index: number): ProgramNode {
  const node = source.program.nodes[index];
  if (node === undefined) throw new InvalidInputError(`the program has no node ${index}`);
  return node;
}
