import { allocate } from "../../tensor/dtype.ts";
import { attr, tensorAt } from "../../tensor/ops/operator.ts";
import { VIEW } from "../../tensor/ops/view.ts";
import { elementCount } from "../../tensor/shape.ts";
import type { ProgramNode, TypedData } from "../../tensor/types.ts";
import type { FastOp } from "./fast-op.ts";

type Four = readonly [number, number, number, number];

/** Four coordinates of the output, from `lo` up to but not including `hi`. */
interface Box {
  readonly lo: Four;
  readonly hi: Four;
}

/** An index map as at most two box copies over the pad value; a mere reshape shares the operand's data. */
export const view: FastOp = (node, operands) => {
  const first = tensorAt(operands, 0);
  const lo = four(node, VIEW.lo);
  const hi = four(node, VIEW.hi);
  if (operands.length === 1 && isReshape(node, first.data.length)) return first.data;
  const out = allocate(node.dtype, elementCount(node.dims));
  const pad = attr(node, VIEW.pad);
  if (pad !== 0) out.fill(pad);
  if (operands.length === 1) {
    copyBox(node, first.data, 0, { lo, hi }, out);
    return out;
  }
  const axis = attr(node, VIEW.axis);
  const border = (lo[axis] as number) + attr(node, VIEW.split);
  copyBox(node, first.data, 0, { lo, hi: replaced(hi, axis, border) }, out);
  copyBox(node, tensorAt(operands, 1).data, 1, { lo: replaced(lo, axis, border), hi }, out);
  return out;
};

function four(node: ProgramNode, first: number): Four {
  return [attr(node, first), attr(node, first + 1), attr(node, first + 2), attr(node, first + 3)];
}

function replaced(values: Four, axis: number, value: number): Four {
  const at = (d: 0 | 1 | 2 | 3): number => (d === axis ? value : values[d]);
  return [at(0), at(1), at(2), at(3)];
}

/** True if output element i is element i of an operand of `count` elements, for all i. */
function isReshape(node: ProgramNode, count: number): boolean {
  if (attr(node, VIEW.offset[0]) !== 0 || elementCount(node.dims) !== count) return false;
  let step = 1;
  for (let d = 3; d >= 0; d--) {
    const extent = node.dims[d] as number;
    if (attr(node, VIEW.lo + d) !== 0 || attr(node, VIEW.hi + d) !== extent) return false;
    if (extent > 1 && attr(node, VIEW.strides[0] + d) !== step) return false;
    step *= extent;
  }
  return true;
}

/** Copies one operand into its box of the output. */
function copyBox(node: ProgramNode, source: TypedData, operand: 0 | 1, { lo, hi }: Box, out: TypedData): void {
  const [, d1, d2, d3] = node.dims;
  const [s0, s1, s2, s3] = four(node, VIEW.strides[operand]);
  const from = attr(node, VIEW.offset[operand]);
  const count = hi[3] - lo[3];
  for (let i = lo[0]; i < hi[0]; i++) {
    for (let j = lo[1]; j < hi[1]; j++) {
      for (let k = lo[2]; k < hi[2]; k++) {
        const to = ((i * d1 + j) * d2 + k) * d3 + lo[3];
        const at = from + (i - lo[0]) * s0 + (j - lo[1]) * s1 + (k - lo[2]) * s2;
        for (let n = 0; n < count; n++) out[to + n] = source[at + n * s3] as number;
      }
    }
  }
}
