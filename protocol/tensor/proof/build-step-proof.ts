import { FORMAT } from "../constants.ts";
import { dtypeBytes } from "../dtype.ts";
import { operandAt, type ValueOf } from "../ops/operator.ts";
import { operandRanges } from "../ops/table.ts";
import { readElement } from "../read-element.ts";
import { pureSha256, type Sha256 } from "../tree/sha256.ts";
import { nodeAt, nodeFacts } from "./node-facts.ts";
import { bytesOf, openClaimed, openOperand } from "./open-chunks.ts";
import { stepOpenings } from "./step-openings.ts";
import type { Place, ProofSource, StepProof } from "./types.ts";

/**
 * Proof of one element of a computed node with everything that it reads. It disproves the claim if the claimed element is
 * not the operator's. Throws InvalidInputError outside the claim or tensor, IntegrityError if the sources do not give what was claimed.
 */
export function buildStepProof(
  source: ProofSource,
  place: Place & { readonly element: number },
  sha256: Sha256 = pureSha256,
): StepProof {
  const { element, shard } = place;
  const node = nodeAt(source, place.node);
  const operandPlace = (operand: number): Place => ({ node: operandAt(node, operand).node, shard });
  const valueOf: ValueOf = (operand, index) =>
    readElement(bytesOf(source, operandPlace(operand)), operandAt(node, operand).dtype, index);
  const openings = stepOpenings(node, operandRanges(node, element, valueOf));
  const chunk = Math.floor((element * dtypeBytes(node.dtype)) / FORMAT.leafBytes);
  return {
    ...nodeFacts(source.program, place, sha256),
    element,
    claimed: openClaimed(source, place, chunk, chunk),
    operands: openings.map(({ operand, firstChunk, lastChunk }) =>
      openOperand(source, operandPlace(operand), firstChunk, lastChunk, sha256),
    ),
  };
}
