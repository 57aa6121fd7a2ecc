import { FORMAT } from "../../tensor/constants.ts";
import { stepCost } from "../../tensor/step-cost.ts";
import type { Operand, OpName, TensorType } from "../../tensor/types.ts";

/** A program as deep as any: what fits there fits everywhere. */
const DEEPEST = { nodeCount: FORMAT.maxNodes, sharedSlots: 0, shardSlots: 1 };

/** Whether one element of a node can be proved within the limits of bytes and gas, whatever program it stands in. */
export function stepFits(
  op: OpName,
  output: TensorType,
  operands: readonly TensorType[],
  values: ArrayLike<number>,
): boolean {
  const attrs = new Int32Array(FORMAT.attributeCount);
  attrs.set(values);
  const read = operands.map(({ dtype, rank, dims }): Operand => {
    return { dtype, rank, dims, source: "computed", node: 0, slot: 0, root: undefined };
  });
  const { dtype, rank, dims } = output;
  const { bytes, gas } = stepCost({ dtype, rank, dims, op, operands: read, attrs, constantRoot: undefined }, DEEPEST);
  return bytes <= FORMAT.maxStepBytes && gas <= FORMAT.maxStepGas;
}
