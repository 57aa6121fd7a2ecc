import { attr } from "../ops/operator.ts";
import { inputLeafIndex } from "../tree/inputs-root.ts";
import { sourceOf } from "../validate.ts";
import { nodeAt } from "./node-facts.ts";
import type { ProofSource } from "./types.ts";

/** Index under the inputs root of the slot that an input node reads. */
export function slotIndex(source: ProofSource, node: number): number {
  const { sharedSlots, shardSlots } = source.program;
  const found = nodeAt(source, node);
  const slot = attr(found, 1);
  return sourceOf(found) === "shared" ? slot : inputLeafIndex(sharedSlots, shardSlots, source.shard, slot);
}

/** Hashes from the tensor root of an input node to the job's inputs root; none for a constant, whose root is fixed itself. */
export function givenPath(source: ProofSource, node: number): Uint8Array[] {
  if (sourceOf(nodeAt(source, node)) === "constant") return [];
  const index = slotIndex(source, node);
  return source.inputs.rangeProof(index, index);
}
