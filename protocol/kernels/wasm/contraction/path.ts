import { operandAt } from "../../../tensor/ops/operator.ts";
import type { ProgramNode } from "../../../tensor/types.ts";
import { frameOf, matricesOf, type Frame } from "./frame.ts";
import type { Segments } from "./pieces.ts";
import { chunkColumns, sumsPerRow, type Path } from "./plan.ts";
import { segmentsOf } from "./pieces.ts";
import { TILE, tilingOf, type Tiling } from "./tiles.ts";

/** Groups of fewer output channels than a panel has leave more of it empty than channels one by one cost. */
const NARROW_GROUP = 8;

/** Every matrix of a batched product has a layout of its own in JavaScript, which is most of its memory where matrices are small. */
const MOST_MATRICES = 256;
/** Slabs hold the gaps of a dilated kernel too: so many times its taps at most. */
const MOST_GAPS = 64;

/** Whether these kernels compute a contraction; what they would need far more memory or time for than its sums are worth is left to plain JavaScript. */
export function takesContraction(node: ProgramNode): boolean {
  const { kernel, dilation } = frameOf(node);
  const extents = kernel.map((taps, axis) => (dilation[axis] as number) * (taps - 1) + 1);
  const [area, taps] = [extents, kernel].map(([high, wide]) => high * wide);
  return matricesOf(node) <= MOST_MATRICES && (area as number) <= MOST_GAPS * (taps as number);
}

/** How a contraction is computed; decided by its types and shape alone. */
export function pathOf(node: ProgramNode): Path {
  const [x, w] = [operandAt(node, 0), operandAt(node, 1)];
  if (x.dtype === "i32" || w.dtype === "i32") return "wide";
  const { groups, outputs } = frameOf(node);
  return groups > 1 && outputs / groups < NARROW_GROUP ? "channels" : "panels";
}

/** Where a tile's inputs stand. */
export interface Slab {
  readonly tiling: Tiling;
  readonly elementBytes: 2 | 4;
  /** Whether inputs are copied so that every output channel has its own: one plane for each input channel of a group. */
  readonly spread: boolean;
  readonly planes: number;
  readonly planeElements: number;
  readonly segments: Segments;
}

export function slabOf(path: Path, frame: Frame): Slab {
  const { groups, inputs, outputs } = frame;
  const elementBytes = path === "wide" ? 4 : 2;
  const spread = path === "channels" && (inputs > groups || outputs > groups);
  const planes = spread ? inputs / groups : 1;
  const channels = spread ? outputs : inputs;
  const sumBytes = sumsPerRow(chunkColumns(path, frame)) * (path === "wide" ? 8 : 4);
  const mostRows = Math.max(Math.min(Math.floor(TILE.sumBytes / sumBytes), TILE.rows), 1);
  const tiling = tilingOf(frame, channels, Math.floor(TILE.slabBytes / elementBytes / planes), mostRows);
  const taps = segmentsOf({ ...frame, inputs: channels, groups: 2 }, tiling).offsets;
  const offsets = Array.from({ length: planes }, (_, c) => c * tiling.slabElements);
  const segments = { offsets: taps.flatMap((tap) => offsets.map((plane) => plane + tap)), terms: 1 };
  return { tiling, elementBytes, spread, planes, planeElements: tiling.slabElements, segments };
}
