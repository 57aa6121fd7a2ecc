import { FORMAT, MAX_SPAN, MerkleTree, pureSha256, type Sha256 } from "../tensor/index.ts";
import { InvalidInputError } from "../common/errors.ts";
import type { OutputBlock } from "./dispute-state.ts";
import { traceChildren, type OwnTrace } from "./own-trace.ts";
import { depthOf, isChunk, nodeOf, positionOf, spanOf, type ClaimShape, type Place } from "./place.ts";

/** Chunks that one demand for an output asks for. */
export const BLOCK_CHUNKS = 16;

/** The answer to a demand for a shard's trace. */
export interface TraceAnswer {
  /** Absolute. */
  readonly shard: number;
  readonly shardRoot: Uint8Array;
  /** The hashes `min(7, nodeDepth)` levels below the shard's root. */
  readonly data: Uint8Array;
  /** Roots of the output nodes and their paths to `data`; empty where the node roots themselves are in `data`. */
  readonly outputRoots: readonly Uint8Array[];
  readonly paths: readonly Uint8Array[];
}

/** What answers a demand in the outputs tree: the hashes under the place, in order. `leaves` are those of all shards of the claim. */
export function answerOutputs(tree: MerkleTree, shape: ClaimShape, place: Place): Uint8Array {
  const span = spanOf(shape, "outputs", place);
  const { level } = positionOf(shape, "outputs", place);
  const first = (place - 2 ** depthOf(place)) * 2 ** span;
  return joined(Array.from({ length: 2 ** span }, (_, i) => tree.hash(level - span, first + i)));
}

/** What answers a demand for hashes of a shard's trace: those under the place, in order. */
export function answerHashes(own: Pick<OwnTrace, "tree">, shape: ClaimShape, place: Place): Uint8Array {
  return joined(traceChildren(own, shape, place, spanOf(shape, "trace", place)));
}

/** What answers a demand for a chunk of a shard's trace: the chunk at a place of the tensor with these bytes. */
export function chunkOf(shape: ClaimShape, place: Place, bytes: Uint8Array): Uint8Array {
  return wholeChunks(bytes, chunkIndex(shape, place), 1);
}

/** Which bytes of the node's tensor, if it is that long, the chunk at a place holds. */
export function excerptOf(shape: ClaimShape, place: Place): { node: number; from: number; to: number } {
  const from = chunkIndex(shape, place) * FORMAT.leafBytes;
  return { node: nodeOf(shape, place), from, to: from + FORMAT.leafBytes };
}

/** The chunk with the bytes that `excerptOf` names: filled up with zeros where the tensor ends in it. */
export function wholeChunk(excerpt: Uint8Array): Uint8Array {
  return wholeChunks(excerpt, 0, 1);
}

/** Of the chunk among those of its tensor. */
function chunkIndex(shape: ClaimShape, place: Place): number {
  if (!isChunk(shape, "trace", place)) throw new InvalidInputError(`no chunk stands at the place ${String(place)}`);
  const at = positionOf(shape, "trace", place);
  // A tensor of one chunk is a leaf of the tree over nodes.
  return at.tree === "chunks" ? at.index : 0;
}

/** Either of the two. */
export function answerTrace(own: OwnTrace, shape: ClaimShape, place: Place): Uint8Array {
  if (!isChunk(shape, "trace", place)) return answerHashes(own, shape, place);
  return chunkOf(shape, place, own.tensors(nodeOf(shape, place)));
}

/** What answers the demand for the trace of a shard (absolute). */
export function traceAnswer(
  nodeRoots: readonly Uint8Array[],
  outputNodes: readonly number[],
  shard: number,
  sha256: Sha256 = pureSha256,
): TraceAnswer {
  const tree = MerkleTree.fromLeaves(nodeRoots, sha256);
  const span = Math.min(MAX_SPAN, tree.depth);
  const below = tree.depth - span;
  const data = joined(Array.from({ length: 2 ** span }, (_, i) => tree.hash(below, i)));
  const base = { shard, shardRoot: tree.root, data };
  if (below === 0) return { ...base, outputRoots: [], paths: [] };
  const outputRoots = outputNodes.map((node) => tree.hash(0, node));
  const paths = outputNodes.flatMap((node) => tree.rangeProof(node, node).slice(0, below));
  return { ...base, outputRoots, paths };
}

/**
 * What answers a demand for chunks of an output: the chunks, and their path to the outputs root through the tensor, the outputs of the shard and the shards.
 * @param outputs the bytes of all outputs of the shard, in order
 * @param leaves the tree over the shards of the claim; `from` is its first shard
 */
export function answerBlock(
  outputs: readonly { readonly root: Uint8Array; readonly leaves: Uint8Array; readonly bytes: Uint8Array }[],
  leaves: MerkleTree,
  from: number,
  { shard, output, index }: OutputBlock,
  sha256: Sha256 = pureSha256,
): { chunks: Uint8Array; path: Uint8Array[] } {
  const own = outputs[output];
  if (own === undefined) throw new InvalidInputError(`the program has no output ${String(output)}`);
  const { bytes } = own;
  const inTensor = new MerkleTree(own.leaves, sha256);
  const [first, last] = blockRange(inTensor.count, index);
  const inShard = MerkleTree.fromLeaves(
    outputs.map(({ root }) => root),
    sha256,
  );
  const path = [
    ...inTensor.rangeProof(first, last),
    ...inShard.rangeProof(output, output),
    ...leaves.rangeProof(shard - from, shard - from),
  ];
  return { chunks: wholeChunks(bytes, first, last - first + 1), path };
}

/** First and last chunk of a block of a tensor of so many chunks. */
export function blockRange(chunks: number, index: number): [first: number, last: number] {
  const first = index * BLOCK_CHUNKS;
  if (first >= chunks) {
    throw new InvalidInputError(`the output has ${String(chunks)} chunks, no block ${String(index)}`);
  }
  return [first, Math.min(first + BLOCK_CHUNKS, chunks) - 1];
}

function wholeChunks(bytes: Uint8Array, first: number, count: number): Uint8Array {
  const chunks = new Uint8Array(count * FORMAT.leafBytes);
  chunks.set(bytes.subarray(first * FORMAT.leafBytes, (first + count) * FORMAT.leafBytes));
  return chunks;
}

export function joined(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * 32);
  hashes.forEach((hash, i) => bytes.set(hash, 32 * i));
  return bytes;
}
