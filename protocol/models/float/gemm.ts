/** A matrix inside an array: element (row, column) is at `offset + row * rowStride + column * columnStride`. */
export interface Matrix {
  readonly data: FloatArray;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** What products are computed in: the arrays of both factors are of one kind. */
export type FloatArray = Float32Array | Float64Array;

/** Rows and columns that the innermost loop computes at once: their sums stay in registers. */
export const PANEL_ROWS = 3;
export const PANEL_COLUMNS = 4;
/** Elements of a packed tile of columns, so that it stays in the second-level cache. */
const TILE_ELEMENTS = 65_536;
/** Below this many rows, packing costs more than it saves. */
const FEW_ROWS = 3;

export function newArrayLike(array: FloatArray, length: number): FloatArray {
  return array instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}

/** Number of columns of a tile for sums of `depth` products. */
export function tileColumns(depth: number, columns: number): number {
  const fitting = Math.floor(TILE_ELEMENTS / Math.max(depth, 1) / PANEL_COLUMNS) * PANEL_COLUMNS;
  const all = Math.ceil(columns / PANEL_COLUMNS) * PANEL_COLUMNS;
  return Math.min(Math.max(fitting, 4 * PANEL_COLUMNS), Math.max(all, PANEL_COLUMNS), 1024);
}

/** Copies rows into panels of PANEL_ROWS that the inner loop reads from front to back; missing rows are zero. */
export function packRows({ data, offset, rowStride, columnStride }: Matrix, rows: number, depth: number): FloatArray {
  const panels = Math.ceil(rows / PANEL_ROWS);
  const packed = newArrayLike(data, panels * depth * PANEL_ROWS);
  for (let row = 0; row < rows; row++) {
    let write = Math.floor(row / PANEL_ROWS) * depth * PANEL_ROWS + (row % PANEL_ROWS);
    let read = offset + row * rowStride;
    for (let k = 0; k < depth; k++, write += PANEL_ROWS, read += columnStride) packed[write] = data[read]!;
  }
  return packed;
}

/** Copies `count` columns from column `from` on into panels of PANEL_COLUMNS; missing columns are zero. */
export function packColumns(
  { data, offset, rowStride, columnStride }: Matrix,
  from: number,
  count: number,
  depth: number,
  packed: FloatArray,
): void {
  for (let panel = 0; panel * PANEL_COLUMNS < count; panel++) {
    const first = panel * PANEL_COLUMNS;
    const lanes = Math.min(PANEL_COLUMNS, count - first);
    let write = first * depth;
    let read = offset + (from + first) * columnStride;
    for (let k = 0; k < depth; k++, write += PANEL_COLUMNS, read += rowStride) {
      for (let lane = 0; lane < PANEL_COLUMNS; lane++) {
        packed[write + lane] = lane < lanes ? data[read + lane * columnStride]! : 0;
      }
    }
  }
}

const block = new Float64Array(PANEL_ROWS * PANEL_COLUMNS);

/** Sums of one panel of rows with one panel of columns, into `block`. */
function multiplyPanel(a: FloatArray, ia: number, b: FloatArray, ib: number, depth: number): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let c23 = 0;
  for (let k = 0; k < depth; k++, ia += PANEL_ROWS, ib += PANEL_COLUMNS) {
    const a0 = a[ia]!;
    const a1 = a[ia + 1]!;
    const a2 = a[ia + 2]!;
    let x = b[ib]!;
    c00 += a0 * x;
    c10 += a1 * x;
    c20 += a2 * x;
    x = b[ib + 1]!;
    c01 += a0 * x;
    c11 += a1 * x;
    c21 += a2 * x;
    x = b[ib + 2]!;
    c02 += a0 * x;
    c12 += a1 * x;
    c22 += a2 * x;
    x = b[ib + 3]!;
    c03 += a0 * x;
    c13 += a1 * x;
    c23 += a2 * x;
  }
  block[0] = c00;
  block[1] = c01;
  block[2] = c02;
  block[3] = c03;
  block[4] = c10;
  block[5] = c11;
  block[6] = c12;
  block[7] = c13;
  block[8] = c20;
  block[9] = c21;
  block[10] = c22;
  block[11] = c23;
}

/** Where products are written: row by row, `rowStride` apart. */
export interface Target {
  readonly data: FloatArray;
  readonly offset: number;
  readonly rowStride: number;
}

/** Multiplies all packed rows with a packed tile of columns; `bias` is added to every element of its row. */
export function multiplyTile(
  a: FloatArray,
  rows: number,
  b: FloatArray,
  columns: number,
  depth: number,
  target: Target,
  bias?: (row: number) => number,
): void {
  const { data, offset, rowStride } = target;
  for (let column = 0; column < columns; column += PANEL_COLUMNS) {
    const width = Math.min(PANEL_COLUMNS, columns - column);
    for (let row = 0; row < rows; row += PANEL_ROWS) {
      multiplyPanel(a, row * depth, b, column * depth, depth);
      const height = Math.min(PANEL_ROWS, rows - row);
      for (let i = 0; i < height; i++) {
        const at = offset + (row + i) * rowStride + column;
        const extra = bias === undefined ? 0 : bias(row + i);
        for (let j = 0; j < width; j++) data[at + j] = block[i * PANEL_COLUMNS + j]! + extra;
      }
    }
  }
}

function multiplyRow(a: Matrix, row: number, b: Matrix, columns: number, depth: number, target: Target): void {
  const sums = new Float64Array(columns);
  const start = a.offset + row * a.rowStride;
  const step = b.columnStride;
  for (let k = 0; k < depth; k++) {
    const factor = a.data[start + k * a.columnStride]!;
    let read = b.offset + k * b.rowStride;
    for (let column = 0; column < columns; column++, read += step) sums[column]! += factor * b.data[read]!;
  }
  target.data.set(sums, target.offset + row * target.rowStride);
}

/** Matrix product of `rows` x `depth` with `depth` x `columns`; yields after each tile. */
export function* multiply(
  a: Matrix,
  b: Matrix,
  target: Target,
  rows: number,
  columns: number,
  depth: number,
): Generator<void, void> {
  if (rows < FEW_ROWS) {
    for (let row = 0; row < rows; row++) multiplyRow(a, row, b, columns, depth, target);
    yield;
    return;
  }
  const packedRows = packRows(a, rows, depth);
  const tile = tileColumns(depth, columns);
  const packed = newArrayLike(b.data, tile * depth);
  for (let from = 0; from < columns; from += tile) {
    const count = Math.min(tile, columns - from);
    packColumns(b, from, count, depth, packed);
    multiplyTile(packedRows, rows, packed, count, depth, { ...target, offset: target.offset + from });
    yield;
  }
}
