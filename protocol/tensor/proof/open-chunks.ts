import { FORMAT } from "../constants.ts";
import { MerkleTree } from "../tree/merkle-tree.ts";
import { pureSha256, type Sha256 } from "../tree/sha256.ts";
import { tensorLeaves } from "../tree/tensor-root.ts";
import type { Program } from "../types.ts";
import { sourceOf } from "../validate.ts";
import { givenPath } from "./given-path.ts";
import type { Opening, ProofSource } from "./types.ts";

/** The chunks [firstChunk, lastChunk] of a tensor, the last one of the tensor zero-padded. */
function wholeChunks(bytes: Uint8Array, firstChunk: number, lastChunk: number): Uint8Array {
  const chunks = new Uint8Array((lastChunk - firstChunk + 1) * FORMAT.leafBytes);
  chunks.set(bytes.subarray(firstChunk * FORMAT.leafBytes, (lastChunk + 1) * FORMAT.leafBytes));
  return chunks;
}

const isComputed = (program: Program, node: number): boolean => {
  const found = program.nodes[node];
  return found !== undefined && sourceOf(found) === "computed";
};

/** Bytes of a node's output as proofs use them: as claimed if it is computed, else as job or program fix it. */
export function bytesOf(source: ProofSource, node: number): Uint8Array {
  const read = isComputed(source.program, node) ? source.claimed : source.given;
  return read(node);
}

/** Opens chunks of a node's output up to the shard's root, whatever kind the node is of. */
export function openClaimed(source: ProofSource, node: number, first: number, last: number): Opening {
  const { inTensor, inShard } = source.trace.proveChunks(node, first, last);
  return { chunks: wholeChunks(source.claimed(node), first, last), path: [...inTensor, ...inShard] };
}

/** Opens chunks of an operand up to the root against which its source is proved: the shard's, the inputs' or its own. */
export function openOperand(
  source: ProofSource,
  node: number,
  first: number,
  last: number,
  sha256: Sha256 = pureSha256,
): Opening {
  if (isComputed(source.program, node)) return openClaimed(source, node, first, last);
  const bytes = source.given(node);
  const inTensor = new MerkleTree(tensorLeaves(bytes, sha256), sha256).rangeProof(first, last);
  return { chunks: wholeChunks(bytes, first, last), path: [...inTensor, ...givenPath(source, node)] };
}
