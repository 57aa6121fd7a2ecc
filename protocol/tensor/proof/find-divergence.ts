import { FORMAT } from "../constants.ts";
import { dtypeBytes } from "../dtype.ts";
import { byteLength } from "../shape.ts";
import { sameHash } from "../tree/range-proof.ts";
import type { TensorType } from "../types.ts";

/**
 * The first place, shard by shard in node order, at which two trees of node roots differ, or undefined. Everything that
 * the node there reads agrees, so the element that differs is provably wrong in one of the two. Shards count within the claim.
 */
export function findDivergence(
  claimed: readonly (readonly Uint8Array[])[],
  own: readonly (readonly Uint8Array[])[],
): { readonly shard: number; readonly node: number } | undefined {
  for (const [shard, roots] of own.entries()) {
    const node = roots.findIndex((root, at) => {
      const other = claimed[shard]?.[at];
      return other === undefined || !sameHash(other, root);
    });
    if (node >= 0) return { shard, node };
  }
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
