import { numbersOf } from "../../graph/tensors.ts";
import type { Normalize, OnnxCall } from "./call.ts";

const MODES = [
  "half_pixel",
  "pytorch_half_pixel",
  "asymmetric",
  "align_corners",
  "tf_half_pixel_for_nn",
  "half_pixel_symmetric",
];

/** A list for some of the axes, spread over all of them. */
function spread(call: OnnxCall, list: readonly number[], rank: number, otherwise: readonly number[]): number[] {
  const axes = call.numbers("axes")?.map((axis) => call.axis(axis, rank)) ?? otherwise.map((_, axis) => axis);
  if (list.length !== axes.length) call.fail(`it has ${list.length} factors or sizes for ${axes.length} axes`);
  const result = [...otherwise];
  for (const [at, axis] of axes.entries()) result[axis] = list[at]!;
  return result;
}

function emptyOrMissing(call: OnnxCall, index: number): boolean {
  return !call.has(index) || call.constant(index)?.data.length === 0;
}

/** Factors and resulting extents of every axis. */
function target(call: OnnxCall, scalesAt: number, sizesAt: number): { scales: number[]; sizes: number[] } {
  const { dims } = call.info(0);
  const rank = dims.length;
  if (emptyOrMissing(call, sizesAt)) {
    const given = call.has(scalesAt)
      ? call.list(scalesAt, "scales")
      : (call.numbers("scales") ?? call.fail("it has no scales"));
    const scales = spread(call, given, rank, new Array<number>(rank).fill(1));
    if (scales.some((scale) => !(scale > 0))) call.fail("a factor is not positive");
    // 32-bit factors such as 1.2 come a little too large or too small; the reference multiplies in 32 bits as well.
    return { scales, sizes: dims.map((dim, axis) => Math.floor(Math.fround(dim * scales[axis]!))) };
  }
  const sizes = spread(call, call.list(sizesAt, "sizes"), rank, dims);
  return { scales: sizes.map((size, axis) => size / dims[axis]!), sizes };
}

function emit(call: OnnxCall, scalesAt: number, sizesAt: number, coordinates: string, nearest: string): string[] {
  const mode = call.text("mode", "nearest");
  if (mode !== "nearest" && mode !== "linear") {
    call.fail(`mode ${mode} is not supported`, "use nearest or linear interpolation");
  }
  if (!MODES.includes(coordinates)) call.fail(`coordinate mode ${coordinates} is not supported`);
  return call.result("Resize", [call.input(0)], {
    ...target(call, scalesAt, sizesAt),
    mode,
    coordinate_transformation_mode: coordinates,
    nearest_mode: nearest,
  });
}

const resize: Normalize = (call) => {
  if (call.version < 11) {
    const scales = call.constant(1);
    const isSmaller = scales !== undefined && numbersOf(scales).some((scale) => scale < 1);
    return emit(call, 1, 2, "asymmetric", isSmaller ? "ceil" : "floor");
  }
  call.only("antialias", 0);
  call.only("keep_aspect_ratio_policy", "stretch");
  const coordinates = call.text("coordinate_transformation_mode", "half_pixel");
  return emit(call, 2, 3, coordinates, call.text("nearest_mode", "round_prefer_floor"));
};

const upsample: Normalize = (call) => emit(call, 1, 2, "asymmetric", "floor");

export const RESIZE: Readonly<Record<string, Normalize>> = { Resize: resize, Upsample: upsample };
