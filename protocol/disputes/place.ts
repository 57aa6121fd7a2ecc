import { InvalidInputError } from "../common/errors.ts";
import { treeDepth, type ClaimPosition } from "../tensor/index.ts";

/**
 * A place in a claim's tree as a generalised index: the root is 1, the children of g are 2g and 2g + 1. Below the leading bit the bits choose,
 * from the top, a shard of the claim, a node of the program and a chunk of the node's tensor. Always below 2^53.
 */
export type Place = number;

export const ROOT: Place = 1;

/** Longest answer to a demand: 2^7 hashes. */
export const MAX_SPAN = 7;

/** The three stacked trees of one claim. */
export interface ClaimShape {
  readonly shards: number;
  readonly nodes: number;
  /** Leaves of the tensor of each node. */
  readonly leaves: readonly number[];
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
  return (2 ** shardDepth(shape) + shard) * 2 ** treeDepth(shape.nodes) + node;
}

/** Place of one chunk. */
export function chunkPlace(shape: ClaimShape, shard: number, node: number, chunk: number): Place {
  return nodePlace(shape, shard, node) * 2 ** treeDepth(leavesOf(shape, node)) + chunk;
}

/** Depth of the next border below: a shard's root, a node's root, or the chunks. Equal to the place's own depth at a chunk. */
function nextBorder(shape: ClaimShape, place: Place): number {
  const depth = depthOf(place);
  if (depth < shardDepth(shape)) return shardDepth(shape);
  const top = tensorTop(shape);
  return depth < top ? top : top + treeDepth(leavesOf(shape, nodeOf(shape, place)));
}

/** Levels that the answer to a demand at this place spans; 0 at a chunk. */
export function spanOf(shape: ClaimShape, place: Place): number {
  return Math.min(MAX_SPAN, nextBorder(shape, place) - depthOf(place));
}

/** True if no leaf of its tree lies under the place, so that its hash must be the empty subtree's. */
export function isBeyond(shape: ClaimShape, place: Place): boolean {
  const { level, index, count } = inTree(shape, place);
  return index * 2 ** level >= count;
}

/** Where a place stands in its own tree; a border belongs to the tree above it. */
export function inTree(
  shape: ClaimShape,
  place: Place,
): { tree: ClaimPosition["tree"]; level: number; index: number; count: number } {
  const depth = depthOf(place);
  const [top, nodesTop] = [tensorTop(shape), shardDepth(shape)];
  if (depth <= nodesTop) {
    return { tree: "shards", level: nodesTop - depth, index: place - 2 ** depth, count: shape.shards };
  }
  if (depth <= top) {
    return { tree: "nodes", level: top - depth, index: place % 2 ** (depth - nodesTop), count: shape.nodes };
  }
  const count = leavesOf(shape, nodeOf(shape, place));
  return { tree: "chunks", level: top + treeDepth(count) - depth, index: place % 2 ** (depth - top), count };
}

/** The same place in the words of the claim tree. */
export function positionOf(shape: ClaimShape, place: Place): ClaimPosition {
  const { tree, level, index } = inTree(shape, place);
  if (tree === "shards") return { tree, level, index };
  const shard = shardOf(shape, place);
  return tree === "nodes" ? { tree, shard, level, index } : { tree, shard, node: nodeOf(shape, place), level, index };
}

function leavesOf(shape: ClaimShape, node: number): number {
  const leaves = shape.leaves[node];
  if (leaves === undefined) throw new InvalidInputError(`the program has no node ${String(node)}`);
  return leaves;
}
