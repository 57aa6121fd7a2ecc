import { stridesOf } from "../graph/dims.ts";
import type { Cells } from "./kernel.ts";

/** Loops over a shape in which some operands repeat or skip elements: extents and each operand's strides, innermost last. */
export interface LoopNest {
  readonly dims: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

/** Joins neighbouring axes that every operand walks through without a gap, so that the inner loops become long. */
export function collapse(dims: readonly number[], strides: readonly (readonly number[])[]): LoopNest {
  const outDims: number[] = [];
  const outStrides: number[][] = strides.map(() => []);
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const dim = dims[axis]!;
    if (dim === 1) continue;
    const last = outDims.length - 1;
    const joins = last >= 0 && outStrides.every((own, k) => strides[k]![axis] === own[last]! * outDims[last]!);
    if (joins) {
      outDims[last]! *= dim;
      continue;
    }
    outDims.push(dim);
    for (const [k, own] of outStrides.entries()) own.push(strides[k]![axis]!);
  }
  if (outDims.length === 0) {
    outDims.push(1);
    for (const own of outStrides) own.push(1);
  }
  return { dims: outDims.reverse(), strides: outStrides.map((own) => own.reverse()) };
}

/** Calls `row` with the offsets of each operand for every position of the outer axes. An empty shape has no rows. */
export function eachRow(nest: LoopNest, row: (offsets: readonly number[]) => void): void {
  const outer = nest.dims.length - 1;
  const offsets = nest.strides.map(() => 0);
  const at = new Array<number>(outer).fill(0);
  if (nest.dims.includes(0)) return;
  for (;;) {
    row(offsets);
    let axis = outer - 1;
    for (; axis >= 0; axis--) {
      at[axis]!++;
      const wraps = at[axis] === nest.dims[axis];
      for (const [k, strides] of nest.strides.entries()) {
        offsets[k]! += wraps ? -strides[axis]! * (nest.dims[axis]! - 1) : strides[axis]!;
      }
      if (!wraps) break;
      at[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Where a region begins in an array and how far apart its neighbours are. */
export interface Region {
  readonly cells: Cells;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Shortest run that is worth a call of `set`. */
const LONG_RUN = 24;

/** Copies a region of extents `dims` element by element. */
export function copyRegion(from: Region, to: Region, dims: readonly number[]): void {
  const nest = collapse(dims, [from.strides, to.strides]);
  const run = nest.dims.at(-1)!;
  const [stepFrom, stepTo] = [nest.strides[0]!.at(-1)!, nest.strides[1]!.at(-1)!];
  const [source, target] = [from.cells, to.cells];
  const isBlock = stepFrom === 1 && stepTo === 1 && run >= LONG_RUN;
  eachRow(nest, ([rowFrom, rowTo]) => {
    let read = from.offset + rowFrom!;
    let write = to.offset + rowTo!;
    if (isBlock) {
      target.set(source.subarray(read, read + run), write);
      return;
    }
    for (let i = 0; i < run; i++) {
      target[write] = source[read]!;
      read += stepFrom;
      write += stepTo;
    }
  });
}

/** Fills a whole array from a source that is read with the given strides. */
export function gatherStrided(from: Region, target: Cells, dims: readonly number[]): void {
  copyRegion(from, { cells: target, offset: 0, strides: stridesOf(dims) }, dims);
}

/**
 * Fills an array from the source elements that one map per axis names; -1 leaves the element as it is. Repeated borders and nearest
 * neighbours are both such maps.
 */
export function gatherMapped(
  source: Cells,
  sourceDims: readonly number[],
  maps: readonly Int32Array[],
  target: Cells,
): void {
  const strides = stridesOf(sourceDims);
  const targetStrides = stridesOf(maps.map((map) => map.length));
  const last = maps.length - 1;
  if (last < 0) {
    target[0] = source[0]!;
    return;
  }
  const visit = (axis: number, from: number, to: number): void => {
    const map = maps[axis]!;
    if (axis === last) {
      for (let i = 0; i < map.length; i++) if (map[i]! >= 0) target[to + i] = source[from + map[i]!]!;
      return;
    }
    for (let i = 0; i < map.length; i++) {
      if (map[i]! >= 0) visit(axis + 1, from + map[i]! * strides[axis]!, to + i * targetStrides[axis]!);
    }
  };
  visit(0, 0, 0);
}
