import { equalPieces } from "../../contraction/geometry.ts";
import type { Frame } from "./frame.ts";

/** Bytes that keep what a tile reads and adds up in a second-level cache. */
export const TILE = { slabBytes: 192 << 10, sumBytes: 128 << 10, rows: 4096 } as const;

/** Rows that gemm computes together; what is left over takes longer. */
const ROWS_AT_ONCE = 4;

/** Output positions that are computed together: some images, some lines of one, or some columns of one line. */
export interface Tile {
  readonly image: number;
  readonly images: number;
  readonly line: number;
  readonly column: number;
  /** First output row (pixel) and number of rows; they lie side by side in the output. */
  readonly first: number;
  readonly rows: number;
}

/** How a frame is cut into tiles, all of one shape but for shorter last ones. */
export interface Tiling {
  /** Lines and columns of one image's part of the slab, and its elements over `channels` channels. */
  readonly slabLines: number;
  readonly slabColumns: number;
  readonly imageElements: number;
  /** Elements of the slab of a whole tile. */
  readonly slabElements: number;
  /** Element of the slab at which every row's window begins; a shorter tile has the first of them. */
  readonly base: Uint32Array;
  readonly count: number;
  tile(index: number): Tile;
}

/** Cuts a frame so that a tile's slab and its rows keep their bounds, or as near to it as a single column comes. */
export function tilingOf(frame: Frame, channels: number, slabElements: number, mostRows: number): Tiling {
  const { images, outLines, outWidth, kernel, stride, dilation } = frame;
  const reach = (axis: 0 | 1, steps: number): number =>
    (steps - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1;
  const fits = (lines: number, columns: number): boolean =>
    reach(0, lines) * reach(1, columns) * channels <= slabElements && lines * columns <= mostRows;
  const columns = largest(outWidth, (count) => fits(1, count));
  const lines = columns < outWidth ? 1 : largest(outLines, (count) => fits(count, outWidth));
  const [slabLines, slabColumns] = [reach(0, lines), reach(1, columns)];
  const imageElements = slabLines * slabColumns * channels;
  const isWhole = columns === outWidth && lines === outLines;
  const room = Math.min(Math.floor(slabElements / imageElements), Math.floor(mostRows / (lines * columns)));
  const batch = isWhole ? equalPieces(images, Math.min(Math.max(room, 1), images)) : { size: 1, pieces: images };
  const [across, down] = [Math.ceil(outWidth / columns), Math.ceil(outLines / lines)];
  return {
    slabLines,
    slabColumns,
    imageElements,
    slabElements: batch.size * imageElements,
    base: baseOf(frame, channels, [batch.size, lines, columns], slabColumns, imageElements),
    count: batch.pieces * down * across,
    tile(index) {
      const column = (index % across) * columns;
      const line = (Math.floor(index / across) % down) * lines;
      const image = Math.floor(index / (across * down)) * batch.size;
      const count = Math.min(batch.size, images - image);
      const rows = count * Math.min(lines, outLines - line) * Math.min(columns, outWidth - column);
      return { image, images: count, line, column, first: (image * outLines + line) * outWidth + column, rows };
    },
  };
}

/** The size of equal pieces of `count` things that fit; at least one, and whole blocks of rows where that fits as well. */
function largest(count: number, fits: (size: number) => boolean): number {
  let [good, bad] = [1, count + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (fits(middle)) good = middle;
    else bad = middle;
  }
  const { size } = equalPieces(count, good);
  const whole = Math.ceil(size / ROWS_AT_ONCE) * ROWS_AT_ONCE;
  return whole <= good ? whole : size;
}

function baseOf(
  { stride }: Frame,
  channels: number,
  [images, lines, columns]: readonly [number, number, number],
  slabColumns: number,
  imageElements: number,
): Uint32Array {
  const base = new Uint32Array(images * lines * columns);
  let row = 0;
  for (let image = 0; image < images; image++) {
    for (let line = 0; line < lines; line++) {
      for (let column = 0; column < columns; column++, row++) {
        base[row] = image * imageElements + (line * stride[0] * slabColumns + column * stride[1]) * channels;
      }
    }
  }
  return base;
}
