import { dtypeCode, dtypeMax, dtypeMin } from "../../../tensor/dtype.ts";
import { attr, operandAt } from "../../../tensor/ops/operator.ts";
import type { ProgramNode, TypedData } from "../../../tensor/types.ts";
import type { NodeRunner } from "../../kernel-set.ts";
import type { Workspace } from "../workspace.ts";
import { elementRunner } from "./element-runner.ts";

/** max, min, clamp, div and isqrt; undefined for other operators. */
export function prepareElements(workspace: Workspace, node: ProgramNode): NodeRunner | undefined {
  const { kernels } = workspace;
  const code = dtypeCode(node.dtype);
  const [lo, hi] = [dtypeMin(node.dtype), dtypeMax(node.dtype)];
  switch (node.op) {
    case "max":
    case "min": {
      const kind = node.op === "max" ? 0 : 1;
      return elementRunner(workspace, node, (count, a, b, out) => kernels.extremum(kind, code, count, a, b, out));
    }
    case "clamp": {
      const [least, most] = [attr(node, 0), attr(node, 1)];
      return elementRunner(workspace, node, (count, x, _, out) => kernels.clamp(code, count, x, least, most, out));
    }
    case "div": {
      const [aCode, bCode] = [dtypeCode(operandAt(node, 0).dtype), dtypeCode(operandAt(node, 1).dtype)];
      return elementRunner(workspace, node, (count, a, b, out, room) =>
        kernels.divide(count, a, aCode, b, bCode, lo, hi, out, code, room),
      );
    }
    case "isqrt": {
      const xCode = dtypeCode(operandAt(node, 0).dtype);
      return elementRunner(workspace, node, (count, x, _, out, room) =>
        kernels.squareRoot(count, x, xCode, hi, out, code, room),
      );
    }
    default:
      return undefined;
  }
}

/** A lookup in a constant table of one column; undefined for others. */
export function prepareLookup(
  workspace: Workspace,
  node: ProgramNode,
  table: TypedData | undefined,
): NodeRunner | undefined {
  if (node.op !== "lookup" || table === undefined || operandAt(node, 1).dims[3] !== 1) return undefined;
  const { kernels } = workspace;
  const [code, offset, last] = [dtypeCode(operandAt(node, 0).dtype), attr(node, 0), table.length - 1];
  const at = workspace.keepData(table);
  const runner = elementRunner(workspace, node, (count, x, _, out) =>
    kernels.lookup(code, count, x, offset, at, last, table.BYTES_PER_ELEMENT, out),
  );
  // The table is no operand of the loop.
  return { run: ([x], pause) => runner.run(x === undefined ? [] : [x], pause) };
}
