import { listOf, textOf } from "../../graph/attributes.ts";
import { stridesOf } from "../../graph/dims.ts";
import { nodeError } from "../../graph/model-error.ts";
import { cellsOf, inputTensor, type Kernel, type KernelCall, newOutput, numbers } from "../kernel.ts";
import { gatherMapped } from "../strided.ts";

/** One axis: its extent before and after, and the factor between the two. */
interface Axis {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

/** Position on the input that belongs to position `x` of the output, in 32-bit floats as the reference computes it. */
function sourceOf(mode: string, x: number, { from, to, scale: exact }: Axis): number | undefined {
  const scale = Math.fround(exact);
  const half = Math.fround(Math.fround((x + 0.5) / scale) - 0.5);
  switch (mode) {
    case "half_pixel":
      return half;
    case "pytorch_half_pixel":
      return to > 1 ? half : 0;
    case "asymmetric":
      return Math.fround(x / exact);
    case "align_corners":
      return to === 1 ? 0 : Math.fround((x * (from - 1)) / (to - 1));
    case "tf_half_pixel_for_nn":
      return Math.fround((x + 0.5) / scale);
    case "half_pixel_symmetric": {
      const adjustment = to / (scale * from);
      return Math.fround((from / 2) * (1 - adjustment) + half);
    }
    default:
      return undefined;
  }
}

function nearest(mode: string, x: number): number {
  switch (mode) {
    case "floor":
      return Math.floor(x);
    case "ceil":
      return Math.ceil(x);
    case "round_prefer_ceil":
      return Math.floor(x + 0.5);
    default:
      return Math.ceil(x - 0.5);
  }
}

function axesOf(call: KernelCall): Axis[] {
  const scales = listOf(call, "scales");
  const { dims } = inputTensor(call, 0);
  return call.outputs[0]!.dims.map((to, axis) => ({ from: dims[axis]!, to, scale: scales[axis]! }));
}

/** Positions on the input for all positions of an axis, within its extent. */
function positionsOf(call: KernelCall, axis: Axis, round: (x: number) => number): Float64Array {
  const mode = textOf(call, "coordinate_transformation_mode");
  return Float64Array.from({ length: axis.to }, (_, x) => {
    const position = axis.from === axis.to && axis.scale === 1 ? x : sourceOf(mode, x, axis);
    if (position === undefined) throw nodeError(call, `coordinate mode ${mode} is not supported`);
    return Math.min(Math.max(round(position), 0), axis.from - 1);
  });
}

/** Interpolates along one axis. */
function interpolate(
  source: Float64Array,
  dims: readonly number[],
  axis: number,
  positions: Float64Array,
): Float64Array {
  const outDims = dims.map((dim, at) => (at === axis ? positions.length : dim));
  const inner = stridesOf(dims)[axis]!;
  const outer = outDims.slice(0, axis).reduce((product, dim) => product * dim, 1);
  const target = new Float64Array(outer * positions.length * inner);
  for (let block = 0; block < outer; block++) {
    for (let x = 0; x < positions.length; x++) {
      const low = Math.floor(positions[x]!);
      const weight = positions[x]! - low;
      const lower = (block * dims[axis]! + low) * inner;
      const upper = low + 1 < dims[axis]! ? lower + inner : lower;
      const write = (block * positions.length + x) * inner;
      for (let i = 0; i < inner; i++) {
        target[write + i] = source[lower + i]! * (1 - weight) + source[upper + i]! * weight;
      }
    }
  }
  return target;
}

const resize: Kernel = (call) => {
  const x = inputTensor(call, 0);
  const output = newOutput(call);
  const axes = axesOf(call);
  if (textOf(call, "mode") === "nearest") {
    const rule = textOf(call, "nearest_mode");
    const maps = axes.map((axis) => Int32Array.from(positionsOf(call, axis, (position) => nearest(rule, position))));
    gatherMapped(cellsOf(x), x.dims, maps, cellsOf(output));
    return [output];
  }
  let values: Float64Array = Float64Array.from(numbers(call, x));
  const dims = [...x.dims];
  for (const [at, axis] of axes.entries()) {
    if (axis.from === axis.to && axis.scale === 1) continue;
    values = interpolate(
      values,
      dims,
      at,
      positionsOf(call, axis, (position) => position),
    );
    dims[at] = axis.to;
  }
  (output.data as Float32Array).set(values);
  return [output];
};

export const RESIZE: Readonly<Record<string, Kernel>> = { Resize: resize };
