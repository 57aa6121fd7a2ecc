import type { Batch } from "./layer.ts";

export interface Geometry {
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
  readonly inputs: number;
}

type Shape = Omit<Batch, "data">;

export function outputExtents(input: Shape, { kernel, stride, pad }: Geometry): { h: number; w: number } {
  const extent = (size: number): number => Math.floor((size + 2 * pad - kernel) / stride) + 1;
  return { h: extent(input.h), w: extent(input.w) };
}

/** Lays the taps of every output position side by side: float32 [n·h·w of the output, kernel·kernel·channels]. */
export function imageToColumns(input: Batch, geometry: Geometry): Float32Array {
  const columns = new Float32Array(columnsLength(input, geometry));
  forEachTapRow(input, geometry, (image, column, length) => {
    for (let i = 0; i < length; i++) columns[column + i] = input.data[image + i]!;
  });
  return columns;
}

/** The transpose of `imageToColumns`: adds every tap back onto the input element that it was read from. */
export function columnsToImage(columns: Float32Array, shape: Shape, geometry: Geometry): Batch {
  const data = new Float32Array(shape.n * shape.h * shape.w * shape.c);
  forEachTapRow(shape, geometry, (image, column, length) => {
    for (let i = 0; i < length; i++) data[image + i] = data[image + i]! + columns[column + i]!;
  });
  return { ...shape, data };
}

function columnsLength(shape: Shape, geometry: Geometry): number {
  const { h, w } = outputExtents(shape, geometry);
  return shape.n * h * w * geometry.kernel * geometry.kernel * shape.c;
}

/** Visits the contiguous runs that one kernel row shares between image and columns; padded taps stay untouched. */
function forEachTapRow(
  shape: Shape,
  geometry: Geometry,
  visit: (imageStart: number, columnStart: number, length: number) => void,
): void {
  const { kernel, stride, pad } = geometry;
  const { h, w } = outputExtents(shape, geometry);
  let column = 0;
  for (let n = 0; n < shape.n; n++) {
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const left = x * stride - pad;
        const skipped = Math.max(0, -left);
        const taps = Math.min(kernel, shape.w - left) - skipped;
        for (let row = 0; row < kernel; row++, column += kernel * shape.c) {
          const inputY = y * stride - pad + row;
          if (inputY < 0 || inputY >= shape.h) continue;
          const image = ((n * shape.h + inputY) * shape.w + left + skipped) * shape.c;
          visit(image, column + skipped * shape.c, taps * shape.c);
        }
      }
    }
  }
}
