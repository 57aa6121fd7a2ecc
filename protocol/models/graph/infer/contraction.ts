import { listOf, numberOf } from "../attributes.ts";
import { broadcastDims, sameDims } from "../dims.ts";
import type { ValueInfo } from "../types.ts";
import { FLOATS, type Infer, type InferNode, inputOf, requireAttribute, requireShapes, typedInput } from "./infer.ts";

/** Largest extent of a pool's window: it is walked through even where it lies on padding. */
const MAX_WINDOW = 4096;

/** Output extent of a window that slides over a padded axis. */
function slide(node: InferNode, size: number, window: number, stride: number, dilation: number, pads: number): number {
  requireAttribute(node, stride >= 1 && dilation >= 1 && window >= 1, "strides, dilations and windows are at least 1");
  const extent = Math.floor((size + pads - (window - 1) * dilation - 1) / stride) + 1;
  requireShapes(node, extent >= 0, "the window is larger than the padded input");
  return Math.max(extent, 0);
}

function spatial(node: InferNode, key: string, rank: number): readonly number[] {
  const list = listOf(node, key);
  requireAttribute(node, list.length === rank, `${key} has ${list.length} entries for ${rank} spatial dimensions`);
  return list;
}

/** Extents after a window of `kernel` has slid over `dims`, the spatial ones. */
export function windowed(node: InferNode, dims: readonly number[], kernel: readonly number[]): number[] {
  const rank = dims.length;
  const [strides, dilations] = [spatial(node, "strides", rank), spatial(node, "dilations", rank)];
  const pads = spatial(node, "pads", 2 * rank);
  return dims.map((dim, axis) =>
    slide(node, dim, kernel[axis]!, strides[axis]!, dilations[axis]!, pads[axis]! + pads[axis + rank]!),
  );
}

function requireSpatial(node: InferNode, x: ValueInfo): void {
  const isRight = x.dims.length === 3 || x.dims.length === 4;
  requireShapes(node, isRight, "the input needs a batch, channels and one or two spatial dimensions");
}

/** Shape of a convolution of `x` with `w`, whatever their types. */
export function convDims(node: InferNode, x: ValueInfo, w: ValueInfo): number[] {
  requireSpatial(node, x);
  const group = numberOf(node, "group");
  const [n, channels, ...size] = x.dims as [number, number, ...number[]];
  const [filters, perGroup, ...kernel] = w.dims as [number, number, ...number[]];
  const fits = group >= 1 && w.dims.length === x.dims.length && perGroup * group === channels && filters % group === 0;
  requireShapes(node, fits, `the weights do not fit the input in ${group} groups`);
  return [n, filters, ...windowed(node, size, kernel)];
}

function requireBias(node: InferNode, index: number, length: number): void {
  const bias = node.inputs[index];
  requireShapes(node, bias === undefined || sameDims(bias.dims, [length]), `the bias needs ${length} elements`);
}

const conv: Infer = (node) => {
  const x = typedInput(node, 0, ...FLOATS);
  const dims = convDims(node, x, typedInput(node, 1, x.type));
  requireBias(node, 2, dims[1]!);
  return [{ type: x.type, dims }];
};

const convTranspose: Infer = (node) => {
  const x = typedInput(node, 0, ...FLOATS);
  const w = typedInput(node, 1, x.type);
  requireSpatial(node, x);
  const group = numberOf(node, "group");
  const [n, channels, ...size] = x.dims as [number, number, ...number[]];
  const [from, perGroup, ...kernel] = w.dims as [number, number, ...number[]];
  const fits = w.dims.length === x.dims.length && from === channels && group >= 1 && channels % group === 0;
  requireShapes(node, fits, `the weights do not fit the input in ${group} groups`);
  const rank = size.length;
  const [strides, dilations] = [spatial(node, "strides", rank), spatial(node, "dilations", rank)];
  const [pads, extra] = [spatial(node, "pads", 2 * rank), spatial(node, "output_padding", rank)];
  const out = size.map(
    (dim, axis) =>
      (dim - 1) * strides[axis]! +
      (kernel[axis]! - 1) * dilations[axis]! +
      1 +
      extra[axis]! -
      pads[axis]! -
      pads[axis + rank]!,
  );
  requireShapes(
    node,
    out.every((dim) => dim >= 0),
    "the pads remove more than there is",
  );
  requireBias(node, 2, perGroup * group);
  return [{ type: x.type, dims: [n, perGroup * group, ...out] }];
};

/** Shape of a matrix product with NumPy's rules: vectors lose their axis, leading axes are broadcast. */
export function matmulDims(node: InferNode, a: readonly number[], b: readonly number[]): number[] {
  requireShapes(node, a.length >= 1 && b.length >= 1, "a scalar is not a matrix");
  const rows = a.length === 1 ? [] : [a.at(-2)!];
  const columns = b.length === 1 ? [] : [b.at(-1)!];
  const shared = b.length === 1 ? b[0] : b.at(-2);
  requireShapes(node, a.at(-1) === shared, "the matrices do not fit");
  const batch = broadcastDims(a.slice(0, -2), b.slice(0, -2));
  requireShapes(node, batch !== undefined, "the leading dimensions cannot be broadcast");
  return [...batch!, ...rows, ...columns];
}

const matmul: Infer = (node) => {
  const a = typedInput(node, 0, ...FLOATS, "i32");
  const b = typedInput(node, 1, a.type);
  return [{ type: a.type, dims: matmulDims(node, a.dims, b.dims) }];
};

const gemm: Infer = (node) => {
  const [a, b] = [typedInput(node, 0, ...FLOATS), inputOf(node, 1)];
  requireShapes(node, a.dims.length === 2 && b.dims.length === 2 && b.type === a.type, "Gemm takes two matrices");
  const dims = matmulDims(node, a.dims, b.dims);
  const c = node.inputs[2];
  const fits = c === undefined || sameDims(broadcastDims(c.dims, dims) ?? [], dims);
  requireShapes(node, fits, "the bias cannot be broadcast to the product");
  return [{ type: a.type, dims }];
};

const pool: Infer = (node) => {
  const x = typedInput(node, 0, ...FLOATS, "u8", "i8");
  requireSpatial(node, x);
  const [n, channels, ...size] = x.dims as [number, number, ...number[]];
  const kernel = spatial(node, "kernel_shape", size.length);
  requireAttribute(
    node,
    kernel.every((extent) => extent <= MAX_WINDOW),
    `a window is larger than ${MAX_WINDOW}`,
  );
  return [{ type: x.type, dims: [n, channels, ...windowed(node, size, kernel)] }];
};

export const CONTRACTION: Readonly<Record<string, Infer>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MatMul: matmul,
  Gemm: gemm,
  MaxPool: pool,
  AveragePool: pool,
};
