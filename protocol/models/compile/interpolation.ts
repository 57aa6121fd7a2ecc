import type { GraphNode } from "../graph/types.ts";
import { numberOf, textOf } from "./attributes.ts";
import { Refusal } from "./refusal.ts";

/** Weights of the old positions for each new one: [to, from]. */
export type Interpolation = Float64Array;

/** Where the middle of a new position lies among the old ones, by ONNX's names. */
function coordinate(mode: string, at: number, from: number, to: number): number {
  const scale = to / from;
  switch (mode) {
    case "asymmetric":
      return at / scale;
    case "align_corners":
      return to === 1 ? 0 : (at * (from - 1)) / (to - 1);
    case "pytorch_half_pixel":
      return to === 1 ? 0 : (at + 0.5) / scale - 0.5;
    case "half_pixel":
    case "half_pixel_symmetric":
      return (at + 0.5) / scale - 0.5;
    default:
      throw new Refusal(`it resizes with coordinates ${mode}`);
  }
}

function nearest(mode: string, position: number): number {
  switch (mode) {
    case "floor":
      return Math.floor(position);
    case "ceil":
      return Math.ceil(position);
    case "round_prefer_ceil":
      return Math.floor(position + 0.5);
    case "round_prefer_floor":
      return Math.ceil(position - 0.5);
    default:
      throw new Refusal(`it resizes to the nearest by ${mode}`);
  }
}

const within = (at: number, extent: number): number => Math.min(Math.max(at, 0), extent - 1);

/** The old position that each new one copies, for a node of mode nearest. */
export function nearestPositions(node: GraphNode, from: number, to: number): number[] {
  const transform = textOf(node, "coordinate_transformation_mode", "half_pixel");
  const rounding = textOf(node, "nearest_mode", "round_prefer_floor");
  return Array.from({ length: to }, (_, at) => within(nearest(rounding, coordinate(transform, at, from, to)), from));
}

/** Linear interpolation along one axis, the border repeated. */
export function linearWeights(node: GraphNode, from: number, to: number): Interpolation {
  if (numberOf(node, "antialias", 0) !== 0 && to < from) throw new Refusal("it resizes with antialiasing");
  const transform = textOf(node, "coordinate_transformation_mode", "half_pixel");
  const weights = new Float64Array(to * from);
  for (let at = 0; at < to; at++) {
    const position = within(coordinate(transform, at, from, to), from);
    const low = Math.floor(position);
    const share = position - low;
    weights[at * from + low]! += 1 - share;
    if (share > 0) weights[at * from + within(low + 1, from)]! += share;
  }
  return weights;
}

/** Copies of old positions as weights. */
export function copyWeights(positions: readonly number[], from: number): Interpolation {
  const weights = new Float64Array(positions.length * from);
  for (const [at, position] of positions.entries()) weights[at * from + position] = 1;
  return weights;
}
