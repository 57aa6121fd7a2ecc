import type { ShardTrace, TensorSource } from "../tensor/index.ts";
import { depthOf, tensorTop, tracePosition, type ClaimShape, type Place } from "./place.ts";

/** The own computation of one shard: the tree of its trace, and the bytes of every node's output. */
export interface OwnTrace {
  readonly tree: Pick<ShardTrace, "root" | "hash" | "children" | "proveNode" | "proveChunks">;
  readonly tensors: TensorSource;
}

/** The honest hash at a place of the shard's trace. */
export function traceHash({ tree }: Pick<OwnTrace, "tree">, shape: ClaimShape, place: Place): Uint8Array {
  return tree.hash(tracePosition(shape, place));
}

/** The 2^span hashes under a place of the shard's trace; a node's root counts as the top of its tensor. */
export function traceChildren(
  { tree }: Pick<OwnTrace, "tree">,
  shape: ClaimShape,
  place: Place,
  span: number,
): Uint8Array[] {
  const at = tracePosition(shape, place);
  if (depthOf(place) !== tensorTop(shape) || at.tree === "chunks") return tree.children(at, span);
  const below = tracePosition(shape, 2 * place);
  return tree.children({ ...below, level: below.level + 1, index: Math.floor(below.index / 2) }, span);
}
