import type { TypedData } from "../../tensor/types.ts";
import { equalPieces, type Geometry, type Tile } from "./geometry.ts";
import { LIMITS } from "./limits.ts";

/** Geometry of `rows` rows of `terms` terms; undefined if not even one row fits a dispatch. */
export function matmulGeometry(rows: number, terms: number, channels: number, mostRows: number): Geometry | undefined {
  const most = Math.min(mostRows, Math.floor(LIMITS.slab / terms) - 1);
  if (most < 1) return undefined;
  const { size, pieces } = equalPieces(rows, most);
  const tile = (index: number): Tile => {
    const first = index * size;
    const count = Math.min(size, rows - first);
    return { first, rows: count, fill: (x, zp, slab) => center(x, first * terms, count * terms, zp, slab, 0) };
  };
  return {
    taps: Int32Array.from({ length: terms }, (_, k) => k),
    base: Float32Array.from({ length: size }, (_, m) => m * terms),
    groups: 1,
    groupStep: 0,
    groupChannels: channels,
    slab: size * terms,
    span: terms,
    tiles: Array.from({ length: pieces }, (_, index) => tile(index)),
  };
}

/** slab[to…] = x[from, from + count) − zeroPoint. */
export function center(
  x: TypedData,
  from: number,
  count: number,
  zeroPoint: number,
  slab: Float32Array,
  to: number,
): void {
  for (let i = 0; i < count; i++) slab[to + i] = (x[from + i] as number) - zeroPoint;
}
