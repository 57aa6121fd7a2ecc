import { IntegrityError } from "../common/errors.ts";
import {
  buildFixedRootProof,
  buildMissingLeafProof,
  buildPaddingProof,
  buildStepProof,
  encodeProof,
  findDifference,
  pureSha256,
  type EncodedProof,
  type Program,
  type ProofSource,
  type Sha256,
} from "../tensor/index.ts";
import { toHex } from "../common/hex.ts";
import type { Provable } from "./first-difference.ts";
import type { KnownClaim } from "./known-claim.ts";
import { chunkPlace, depthOf, positionOf, shardDepth } from "./place.ts";

/** An encoded proof, the shard whose trace it is about, and what it will show, in words. */
export interface ReadyProof extends EncodedProof {
  /** Absolute; zero for a missing leaf of the tree over the shards. */
  readonly shard: number;
  /** 0x-hex of the root that the worker answered for that shard; zero likewise. */
  readonly shardRoot: string;
  /** e.g. "node 12, element 77". */
  readonly where: string;
}

const ZERO = `0x${"00".repeat(32)}`;

/**
 * Builds the one-transaction proof that a tree has a leaf beyond its last: all that it needs is what is known of the claim.
 * @throws IntegrityError when the path is not known
 */
export function makeMissingProof(
  { tree, place, hash }: Extract<Provable, { kind: "missing" }>,
  known: KnownClaim,
  program: Program,
  from: number,
  sha256: Sha256 = pureSha256,
): ReadyProof {
  const at = positionOf(known.shape, tree, place);
  const levels = at.tree === "shards" ? depthOf(place) : depthOf(place) - shardDepth(known.shape);
  const path = known.path(tree, place, levels);
  if (path === undefined) throw new IntegrityError("the path of the missing leaf is not known");
  const node = at.tree === "chunks" ? at.node : 0;
  const subtree = { tree: at.tree, node, level: at.level, index: at.index, hash, path };
  const encoded = encodeProof({ kind: "missingLeaf", proof: buildMissingLeafProof(program, subtree, sha256) });
  const where = `a missing leaf in the tree over ${at.tree}`;
  if (at.tree === "shards") return { ...encoded, shard: 0, shardRoot: ZERO, where };
  return { ...encoded, shard: at.shard + from, shardRoot: rootOf(known, at.shard), where };
}

/**
 * Builds the one-transaction proof for a difference in a shard's trace whose content is known.
 * @param source of that shard, see `partialProofSource`
 * @throws IntegrityError when something it needs is not known
 */
export function makeProof(
  difference: Exclude<Provable, { kind: "missing" }>,
  known: KnownClaim,
  own: (node: number) => Uint8Array,
  source: ProofSource,
  sha256: Sha256 = pureSha256,
): ReadyProof {
  const about = { shard: source.shard, shardRoot: rootOf(known, difference.shard) };
  const { node } = difference;
  if (difference.kind === "fixed") {
    const proof = buildFixedRootProof(source, node, sha256);
    return { ...encodeProof({ kind: "fixedRoot", proof }), ...about, where: `node ${String(node)}, its fixed root` };
  }
  const found = differenceIn(difference, known, own, source.program);
  if (found.kind === "padding") {
    const proof = buildPaddingProof(source, { node, position: found.position }, sha256);
    const where = `node ${String(node)}, padding byte ${String(found.position)}`;
    return { ...encodeProof({ kind: "padding", proof }), ...about, where };
  }
  const proof = buildStepProof(source, { node, element: found.element }, sha256);
  return {
    ...encodeProof({ kind: "step", proof }),
    ...about,
    where: `node ${String(node)}, element ${String(found.element)}`,
  };
}

function rootOf(known: KnownClaim, shard: number): string {
  const root = known.shardRoot(shard);
  if (root === undefined) throw new IntegrityError(`the trace of shard ${String(shard)} of the claim is not answered`);
  return toHex(root);
}

function differenceIn(
  { place, shard, node, chunk }: Extract<Provable, { kind: "chunk" }>,
  known: KnownClaim,
  own: (node: number) => Uint8Array,
  program: Program,
): NonNullable<ReturnType<typeof findDifference>> {
  const type = program.nodes[node];
  if (type === undefined) throw new IntegrityError(`the program has no node ${String(node)}`);
  const from = (place - chunkPlace(known.shape, shard, node, 0)) * chunk.length;
  // Only this chunk is compared: others that differ may be known too, but this one is the first.
  const mine = own(node);
  const whole = new Uint8Array(Math.max(mine.length, from + chunk.length));
  whole.set(mine);
  whole.set(chunk, from);
  const found = findDifference(type, whole, mine);
  if (found === undefined) throw new IntegrityError("the chunk does not differ from the own computation");
  return found;
}
