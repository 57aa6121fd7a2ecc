import { FORMAT } from "../constants.ts";
import { pureSha256, type Sha256 } from "../tree/sha256.ts";
import { nodeFacts } from "./node-facts.ts";
import { openClaimed } from "./open-chunks.ts";
import type { PaddingProof, ProofSource } from "./types.ts";

/**
 * Proof of one byte behind the last element of a computed node's tensor, `position` bytes from the tensor's start. The
 * claimed source must give the padding bytes with the tensor. Errors as for buildStepProof.
 */
export function buildPaddingProof(
  source: ProofSource,
  place: { readonly node: number; readonly position: number },
  sha256: Sha256 = pureSha256,
): PaddingProof {
  const chunk = Math.floor(place.position / FORMAT.leafBytes);
  const claimed = openClaimed(source, place.node, chunk, chunk);
  return { ...nodeFacts(source.program, place.node, sha256), position: place.position, claimed };
}
