import { InvalidInputError } from "../common/errors.ts";
import { MAX_SPAN, treeDepth, type TracePosition } from "../tensor/index.ts";

/**
 * A place in one of a claim's two trees as a generalised index: the root is 1, the children of g are 2g and 2g + 1. Always below 2^52.
 *
 * In the outputs tree the bits below the leading one choose a shard of the claim. In the trace tree they choose, from the top, a shard of the claim, a node of the program
 * and a chunk of the node's tensor; nothing stands above the shards there, as every shard's trace has a root of its own.
 */
export type Place = number;

/** Which of the two trees. */
export type Tree = "outputs" | "trace";

export const ROOT: Place = 1;

/** The stacked trees of one claim. */
export interface ClaimShape {
  readonly shards: number;
  readonly nodes: number;
  /** Leaves of the tensor of each node. */
  readonly leaves: readonly number[];
}

const OUTPUTS_BIT = 1n << 63n;
const TRACE_BIT = 1n << 62n;

/** The place as the chain names it: those of the outputs tree carry bit 63. */
export function placeOnChain(tree: Tree, place: Place): bigint {
  return tree === "outputs" ? BigInt(place) | OUTPUTS_BIT : BigInt(place);
}

/** What the demand for the trace of the shard at this place is named by. */
export function traceDemandOnChain(shardPlace: Place): bigint {
  return BigInt(shardPlace) | TRACE_BIT;
}

export function placeFromChain(onChain: bigint): { readonly tree: Tree; readonly place: Place } {
  return { tree: (onChain & OUTPUTS_BIT) === 0n ? "trace" : "outputs", place: Number(BigInt.asUintN(52, onChain)) };
}

export function depthOf(place: Place): number {
  return Math.floor(Math.log2(place));
}

export function shardDepth(shape: ClaimShape): number {
  return treeDepth(shape.shards);
}

/** Depth of the node roots. */
export function tensorTop(shape: ClaimShape): number {
  return treeDepth(shape.shards) + treeDepth(shape.nodes);
}

/** The ancestor `levels` levels up. */
export function ancestor(place: Place, levels: number): Place {
  return Math.floor(place / 2 ** levels);
}

export function sibling(place: Place): Place {
  return place % 2 === 0 ? place + 1 : place - 1;
}

/** Place of a shard (relative to the claim), the same in both trees: its leaf in one, the root of its trace in the other. */
export function shardPlace(shape: ClaimShape, shard: number): Place {
  return 2 ** shardDepth(shape) + shard;
}

/** Shard (relative to the claim) of a place at or below a shard's root. */
export function shardOf(shape: ClaimShape, place: Place): number {
  return ancestor(place, depthOf(place) - shardDepth(shape)) - 2 ** shardDepth(shape);
}

/** Node of a place at or below a node's root. */
export function nodeOf(shape: ClaimShape, place: Place): number {
  return ancestor(place, depthOf(place) - tensorTop(shape)) % 2 ** treeDepth(shape.nodes);
}

/** Place of a node's root. */
export function nodePlace(shape: ClaimShape, shard: number, node: number): Place {
  return shardPlace(shape, shard) * 2 ** treeDepth(shape.nodes) + node;
}

/** Place of one chunk. */
export function chunkPlace(shape: ClaimShape, shard: number, node: number, chunk: number): Place {
  return nodePlace(shape, shard, node) * 2 ** treeDepth(leavesOf(shape, node)) + chunk;
}

/** Depth of the next border below in the place's tree: a shard's leaf; a node's root, or the chunks. Equal to the place's own depth at the end. */
function nextBorder(shape: ClaimShape, tree: Tree, place: Place): number {
  if (tree === "outputs") return shardDepth(shape);
  const top = tensorTop(shape);
  return depthOf(place) < top ? top : top + treeDepth(leavesOf(shape, nodeOf(shape, place)));
}

/** Levels that the answer to a demand at this place spans; 0 at a chunk and at a shard's leaf. */
export function spanOf(shape: ClaimShape, tree: Tree, place: Place): number {
  return Math.min(MAX_SPAN, nextBorder(shape, tree, place) - depthOf(place));
}

/** Whether what lies under the place is a chunk: demanding it is a compute demand. */
export function isChunk(shape: ClaimShape, tree: Tree, place: Place): boolean {
  return tree === "trace" && spanOf(shape, tree, place) === 0;
}

/** Where a place stands in the innermost tree that it belongs to; a node's root belongs to the tree over the nodes. */
export type TreePosition =
  | { readonly tree: "shards"; readonly level: number; readonly index: number; readonly count: number }
  | {
      readonly tree: "nodes";
      readonly shard: number;
      readonly level: number;
      readonly index: number;
      readonly count: number;
    }
  | {
      readonly tree: "chunks";
      readonly shard: number;
      readonly node: number;
      readonly level: number;
      readonly index: number;
      readonly count: number;
    };

export function positionOf(shape: ClaimShape, tree: Tree, place: Place): TreePosition {
  const depth = depthOf(place);
  const shards = shardDepth(shape);
  if (tree === "outputs") {
    return { tree: "shards", level: shards - depth, index: place - 2 ** depth, count: shape.shards };
  }
  if (depth < shards) throw new InvalidInputError(`no trace has a place ${String(place)} above its shard's`);
  const top = tensorTop(shape);
  const shard = shardOf(shape, place);
  if (depth <= top) {
    return { tree: "nodes", shard, level: top - depth, index: place % 2 ** (depth - shards), count: shape.nodes };
  }
  const node = nodeOf(shape, place);
  const count = leavesOf(shape, node);
  const level = top + treeDepth(count) - depth;
  return { tree: "chunks", shard, node, level, index: place % 2 ** (depth - top), count };
}

/** True if no leaf of its tree lies under the place, so that its hash must be the empty subtree's. */
export function isBeyond(shape: ClaimShape, tree: Tree, place: Place): boolean {
  const { level, index, count } = positionOf(shape, tree, place);
  return index * 2 ** level >= count;
}

export function leavesOf(shape: ClaimShape, node: number): number {
  const leaves = shape.leaves[node];
  if (leaves === undefined) throw new InvalidInputError(`the program has no node ${String(node)}`);
  return leaves;
}

/** The same place of a shard's trace in the words of its tree; a node's root as the top of the tree above it. */
export function tracePosition(shape: ClaimShape, place: Place): TracePosition {
  const at = positionOf(shape, "trace", place);
  if (at.tree === "shards") throw new InvalidInputError("a place of the outputs tree lies in no trace");
  const { level, index } = at;
  return at.tree === "nodes" ? { tree: "nodes", level, index } : { tree: "chunks", node: at.node, level, index };
}
