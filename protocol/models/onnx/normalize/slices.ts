import type { Normalize, OnnxCall } from "./call.ts";
import { listOrInput } from "./shapes.ts";

/** A slice of one axis with its bounds brought into the axis, as NumPy does it. */
function resolve(dim: number, start: number, end: number, step: number): { start: number; size: number } {
  const clamp = (index: number, low: number, high: number): number =>
    Math.min(Math.max(index < 0 ? index + dim : index, low), high);
  if (step > 0) {
    const [from, to] = [clamp(start, 0, dim), clamp(end, 0, dim)];
    return { start: from, size: Math.max(Math.ceil((to - from) / step), 0) };
  }
  const [from, to] = [clamp(start, -1, dim - 1), clamp(end, -1, dim - 1)];
  return { start: from, size: Math.max(Math.ceil((to - from) / step), 0) };
}

const slice: Normalize = (call) => {
  const { dims } = call.info(0);
  const [from, to] = [listOrInput(call, "starts", 1), listOrInput(call, "ends", 2)];
  if (from === undefined || to === undefined) return call.fail("it has no bounds");
  const axes = (listOrInput(call, "axes", 3) ?? from.map((_, at) => at)).map((axis) => call.axis(axis, dims.length));
  const by = (call.has(4) ? call.list(4, "steps") : undefined) ?? from.map(() => 1);
  if (to.length !== from.length || axes.length !== from.length || by.length !== from.length || by.includes(0)) {
    call.fail("its starts, ends, axes and steps do not belong together");
  }
  const [starts, steps, sizes] = [dims.map(() => 0), dims.map(() => 1), [...dims]];
  for (const [at, axis] of axes.entries()) {
    const part = resolve(dims[axis]!, from[at]!, to[at]!, by[at]!);
    starts[axis] = part.size === 0 ? 0 : part.start;
    // A step beyond the axis is as good as any, and stays a small number.
    steps[axis] = part.size <= 1 ? 1 : by[at]!;
    sizes[axis] = part.size;
  }
  if (sizes.every((size, axis) => size === dims[axis] && steps[axis] === 1)) return [call.input(0)];
  return call.result("Slice", [call.input(0)], { starts, steps, sizes });
};

/** One part of an axis, with step 1. */
export function part(call: OnnxCall, value: string, axis: number, start: number, size: number): string {
  const { dims } = call.infoOf(value);
  return call.emit("Slice", [value], {
    starts: dims.map((_, at) => (at === axis ? start : 0)),
    steps: dims.map(() => 1),
    sizes: dims.map((dim, at) => (at === axis ? size : dim)),
  });
}

/** Split becomes one slice for each part. */
const split: Normalize = (call) => {
  const { dims } = call.info(0);
  const axis = call.axis(call.number("axis", 0), dims.length);
  const count = call.node.outputs.length;
  const dim = dims[axis]!;
  const whole = Math.ceil(dim / count);
  const equal = Array.from({ length: count }, (_, at) => Math.max(Math.min(whole, dim - at * whole), 0));
  const sizes = listOrInput(call, "split", 1) ?? equal;
  if (sizes.length !== count || sizes.reduce((sum, size) => sum + size, 0) !== dim || sizes.some((size) => size < 0)) {
    call.fail(`the parts [${sizes.join(", ")}] are not ${count} that make up ${dim}`);
  }
  let start = 0;
  return sizes.map((size) => {
    const value = part(call, call.input(0), axis, start, size);
    start += size;
    return value;
  });
};

export const SLICES: Readonly<Record<string, Normalize>> = { Slice: slice, Split: split };
