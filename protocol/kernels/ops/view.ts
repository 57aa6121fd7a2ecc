import { allocate } from "../../tensor/dtype.ts";
import { attr, tensorAt } from "../../tensor/ops/operator.ts";
import { VIEW } from "../../tensor/ops/view.ts";
import { elementCount } from "../../tensor/shape.ts";
import type { ProgramNode, TypedData } from "../../tensor/types.ts";
import type { FastOp, NodeKernel } from "./fast-op.ts";

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
  if (operands.length === 1 && isReshape(node, first.data.length)) return { data: first.data, units: 0, run: () => {} };
  const data = allocate(node.dtype, elementCount(node.dims));
  const pad = attr(node, VIEW.pad);
  if (pad !== 0) data.fill(pad);
  const axis = attr(node, VIEW.axis);
  const border = (lo[axis] as number) + attr(node, VIEW.split);
  const copies =
    operands.length === 1
      ? [boxCopy(node, first.data, 0, { lo, hi }, data)]
      : [
          boxCopy(node, first.data, 0, { lo, hi: replaced(hi, axis, border) }, data),
          boxCopy(node, tensorAt(operands, 1).data, 1, { lo: replaced(lo, axis, border), hi }, data),
        ];
  const [one, two] = copies;
  return {
    data,
    units: copies.reduce((sum, copy) => sum + copy.units, 0),
    run(from, to) {
      const ones = one?.units ?? 0;
      if (from < ones) one?.run(from, Math.min(to, ones));
      if (to > ones) two?.run(Math.max(from - ones, 0), to - ones);
    },
  };
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

/** Elements of a line that are copied as one unit of the loop. */
const SEGMENT = 1 << 14;

/** A run shorter than this is copied faster element by element. */
const SHORTEST_RUN = 64;

/** The copy of one operand into its box of the output, segment of a line by segment. */
function boxCopy(
  node: ProgramNode,
  source: TypedData,
  operand: 0 | 1,
  { lo, hi }: Box,
  out: TypedData,
): Pick<NodeKernel, "units" | "run"> {
  const [, d1, d2, d3] = node.dims;
  const [s0, s1, s2, s3] = four(node, VIEW.strides[operand]);
  const offset = attr(node, VIEW.offset[operand]);
  const [e0, e1, e2, e3] = [hi[0] - lo[0], hi[1] - lo[1], hi[2] - lo[2], hi[3] - lo[3]];
  const segments = Math.ceil(e3 / SEGMENT);
  const one = (i: number, j: number, k: number, segment: number): void => {
    const first = segment * SEGMENT;
    const to = (((i + lo[0]) * d1 + j + lo[1]) * d2 + k + lo[2]) * d3 + lo[3];
    const from = offset + i * s0 + j * s1 + k * s2;
    const end = Math.min(first + SEGMENT, e3);
    if (s3 === 1 && end - first >= SHORTEST_RUN) out.set(source.subarray(from + first, from + end), to + first);
    else for (let n = first; n < end; n++) out[to + n] = source[from + n * s3] as number;
  };
  return {
    units: e0 * e1 * e2 * segments,
    run(from, to) {
      let segment = from % segments;
      let line = Math.floor(from / segments);
      let k = line % e2;
      line = Math.floor(line / e2);
      let j = line % e1;
      let i = Math.floor(line / e1);
      for (let unit = from; unit < to; unit++) {
        one(i, j, k, segment);
        if (++segment < segments) continue;
        segment = 0;
        if (++k < e2) continue;
        k = 0;
        if (++j < e1) continue;
        j = 0;
        i++;
      }
    },
  };
}
