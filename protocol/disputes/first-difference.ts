import { equalBytes } from "../common/hex.ts";
import type { Program } from "../tensor/index.ts";
import type { KnownClaim } from "./known-claim.ts";
import { depthOf, isBeyond, nodeOf, ROOT, shardOf, spanOf, tensorTop, type Place } from "./place.ts";

/** The honest hash at a place, from one's own computation. */
export type OwnHash = (place: Place) => Uint8Array;

/** The first place, from the left, where a claim is wrong, as far as it is known. */
export type Difference =
  /** The claim equals the own computation. */
  | { readonly kind: "none" }
  /** The hash here differs, but what lies under it is not known yet. */
  | { readonly kind: "unknown"; readonly place: Place; readonly hash: Uint8Array }
  /** A subtree beyond the last leaf is not empty. */
  | { readonly kind: "missing"; readonly place: Place; readonly hash: Uint8Array }
  /** An input or constant node has another root than job or program fix. */
  | { readonly kind: "fixed"; readonly place: Place; readonly shard: number; readonly node: number }
  /** This chunk differs, and its claimed bytes are known. */
  | {
      readonly kind: "chunk";
      readonly place: Place;
      readonly shard: number;
      readonly node: number;
      readonly chunk: Uint8Array;
    };

/**
 * Descends from the claim root, always into the first child that differs. Everything left of the place that it ends at agrees with the own
 * computation, and operands lie to the left, so whoever stands there owns every operand of a proof.
 */
export function firstDifference(known: KnownClaim, own: OwnHash, program: Program): Difference {
  const { shape } = known;
  let place = ROOT;
  if (equalBytes(known.hash(place) as Uint8Array, own(place))) return { kind: "none" };
  for (;;) {
    const hash = known.hash(place) as Uint8Array;
    if (place !== ROOT && isBeyond(shape, place)) return { kind: "missing", place, hash };
    if (depthOf(place) === tensorTop(shape)) {
      const [shard, node] = [shardOf(shape, place), nodeOf(shape, place)];
      const op = program.nodes[node]?.op;
      if (op === "input" || op === "constant") return { kind: "fixed", place, shard, node };
    }
    const span = spanOf(shape, place);
    if (span === 0) {
      const chunk = known.chunk(place);
      if (chunk === undefined) return { kind: "unknown", place, hash };
      return { kind: "chunk", place, shard: shardOf(shape, place), node: nodeOf(shape, place), chunk };
    }
    const next = differingChild(known, own, place, span);
    if (next === undefined) return { kind: "unknown", place, hash };
    place = next;
  }
}

/** The first of the 2^span places under `place` that differs; undefined while they are not known. */
function differingChild(known: KnownClaim, own: OwnHash, place: Place, span: number): Place | undefined {
  const first = place * 2 ** span;
  for (let i = 0; i < 2 ** span; i++) {
    const hash = known.hash(first + i);
    if (hash === undefined) return undefined;
    if (!equalBytes(hash, own(first + i))) return first + i;
  }
  return undefined;
}
