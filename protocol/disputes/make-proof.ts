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
  type ProofSource,
  type Sha256,
} from "../tensor/index.ts";
import type { Difference } from "./first-difference.ts";
import type { KnownClaim } from "./known-claim.ts";
import type { OwnClaim } from "./partial-claim.ts";
import { chunkPlace, depthOf, inTree, nodeOf, shardDepth, shardOf, tensorTop } from "./place.ts";

/** An encoded proof and what it will show, in words. */
export interface ReadyProof extends EncodedProof {
  /** e.g. "node 12, element 77". */
  readonly where: string;
}

/** Builds the one-transaction proof for a difference whose content is known. @throws IntegrityError when something it needs is not known */
export function makeProof(
  difference: Exclude<Difference, { kind: "none" | "unknown" }>,
  known: KnownClaim,
  own: OwnClaim,
  source: ProofSource,
  sha256: Sha256 = pureSha256,
): ReadyProof {
  switch (difference.kind) {
    case "missing":
      return missing(difference, known, source, sha256);
    case "fixed": {
      const place = { shard: difference.shard + source.from, node: difference.node };
      const proof = buildFixedRootProof(source, place, sha256);
      return { ...encodeProof({ kind: "fixedRoot", proof }), where: `node ${String(place.node)}, its fixed root` };
    }
    case "chunk":
      return chunk(difference, known, own, source, sha256);
  }
}

function missing(
  difference: Extract<Difference, { kind: "missing" }>,
  known: KnownClaim,
  source: ProofSource,
  sha256: Sha256,
): ReadyProof {
  const { shape } = known;
  const { place, hash } = difference;
  const { tree, level, index } = inTree(shape, place);
  const path = known.path(place, depthOf(place));
  if (path === undefined) throw new IntegrityError("the path of the missing leaf is not known");
  const shard = depthOf(place) > shardDepth(shape) ? shardOf(shape, place) + source.from : 0;
  const node = depthOf(place) > tensorTop(shape) ? nodeOf(shape, place) : 0;
  const proof = buildMissingLeafProof(
    source.program,
    { tree, place: { shard, node }, level, index, hash, path },
    sha256,
  );
  return { ...encodeProof({ kind: "missingLeaf", proof }), where: `a missing leaf in the tree over ${tree}` };
}

function chunk(
  difference: Extract<Difference, { kind: "chunk" }>,
  known: KnownClaim,
  own: OwnClaim,
  source: ProofSource,
  sha256: Sha256,
): ReadyProof {
  const { shard, node } = difference;
  const type = source.program.nodes[node];
  if (type === undefined) throw new IntegrityError(`the program has no node ${String(node)}`);
  const first = chunkPlace(known.shape, shard, node, 0);
  const from = (difference.place - first) * difference.chunk.length;
  // Only this chunk is compared: others that differ may be known too, but this one is the first.
  const claimed = own.tensors(shard, node).slice();
  const whole = new Uint8Array(Math.max(claimed.length, from + difference.chunk.length));
  whole.set(claimed);
  whole.set(difference.chunk, from);
  const found = findDifference(type, whole, own.tensors(shard, node));
  if (found === undefined) throw new IntegrityError("the chunk does not differ from the own computation");
  const place = { shard: shard + source.from, node };
  if (found.kind === "padding") {
    const proof = buildPaddingProof(source, { ...place, position: found.position }, sha256);
    return {
      ...encodeProof({ kind: "padding", proof }),
      where: `node ${String(node)}, padding byte ${String(found.position)}`,
    };
  }
  const proof = buildStepProof(source, { ...place, element: found.element }, sha256);
  return { ...encodeProof({ kind: "step", proof }), where: `node ${String(node)}, element ${String(found.element)}` };
}
