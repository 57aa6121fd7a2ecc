import { allocate, dtypeCode, dtypeMax, dtypeMin } from "../../../tensor/dtype.ts";
import { operandAt } from "../../../tensor/ops/operator.ts";
import { elementCount } from "../../../tensor/shape.ts";
import type { ProgramNode, Tensor } from "../../../tensor/types.ts";
import type { NodeRunner } from "../../kernel-set.ts";
import { inSlices } from "../../pause.ts";
import type { Workspace } from "../workspace.ts";
import { TILE_ELEMENTS } from "./element-runner.ts";

const KINDS: Readonly<Partial<Record<ProgramNode["op"], number>>> = { reduceSum: 0, reduceMax: 1, argmax: 2 };

/** Rows of so many elements that are reduced at a time. */
export function rowsPerTile(span: number): number {
  return Math.max(Math.floor(TILE_ELEMENTS / span), 1);
}

/** reduceSum, reduceMax and argmax; undefined for other operators. */
export function prepareReduce(workspace: Workspace, node: ProgramNode): NodeRunner | undefined {
  const kind = KINDS[node.op];
  if (kind === undefined) return undefined;
  const x = operandAt(node, 0);
  const rows = elementCount(node.dims);
  const span = elementCount(x.dims) / rows;
  const step = rowsPerTile(span);
  const [xCode, code] = [dtypeCode(x.dtype), dtypeCode(node.dtype)];
  const [lo, hi] = [dtypeMin(node.dtype), dtypeMax(node.dtype)];
  return {
    async run(operands, pause) {
      const [{ data }] = operands as readonly [Tensor];
      const out = allocate(node.dtype, rows);
      const tile = (from: number): void => {
        const count = Math.min(step, rows - from);
        const [at, to] = workspace.scratch(step * span * data.BYTES_PER_ELEMENT, step * out.BYTES_PER_ELEMENT);
        workspace.write(at, data, from * span, (from + count) * span);
        workspace.kernels.reduce(kind, xCode, count, span, at, lo, hi, code, to);
        workspace.read(to, out, from, count);
      };
      const run = (from: number, to: number): void => {
        for (let index = from; index < to; index++) tile(index * step);
      };
      await inSlices(Math.ceil(rows / step), run, pause);
      return out;
    },
  };
}
