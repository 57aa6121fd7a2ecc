import { equalBytes } from "../common/hex.ts";
import { IntegrityError } from "../common/errors.ts";
import { zeroHash, type Program } from "../tensor/index.ts";
import type { KnownClaim } from "./known-claim.ts";
import {
  depthOf,
  isBeyond,
  nodeOf,
  positionOf,
  ROOT,
  shardDepth,
  shardOf,
  spanOf,
  tensorTop,
  type Place,
  type Tree,
} from "./place.ts";

/** The honest hash at a place, from one's own computation; undefined where nothing was computed yet. */
export type OwnHash = (tree: Tree, place: Place) => Uint8Array | undefined;

/** A place where a claim is wrong, as far as it is known. Shards are relative to the claim. */
export type Difference =
  /** Nothing that is known contradicts the own computation. */
  | { readonly kind: "none" }
  /** The hash here differs, but what lies under it is not known yet. */
  | { readonly kind: "unknown"; readonly tree: Tree; readonly place: Place; readonly hash: Uint8Array }
  /** The outputs of this shard differ, and the worker was not made to commit to its trace yet. */
  | { readonly kind: "untraced"; readonly place: Place; readonly shard: number; readonly leaf: Uint8Array }
  /** The outputs of this shard differ and its trace is answered, but the own trace of it is not at hand. */
  | { readonly kind: "trace needed"; readonly shard: number }
  /** A subtree beyond the last leaf is not empty. */
  | { readonly kind: "missing"; readonly tree: Tree; readonly place: Place; readonly hash: Uint8Array }
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

/** Differences that a proof can show. */
export type Provable = Extract<Difference, { kind: "missing" | "fixed" | "chunk" }>;

export function isProvable(difference: Difference): difference is Provable {
  return difference.kind === "missing" || difference.kind === "fixed" || difference.kind === "chunk";
}

/**
 * The first place, from the left, where a claim contradicts the own computation, which may cover some of its shards only. Inside a shard it descends always into the first
 * child that differs: everything left of the place that it ends at agrees with the own computation, and operands lie to the left, so whoever stands there owns every
 * operand of a proof.
 */
export function firstDifference(known: KnownClaim, own: OwnHash, program: Program): Difference {
  const found = inOutputs(known, own, ROOT);
  if (found === undefined) return { kind: "none" };
  if (found.kind !== "untraced") return found;
  if (known.shardRoot(found.shard) === undefined) return found;
  return inTrace(known, own, program, found.place, found.shard);
}

type OutputsDifference = Extract<Difference, { kind: "unknown" | "missing" | "untraced" }>;

function inOutputs(known: KnownClaim, own: OwnHash, place: Place): OutputsDifference | undefined {
  const { shape } = known;
  const hash = known.hash("outputs", place);
  if (hash === undefined) return undefined;
  if (isBeyond(shape, "outputs", place)) return missing("outputs", place, hash, positionOf(shape, "outputs", place));
  const mine = own("outputs", place);
  if (mine !== undefined && equalBytes(hash, mine)) return undefined;
  if (depthOf(place) === shardDepth(shape)) {
    if (mine === undefined) return undefined;
    return { kind: "untraced", place, shard: shardOf(shape, place), leaf: hash };
  }
  if (known.hash("outputs", 2 * place) === undefined) {
    return mine === undefined ? undefined : { kind: "unknown", tree: "outputs", place, hash };
  }
  return inOutputs(known, own, 2 * place) ?? inOutputs(known, own, 2 * place + 1);
}

/** Undefined where the subtree is as empty as it must be. */
function missing(
  tree: Tree,
  place: Place,
  hash: Uint8Array,
  { level }: { level: number },
): Extract<Difference, { kind: "missing" }> | undefined {
  return equalBytes(hash, zeroHash(level)) ? undefined : { kind: "missing", tree, place, hash };
}

function inTrace(known: KnownClaim, own: OwnHash, program: Program, from: Place, shard: number): Difference {
  const { shape } = known;
  let place = from;
  const mine = own("trace", place);
  if (mine === undefined) return { kind: "trace needed", shard };
  if (equalBytes(mine, known.hash("trace", place) as Uint8Array)) {
    throw new IntegrityError(`the own trace of shard ${String(shard)} contradicts the own outputs of it`);
  }
  for (;;) {
    const hash = known.hash("trace", place) as Uint8Array;
    if (isBeyond(shape, "trace", place)) return { kind: "missing", tree: "trace", place, hash };
    if (depthOf(place) === tensorTop(shape)) {
      const node = nodeOf(shape, place);
      const op = program.nodes[node]?.op;
      if (op === "input" || op === "constant") return { kind: "fixed", place, shard, node };
    }
    const span = spanOf(shape, "trace", place);
    if (span === 0) {
      const chunk = known.chunk(place);
      if (chunk === undefined) return { kind: "unknown", tree: "trace", place, hash };
      return { kind: "chunk", place, shard, node: nodeOf(shape, place), chunk };
    }
    const next = differingChild(known, own, place, span);
    if (next === undefined) return { kind: "unknown", tree: "trace", place, hash };
    place = next;
  }
}

/** The first of the 2^span places under `place` that differs; undefined while they are not known. */
function differingChild(known: KnownClaim, own: OwnHash, place: Place, span: number): Place | undefined {
  const first = place * 2 ** span;
  for (let i = 0; i < 2 ** span; i++) {
    const hash = known.hash("trace", first + i);
    if (hash === undefined) return undefined;
    if (!equalBytes(hash, own("trace", first + i) ?? new Uint8Array())) return first + i;
  }
  return undefined;
}
