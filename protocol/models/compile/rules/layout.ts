import { tensor } from "../../../tensor/shape.ts";
import type { GraphNode } from "../../graph/types.ts";
import { encode, encodeAll } from "../../quantize/encoding.ts";
import { listOf, numberOf, textOf } from "../attributes.ts";
import { constantNumbers } from "../model-scales.ts";
import type { Lowering } from "../lowering.ts";
import { realConstant } from "../read-weights.ts";
import { Refusal } from "../refusal.ts";
import {
  arrange,
  broadcast,
  fourDims,
  inOrder,
  memoryDims,
  product,
  type Stored,
  stored,
  strideOfAxes,
} from "../stored.ts";
import { stridedView } from "../strided-view.ts";
import { reshaped } from "./reshape.ts";
import type { Rule, Rules } from "./rule.ts";

const outputOf = (node: GraphNode): string => node.outputs[0] as string;
const inputOf = (node: GraphNode, ctx: Lowering): Stored => ctx.stored(node.inputs[0] as string);

const lowerReshape: Rule = (node, ctx) => {
  ctx.set(outputOf(node), reshaped(ctx, inputOf(node, ctx), ctx.dims(outputOf(node))));
  return "view, if elements move";
};

/** New axis i is old axis perm[i]: the elements stay where they are. */
export function transposed(x: Stored, perm: readonly number[]): Stored {
  return { ...x, dims: perm.map((axis) => x.dims[axis]!), order: x.order.map((axis) => perm.indexOf(axis)) };
}

const lowerTranspose: Rule = (node, ctx) => {
  ctx.set(outputOf(node), transposed(inputOf(node, ctx), listOf(node, "perm")));
  return "none needed: other names of the axes";
};

/** `sizes` elements of every axis from `starts` on, `steps` apart. */
export function sliced(
  ctx: Lowering,
  x: Stored,
  starts: readonly number[],
  sizes: readonly number[],
  steps: readonly number[],
): Stored {
  const strides = strideOfAxes(x);
  const offset = strides.reduce((sum, stride, axis) => sum + stride * starts[axis]!, 0);
  const axes = x.order.map((axis) => ({ extent: sizes[axis]!, stride: strides[axis]! * steps[axis]! }));
  const shape = fourDims(axes.map(({ extent }) => extent));
  return { ...x, dims: sizes, value: stridedView(ctx.builder, x.value, axes, shape, offset) };
}

const lowerSlice: Rule = (node, ctx) => {
  const x = inputOf(node, ctx);
  const ones = x.dims.map(() => 1);
  ctx.set(outputOf(node), sliced(ctx, x, listOf(node, "starts"), listOf(node, "sizes"), listOf(node, "steps", ones)));
  return "view";
};

/** Extents in memory around one axis, four in all, and where that axis lies. */
function around(x: Stored, axis: number): { shape: number[]; at: number } {
  const dims = memoryDims(x);
  const at = x.order.indexOf(axis);
  if (dims.length <= 4) {
    return { shape: [...new Array<number>(4 - dims.length).fill(1), ...dims], at: at + 4 - dims.length };
  }
  return { shape: [1, product(dims.slice(0, at)), dims[at]!, product(dims.slice(at + 1))], at: 2 };
}

/** Values with one encoding behind one another on an axis, in the memory order of the first. */
export function concatenated(ctx: Lowering, parts: readonly Stored[], axis: number): Stored {
  const [first] = parts as [Stored];
  const same = parts.map((part) => arrange(ctx.builder, part, first.order));
  const values = same.map((part) => {
    const { shape } = around(part, axis);
    return ctx.shaped(part.value, shape);
  });
  const value = ctx.builder.concat(values, around(first, axis).at);
  const extent = parts.reduce((sum, part) => sum + part.dims[axis]!, 0);
  return { ...first, value, dims: first.dims.map((old, at) => (at === axis ? extent : old)) };
}

