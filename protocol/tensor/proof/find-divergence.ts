import { FORMAT } from "../constants.ts";
import { dtypeBytes } from "../dtype.ts";
import { byteLength } from "../shape.ts";
import { HASH_BYTES } from "../tree/sha256.ts";
import type { TensorType } from "../types.ts";

/**
 * The first node, in order, whose roots (one behind another) differ in two traces of one shard, or undefined. Everything that the node there
 * reads agrees, so the element that differs is provably wrong in one of the two.
 */
export function findDivergence(claimed: Uint8Array, own: Uint8Array): number | undefined {
  for (let at = 0; at < own.length; at++) if (claimed[at] !== own[at]) return Math.floor(at / HASH_BYTES);
  return undefined;
}

/** Where two versions of one tensor differ: an element, or a byte behind the last one. */
export type Difference =
  { readonly kind: "element"; readonly element: number } | { readonly kind: "padding"; readonly position: number };

/** The first difference of two tensors of a type, which may come with their padding, or undefined. */
export function findDifference(type: TensorType, claimed: Uint8Array, own: Uint8Array): Difference | undefined {
  const size = byteLength(type);
  const end = Math.ceil(size / FORMAT.leafBytes) * FORMAT.leafBytes;
  for (let position = 0; position < end; position++) {
    if ((claimed[position] ?? 0) === (own[position] ?? 0)) continue;
    if (position >= size) return { kind: "padding", position };
    return { kind: "element", element: Math.floor(position / dtypeBytes(type.dtype)) };
  }
  return undefined;
}
