import { FORMAT, type ClaimPosition } from "../tensor/index.ts";
import type { OutputRange } from "./dispute-state.ts";
import type { OwnClaim } from "./partial-claim.ts";
import { depthOf, nodeOf, positionOf, shardOf, spanOf, tensorTop, type ClaimShape, type Place } from "./place.ts";

/** What answers a demand at a place: the hashes under it in order, or the chunk. */
export function answerAt(own: OwnClaim, shape: ClaimShape, place: Place): Uint8Array {
  const span = spanOf(shape, place);
  if (span > 0) return joined(own.tree.children(belowBorder(shape, place), span));
  const index = depthOf(place) === tensorTop(shape) ? 0 : positionOf(shape, place).index;
  return wholeChunks(own.tensors(shardOf(shape, place), nodeOf(shape, place)), index, 1);
}

/** What answers a demand for output chunks: the chunks and their path to the claim root. `from` is the claim's first shard. */
export function answerOutput(
  own: OwnClaim,
  from: number,
  outputNode: number,
  range: OutputRange,
): { chunks: Uint8Array; path: Uint8Array[] } {
  const shard = range.shard - from;
  const last = range.first + range.count - 1;
  const { inTensor, inShard, inClaim } = own.tree.proveChunks(shard, outputNode, range.first, last);
  const chunks = wholeChunks(own.tensors(shard, outputNode), range.first, range.count);
  return { chunks, path: [...inTensor, ...inShard, ...inClaim] };
}

/** A root on the border of two trees, as the top of the lower one, where its children are. */
function belowBorder(shape: ClaimShape, place: Place): ClaimPosition {
  const child = positionOf(shape, 2 * place);
  return { ...child, level: child.level + 1, index: Math.floor(child.index / 2) };
}

function wholeChunks(bytes: Uint8Array, first: number, count: number): Uint8Array {
  const chunks = new Uint8Array(count * FORMAT.leafBytes);
  chunks.set(bytes.subarray(first * FORMAT.leafBytes, (first + count) * FORMAT.leafBytes));
  return chunks;
}

function joined(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * 32);
  hashes.forEach((hash, i) => bytes.set(hash, 32 * i));
  return bytes;
}