const lowerConcat: Rule = (node, ctx) => {
  const output = outputOf(node);
  const encoding = ctx.encodings.of(output);
  const order = leadingOrder(node, ctx);
  const parts = node.inputs.map((name) => {
    const values = realConstant(ctx, name);
    const part = values === undefined ? ctx.storedAs(name, encoding) : ctx.storeReals(values, ctx.dims(name), encoding);
    return arrange(ctx.builder, part, order ?? part.order);
  });
  ctx.set(output, concatenated(ctx, parts, numberOf(node, "axis", 0)));
  return "views";
};

/** Memory order of the first input that is stored already. */
function leadingOrder(node: GraphNode, ctx: Lowering): readonly number[] | undefined {
  const computed = node.inputs.filter((name) => ctx.constantOf(name) === undefined);
  for (const name of computed) {
    const known = ctx.lowered(name);
    if (known.kind === "stored") return known.order;
    if (known.kind === "mapped") return known.source.order;
  }
  return undefined;
}

const lowerPad: Rule = (node, ctx) => {
  const [x, pads] = [inputOf(node, ctx), listOf(node, "pads")];
  const mode = textOf(node, "mode", "constant");
  const rank = x.dims.length;
  const [before, after] = [pads.slice(0, rank), pads.slice(rank)];
  const starts = before.map((count) => Math.max(0, -count));
  const kept = x.dims.map((extent, axis) => extent + Math.min(0, before[axis]!) + Math.min(0, after[axis]!));
  const cut = sliced(
    ctx,
    x,
    starts,
    kept,
    x.dims.map(() => 1),
  );
  const framed =
    mode === "constant"
      ? padded(ctx, cut, before, after, numberOf(node, "value", 0))
      : x.dims.reduce((part, _, axis) => bordered(ctx, part, axis, [before[axis]!, after[axis]!], mode), cut);
  ctx.set(outputOf(node), framed);
  return "views";
};

/** One axis continued on both sides by its own elements. */
function bordered(ctx: Lowering, x: Stored, axis: number, counts: readonly [number, number], mode: string): Stored {
  const [first, last] = [Math.max(0, counts[0]), Math.max(0, counts[1])];
  const extent = x.dims[axis]!;
  const strip = (start: number, size: number, step: number): Stored[] => {
    if (size === 0) return [];
    const only = (value: number, none: number): number[] => x.dims.map((_, at) => (at === axis ? value : none));
    const sizes = x.dims.map((old, at) => (at === axis ? size : old));
    return [sliced(ctx, x, only(start, 0), sizes, only(step, 1))];
  };
  if (first + last === 0) return x;
  const strips = {
    reflect: () => [strip(first, first, -1), strip(extent - 2, last, -1)],
    edge: () => [strip(0, first, 0), strip(extent - 1, last, 0)],
    wrap: () => [strip(extent - first, first, 1), strip(0, last, 1)],
  }[mode];
  if (strips === undefined) throw new Refusal(`it pads in mode ${mode}`, "pad with a constant");
  const [before, after] = strips() as [Stored[], Stored[]];
  return concatenated(ctx, [...before, x, ...after], axis);
}

/** The value in a frame of `fill`; negative counts are none. */
export function padded(
  ctx: Lowering,
  x: Stored,
  before: readonly number[],
  after: readonly number[],
  fill: number,
): Stored {
  let framed = x;
  const value = encode(fill, x.encoding);
  const counts = (list: readonly number[]): number[] => list.map((count) => Math.max(0, count));
  const [first, last] = [counts(before), counts(after)];
  const dims = x.dims.map((extent, axis) => extent + first[axis]! + last[axis]!);
  if (x.dims.length <= 4) {
    const lead = 4 - x.dims.length;
    const inMemory = (list: readonly number[]): number[] => [
      ...new Array<number>(lead).fill(0),
      ...x.order.map((axis) => list[axis]!),
    ];
    if ([...first, ...last].every((count) => count === 0)) return x;
    const shape = [...new Array<number>(lead).fill(1), ...memoryDims(x)];
    return { ...x, value: ctx.builder.pad(ctx.shaped(x.value, shape), inMemory(first), inMemory(last), value), dims };
  }
  for (const axis of inOrder(x.dims.length)) {
    if (first[axis] === 0 && last[axis] === 0) continue;
    const { shape, at } = around(framed, axis);
    const one = (count: number): number[] => shape.map((_, index) => (index === at ? count : 0));
    const shaped = ctx.shaped(framed.value, shape);
    const wider = ctx.builder.pad(shaped, one(first[axis]!), one(last[axis]!), value);
    framed = {
      ...framed,
      value: wider,
      dims: framed.dims.map((extent, other) => (other === axis ? dims[axis]! : extent)),
    };
  }
  return framed;
}

