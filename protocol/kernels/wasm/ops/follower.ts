import { allocate, dtypeBytes, dtypeCode } from "../../../tensor/dtype.ts";
import { attr, operandAt } from "../../../tensor/ops/operator.ts";
import { elementCount } from "../../../tensor/shape.ts";
import type { ProgramNode, TypedData } from "../../../tensor/types.ts";
import type { Constants } from "../../kernel-set.ts";
import type { Workspace } from "../workspace.ts";

/** What becomes of a tile of results before it leaves the workspace. */
export interface Follower {
  readonly elementBytes: number;
  /** The output of the node that is given in the end. */
  allocate(): TypedData;
  /** Computes `count` elements from those at `from` to `to`. */
  compute(count: number, from: number, to: number): void;
}

/** A clamp, or a lookup in a constant table of one column; undefined for others. */
export function followerOf(workspace: Workspace, node: ProgramNode, constants: Constants): Follower | undefined {
  const { kernels } = workspace;
  const common = {
    elementBytes: dtypeBytes(node.dtype),
    allocate: () => allocate(node.dtype, elementCount(node.dims)),
  };
  const code = dtypeCode(operandAt(node, 0).dtype);
  if (node.op === "clamp") {
    const [lo, hi] = [attr(node, 0), attr(node, 1)];
    return { ...common, compute: (count, from, to) => kernels.clamp(code, count, from, lo, hi, to) };
  }
  const table = constants[1];
  if (node.op !== "lookup" || table === undefined || operandAt(node, 1).dims[3] !== 1) return undefined;
  const [offset, last, width] = [attr(node, 0), table.length - 1, table.BYTES_PER_ELEMENT];
  const at = workspace.keepData(table);
  return { ...common, compute: (count, from, to) => kernels.lookup(code, count, from, offset, at, last, width, to) };
}
