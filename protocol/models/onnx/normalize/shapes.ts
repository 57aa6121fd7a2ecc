import { elementCount } from "../../graph/dims.ts";
import { numbersOf, tensorFrom } from "../../graph/tensors.ts";
import type { GraphTensor } from "../../graph/types.ts";
import type { Normalize, OnnxCall } from "./call.ts";

function reshaped(call: OnnxCall, shape: readonly number[]): string[] {
  return call.result("Reshape", [call.input(0)], { shape });
}

const reshape: Normalize = (call) => {
  const { dims } = call.info(0);
  const wanted = call.list(1, "shape");
  const keepsZero = call.number("allowzero", 0) !== 0;
  const shape = wanted.map((dim, axis) => (dim === 0 && !keepsZero ? (dims[axis] ?? 0) : dim));
  const open = shape.indexOf(-1);
  if (open >= 0) {
    const known = shape.reduce((product, dim, axis) => (axis === open ? product : product * dim), 1);
    shape[open] = known === 0 ? 0 : elementCount(dims) / known;
  }
  return reshaped(call, shape);
};

const flatten: Normalize = (call) => {
  const { dims } = call.info(0);
  const axis = call.number("axis", 1);
  const at = axis < 0 ? axis + dims.length : axis;
  return reshaped(call, [elementCount(dims.slice(0, at)), elementCount(dims.slice(at))]);
};

/** Axes that were an attribute before version 13 and are an input since. */
function axesOf(call: OnnxCall): number[] | undefined {
  return call.has(1) ? call.list(1, "axes") : call.numbers("axes");
}

const squeeze: Normalize = (call) => {
  const { dims } = call.info(0);
  const axes = axesOf(call)?.map((axis) => call.axis(axis, dims.length));
  const isDropped = (dim: number, axis: number): boolean => (axes === undefined ? dim === 1 : axes.includes(axis));
  if (axes?.some((axis) => dims[axis] !== 1) === true) call.fail("an axis that is removed has more than one element");
  return reshaped(
    call,
    dims.filter((dim, axis) => !isDropped(dim, axis)),
  );
};

const unsqueeze: Normalize = (call) => {
  const { dims } = call.info(0);
  const axes = axesOf(call) ?? call.fail("it has no axes");
  const rank = dims.length + axes.length;
  const added = new Set(axes.map((axis) => call.axis(axis, rank)));
  if (added.size !== axes.length) call.fail("an axis is added twice");
  const rest = [...dims];
  return reshaped(
    call,
    Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.shift()!)),
  );
};

const shape: Normalize = (call) => {
  const { dims } = call.info(0);
  const part = dims.slice(call.number("start", 0), call.number("end", dims.length));
  return [call.literal("i64", [part.length], part)];
};

const size: Normalize = (call) => [call.literal("i64", [], [elementCount(call.info(0).dims)])];

const constant: Normalize = (call) => {
  const tensor = call.tensor("value");
  if (tensor !== undefined) return [call.put(tensor)];
  const { attributes } = call.node;
  for (const [key, type] of [
    ["value_float", "f32"],
    ["value_int", "i64"],
  ] as const) {
    if (attributes.has(key)) return [call.literal(type, [], [call.number(key, 0)])];
    const list = call.numbers(`${key}s`);
    if (list !== undefined) return [call.literal(type, [list.length], list)];
  }
  return call.fail("it has no value that is supported");
};

const constantOfShape: Normalize = (call) => {
  const dims = call.list(0, "extents");
  const value: GraphTensor = call.tensor("value") ?? tensorFrom("f32", [1], [0]);
  if (value.data.length !== 1) call.fail("its value is not one element");
  const one = call.put({ ...value, dims: [] });
  return dims.length === 0 ? [one] : call.result("Expand", [one], { shape: dims });
};

/** Most elements of a range: it has no inputs of its size that would bound it. */
const MAX_RANGE = 2 ** 24;

const range: Normalize = (call) => {
  const [start, limit, delta] = [0, 1, 2].map((index) => call.list(index, "bounds")[0] ?? 0) as [
    number,
    number,
    number,
  ];
  const count = Math.max(Math.ceil((limit - start) / delta), 0);
  if (!(count <= MAX_RANGE)) call.fail(`a range from ${start} to ${limit} in steps of ${delta} is too long`);
  const values = Array.from({ length: count }, (_, at) => start + at * delta);
  return [call.literal(call.info(0).type, [count], values)];
};

const expand: Normalize = (call) => {
  const { dims } = call.info(0);
  const wanted = call.list(1, "shape");
  const rank = Math.max(dims.length, wanted.length);
  const result = Array.from({ length: rank }, (_, axis) => {
    const [own, other] = [dims[axis - rank + dims.length] ?? 1, wanted[axis - rank + wanted.length] ?? 1];
    return own === 1 ? other : own;
  });
  const fits = wanted.every((dim, axis) => dim === 1 || dim === result[axis + rank - wanted.length]);
  if (!fits) call.fail(`[${dims.join(", ")}] cannot be expanded to [${wanted.join(", ")}]`);
  return call.result("Expand", [call.input(0)], { shape: result });
};