const lowerExpand: Rule = (node, ctx) => {
  const [x, dims] = [inputOf(node, ctx), ctx.dims(outputOf(node))];
  const before = dims.length - x.dims.length;
  const order = [...inOrder(before), ...x.order.map((axis) => axis + before)];
  ctx.set(outputOf(node), broadcast(ctx.builder, x, dims, order));
  return "view";
};

const lowerTile: Rule = (node, ctx) => {
  const [x, repeats] = [inputOf(node, ctx), listOf(node, "repeats")];
  const strides = strideOfAxes(x);
  const axes = x.order.flatMap((axis) => [
    { extent: repeats[axis]!, stride: 0 },
    { extent: x.dims[axis]!, stride: strides[axis]! },
  ]);
  const dims = x.dims.map((extent, axis) => extent * repeats[axis]!);
  const shape = fourDims(x.order.map((axis) => dims[axis]!));
  ctx.set(outputOf(node), { ...x, dims, value: stridedView(ctx.builder, x.value, axes, shape) });
  return "view";
};

const lowerGather: Rule = (node, ctx) => {
  const [dataName, indexName] = node.inputs as [string, string];
  const axis = numberOf(node, "axis", 0);
  const indices = constantNumbers(ctx.graph, indexName);
  if (indices === undefined) return lowerEmbedding(node, ctx, axis);
  const x = inputOf(node, ctx);
  const extent = ctx.dims(dataName)[axis]!;
  const places = Array.from(indices, (index) => (index < 0 ? index + extent : index));
  const step = places.length > 1 ? places[1]! - places[0]! : 1;
  const taken = places.every((place, at) => place === places[0]! + at * step)
    ? sliced(
        ctx,
        x,
        x.dims.map((_, at) => (at === axis ? places[0]! : 0)),
        x.dims.map((size, at) => (at === axis ? places.length : size)),
        x.dims.map((_, at) => (at === axis ? step : 1)),
      )
    : concatenated(
        ctx,
        places.map((place) => one(ctx, x, axis, place)),
        axis,
      );
  ctx.set(outputOf(node), reshaped(ctx, taken, ctx.dims(outputOf(node))));
  return "view";
};

function one(ctx: Lowering, x: Stored, axis: number, place: number): Stored {
  const at = (value: number, others: readonly number[] | number): number[] =>
    x.dims.map((_, other) => (other === axis ? value : typeof others === "number" ? others : others[other]!));
  return sliced(ctx, x, at(place, 0), at(1, x.dims), at(1, 1));
}

/** Rows of a constant table by computed indices: a lookup with a column for each element of a row. */
function lowerEmbedding(node: GraphNode, ctx: Lowering, axis: number): string {
  const [dataName, indexName] = node.inputs as [string, string];
  const data = realConstant(ctx, dataName);
  const dims = ctx.dims(dataName);
  if (data === undefined || axis !== 0 || dims.length !== 2) {
    throw new Refusal("it gathers by computed indices from something else than the rows of a constant matrix");
  }
  const output = outputOf(node);
  const encoding = ctx.encodings.of(output);
  const table = ctx.constant(tensor(encoding.dtype, dims, encodeAll(data, encoding)));
  const indices = ctx.stored(indexName);
  const plain = arrange(ctx.builder, indices, inOrder(indices.dims.length));
  const flat = ctx.builder.reshape(plain.value, [1, 1, product(indices.dims)]);
  ctx.set(output, stored(ctx.builder.lookup(flat, table, 0), encoding, ctx.dims(output)));
  return "lookup";
}

export const LAYOUT_RULES: Rules = {
  Reshape: lowerReshape,
  Transpose: lowerTranspose,
  Slice: lowerSlice,
  Concat: lowerConcat,
  Pad: lowerPad,
  Expand: lowerExpand,
  Tile: lowerTile,
  Gather: lowerGather,
};
