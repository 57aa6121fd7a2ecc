import { FORMAT } from "../constants.ts";
import { dtypeBytes } from "../dtype.ts";
import { operandAt, type ValueOf } from "../ops/operator.ts";
import { operandRanges } from "../ops/table.ts";
import { readElement } from "../read-element.ts";
import { pureSha256, type Sha256 } from "../tree/sha256.ts";
import { nodeAt, nodeFacts } from "./node-facts.ts";
import { bytesOf, openClaimed, openOperand } from "./open-chunks.ts";
import { stepOpenings } from "./step-openings.ts";
import type { ProofSource, StepProof } from "./types.ts";

/**
 * Proof of one element of a computed node with everything that it reads. It disproves the trace if the claimed element is
 * not the operator's. Throws InvalidInputError outside the trace or tensor, IntegrityError if the sources do not give what was claimed.
 */
export function buildStepProof(
  source: ProofSource,
  place: { readonly node: number; readonly element: number },
  sha256: Sha256 = pureSha256,
): StepProof {
  const { element } = place;
  const node = nodeAt(source, place.node);
  const operandNode = (operand: number): number => operandAt(node, operand).node;
  const valueOf: ValueOf = (operand, index) =>
    readElement(bytesOf(source, operandNode(operand)), operandAt(node, operand).dtype, index);
  const openings = stepOpenings(node, operandRanges(node, element, valueOf));
  const chunk = Math.floor((element * dtypeBytes(node.dtype)) / FORMAT.leafBytes);
  return {
    ...nodeFacts(source.program, place.node, sha256),
    element,
    claimed: openClaimed(source, place.node, chunk, chunk),
    operands: openings.map(({ operand, firstChunk, lastChunk }) =>
      openOperand(source, operandNode(operand), firstChunk, lastChunk, sha256),
    ),
  };
}