const tile: Normalize = (call) => call.result("Tile", [call.input(0)], { repeats: call.list(1, "repeats") });

const transpose: Normalize = (call) => {
  const { dims } = call.info(0);
  const perm = call.numbers("perm") ?? dims.map((_, axis) => dims.length - 1 - axis);
  if (perm.every((axis, at) => axis === at) && perm.length === dims.length) return [call.input(0)];
  return call.result("Transpose", [call.input(0)], { perm });
};

const concat: Normalize = (call) => {
  const { dims } = call.info(0);
  const axis = call.axis(call.number("axis", 0), dims.length);
  const inputs = call.inputs.filter((name) => name !== "");
  return inputs.length === 1 ? [call.input(0)] : call.result("Concat", inputs, { axis });
};

/** A gather of one constant index is a slice. */
function gatherOne(call: OnnxCall, axis: number, index: number): string[] {
  const { dims } = call.info(0);
  const at = call.axis(index, dims[axis]!);
  const slice = call.emit("Slice", [call.input(0)], {
    starts: dims.map((_, other) => (other === axis ? at : 0)),
    steps: dims.map(() => 1),
    sizes: dims.map((dim, other) => (other === axis ? 1 : dim)),
  });
  return call.result("Reshape", [slice], {
    shape: [...dims.slice(0, axis), ...call.info(1).dims, ...dims.slice(axis + 1)],
  });
}

const gather: Normalize = (call) => {
  const { dims } = call.info(0);
  const axis = call.axis(call.number("axis", 0), dims.length);
  const index = call.constant(1);
  if (call.node.op === "Gather" && index?.data.length === 1) return gatherOne(call, axis, Number(index.data[0]));
  return call.result(call.node.op, [call.input(0), call.input(1)], { axis });
};

const gatherNd: Normalize = (call) =>
  call.result("GatherND", [call.input(0), call.input(1)], { batch_dims: call.number("batch_dims", 0) });

/** Values of a constant that is given as an attribute in old versions and as an input in new ones. */
export function listOrInput(call: OnnxCall, key: string, index: number): number[] | undefined {
  if (call.has(index)) return call.list(index, key);
  return call.numbers(key);
}

const pad: Normalize = (call) => {
  const { dims, type } = call.info(0);
  const given = listOrInput(call, "pads", 1) ?? call.numbers("paddings") ?? call.fail("it has no pads");
  const axes = (call.has(3) ? call.list(3, "axes") : dims.map((_, axis) => axis)).map((axis) =>
    call.axis(axis, dims.length),
  );
  if (given.length !== 2 * axes.length) call.fail(`it has ${given.length} pads for ${axes.length} axes`);
  const pads = new Array<number>(2 * dims.length).fill(0);
  for (const [at, axis] of axes.entries()) {
    pads[axis] = given[at]!;
    pads[axis + dims.length] = given[at + axes.length]!;
  }
  const mode = call.text("mode", "constant");
  if (!["constant", "reflect", "edge", "wrap"].includes(mode)) call.fail(`there is no padding mode ${mode}`);
  const filler = call.constant(2);
  if (call.has(2) && filler === undefined) call.fail("its value depends on the model's inputs");
  const value = filler === undefined ? call.number("value", 0) : (numbersOf(filler)[0] ?? 0);
  if (pads.every((count) => count === 0)) return [call.input(0)];
  return call.result("Pad", [call.input(0)], { pads, mode, value: type === "i64" ? Math.trunc(value) : value });
};

const depthToSpace: Normalize = (call) => {
  const [n, c, h, w] = call.info(0).dims as [number, number, number, number];
  const block = call.number("blocksize", 1);
  const isColumnRow = call.text("mode", "DCR") === "CRD";
  const depth = c / (block * block);
  const split = isColumnRow ? [n, depth, block, block, h, w] : [n, block, block, depth, h, w];
  const perm = isColumnRow ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
  const parts = call.emit("Transpose", [call.reshape(call.input(0), split)], { perm });
  return call.result("Reshape", [parts], { shape: [n, depth, h * block, w * block] });
};

const spaceToDepth: Normalize = (call) => {
  const [n, c, h, w] = call.info(0).dims as [number, number, number, number];
  const block = call.number("blocksize", 1);
  const split = call.reshape(call.input(0), [n, c, h / block, block, w / block, block]);
  const parts = call.emit("Transpose", [split], { perm: [0, 3, 5, 1, 2, 4] });
  return call.result("Reshape", [parts], { shape: [n, c * block * block, h / block, w / block] });
};

export const SHAPES: Readonly<Record<string, Normalize>> = {
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Shape: shape,
  Size: size,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  Expand: expand,
  Tile: tile,
  Transpose: transpose,
  Concat: concat,
  Gather: gather,
  GatherElements: gather,
  GatherND: gatherNd,
  Pad: pad,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
