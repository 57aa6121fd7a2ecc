import { numberOf } from "../../graph/attributes.ts";
import { elementCount } from "../../graph/dims.ts";
import {
  type FloatArray,
  multiplyTile,
  newArrayLike,
  packRows,
  PANEL_COLUMNS,
  packColumns,
  tileColumns,
} from "../gemm.ts";
import { inputTensor, type KernelCall, newOutput, type Kernel, type Work } from "../kernel.ts";
import { validRange, type Windows, windowsOf } from "../window.ts";

/** Filters of a group below which the direct loop is faster than the matrix product: depthwise convolutions above all. */
const FEW_FILTERS = 3;

/** The extents of one convolution and the arrays that it works on. */
interface Conv {
  readonly x: FloatArray;
  readonly w: FloatArray;
  readonly bias: FloatArray | undefined;
  readonly out: FloatArray;
  readonly batch: number;
  readonly group: number;
  /** Channels and filters of one group. */
  readonly channels: number;
  readonly filters: number;
  readonly windows: Windows;
}

function* direct(conv: Conv): Generator<void, void> {
  const { x, w, out, group, channels, filters, windows } = conv;
  const { y: wy, x: wx } = windows;
  const [plane, outPlane, taps] = [wy.size * wx.size, wy.out * wx.out, wy.kernel * wx.kernel];
  const sums = new Float64Array(outPlane);
  for (let image = 0; image < conv.batch; image++) {
    for (let filter = 0; filter < group * filters; filter++) {
      sums.fill(conv.bias === undefined ? 0 : conv.bias[filter]!);
      const first = image * group * channels + Math.floor(filter / filters) * channels;
      for (let channel = 0; channel < channels; channel++) {
        addPlane(x, (first + channel) * plane, w, (filter * channels + channel) * taps, windows, sums);
      }
      out.set(sums, (image * group * filters + filter) * outPlane);
      yield;
    }
  }
}

/** Adds the convolution of one channel with one kernel. */
function addPlane(x: FloatArray, ix: number, w: FloatArray, iw: number, windows: Windows, sums: Float64Array): void {
  const { y: wy, x: wx } = windows;
  for (let ky = 0; ky < wy.kernel; ky++) {
    const [fromY, toY] = validRange(wy, ky);
    for (let kx = 0; kx < wx.kernel; kx++) {
      const factor = w[iw + ky * wx.kernel + kx]!;
      const [fromX, toX] = validRange(wx, kx);
      const shift = kx * wx.dilation - wx.pad;
      for (let oy = fromY; oy < toY; oy++) {
        const row = ix + (oy * wy.stride + ky * wy.dilation - wy.pad) * wx.size + shift;
        const write = oy * wx.out;
        for (let ox = fromX, read = row + fromX * wx.stride; ox < toX; ox++, read += wx.stride) {
          sums[write + ox]! += factor * x[read]!;
        }
      }
    }
  }
}

/** Packs the inputs under the windows of the positions [from, from + count) as columns of a matrix. */
function packWindows(conv: Conv, ix: number, from: number, count: number, packed: FloatArray): void {
  const { x, channels, windows } = conv;
  const { y: wy, x: wx } = windows;
  const depth = channels * wy.kernel * wx.kernel;
  const plane = wy.size * wx.size;
  const lanes = Math.ceil(count / PANEL_COLUMNS) * PANEL_COLUMNS;
  const tops = new Int32Array(lanes);
  const lefts = new Int32Array(lanes);
  for (let lane = 0; lane < lanes; lane++) {
    const position = Math.min(from + lane, from + count - 1);
    const row = Math.floor(position / wx.out);
    tops[lane] = row * wy.stride - wy.pad;
    lefts[lane] = (position - row * wx.out) * wx.stride - wx.pad;
  }
  let k = 0;
  for (let channel = 0; channel < channels; channel++) {
    const base = ix + channel * plane;
    for (let ky = 0; ky < wy.kernel; ky++) {
      for (let kx = 0; kx < wx.kernel; kx++, k++) {
        const [down, right] = [ky * wy.dilation, kx * wx.dilation];
        let write = k * PANEL_COLUMNS;
        for (let lane = 0; lane < lanes; lane++) {
          const row = tops[lane]! + down;
          const column = lefts[lane]! + right;
          const isInside = row >= 0 && row < wy.size && column >= 0 && column < wx.size;
          packed[write + (lane & 3)] = isInside ? x[base + row * wx.size + column]! : 0;
          if ((lane & 3) === 3) write += depth * PANEL_COLUMNS;
        }
      }
    }
  }
}

function isPointwise({ windows: { y, x } }: Conv): boolean {
  return [y, x].every(
    ({ kernel, stride, pad, size, out }) => kernel === 1 && stride === 1 && pad === 0 && size === out,
  );
}

function* byMatrix(conv: Conv): Generator<void, void> {
  const { x, w, out, bias, group, channels, filters, windows } = conv;
  const depth = channels * windows.y.kernel * windows.x.kernel;
  const [plane, outPlane] = [windows.y.size * windows.x.size, windows.y.out * windows.x.out];
  const tile = tileColumns(depth, outPlane);
  const packed = newArrayLike(x, tile * depth);
  const pointwise = isPointwise(conv);
  for (let at = 0; at < group; at++) {
    const rows = packRows({ data: w, offset: at * filters * depth, rowStride: depth, columnStride: 1 }, filters, depth);
    const biasOf = bias === undefined ? undefined : (row: number): number => bias[at * filters + row]!;
    for (let image = 0; image < conv.batch; image++) {
      const offset = (image * group + at) * channels * plane;
      const write = (image * group + at) * filters * outPlane;
      for (let from = 0; from < outPlane; from += tile) {
        const count = Math.min(tile, outPlane - from);
        if (pointwise) packColumns({ data: x, offset, rowStride: plane, columnStride: 1 }, from, count, depth, packed);
        else packWindows(conv, offset, from, count, packed);
        const target = { data: out, offset: write + from, rowStride: outPlane };
        multiplyTile(rows, filters, packed, count, depth, target, biasOf);
        yield;
      }
    }
  }
}

/** A convolution of arrays in NCHW and OIHW order; yields now and then. */
export function convolve(
  call: KernelCall,
  x: FloatArray,
  w: FloatArray,
  bias: FloatArray | undefined,
  out: FloatArray,
): Generator<void, void> {
  const [inputDims, weightDims, outDims] = [inputTensor(call, 0).dims, weightsOf(call).dims, call.outputs[0]!.dims];
  const group = numberOf(call, "group");
  const conv: Conv = {
    x,
    w,
    bias,
    out,
    batch: inputDims[0]!,
    group,
    channels: weightDims[1]!,
    filters: weightDims[0]! / group,
    windows: windowsOf(call, weightDims.slice(2), inputDims.slice(2), outDims.slice(2)),
  };
  return conv.filters < FEW_FILTERS ? direct(conv) : byMatrix(conv);
}

/** The weights are the second input; QLinearConv has the scale and the zero point of the first before them. */
function weightsOf(call: KernelCall): { dims: readonly number[] } {
  return inputTensor(call, call.op === "QLinearConv" ? 3 : 1);
}

function* conv(call: KernelCall): Work {
  const output = newOutput(call);
  const [x, w] = [inputTensor(call, 0).data as FloatArray, inputTensor(call, 1).data as FloatArray];
  if (output.data.length > 0) {
    yield* convolve(call, x, w, call.inputs[2]?.data as FloatArray | undefined, output.data as FloatArray);
  }
  return [output];
}

/** Number of products that a convolution sums up. */
export function convWork(call: Pick<KernelCall, "inputs" | "outputs">): number {
  return elementCount(call.outputs[0]!.dims) * elementCount(call.inputs[1]?.dims.slice(1) ?? []);
}

export const CONV: Readonly<Record<string, Kernel>> = { Conv: conv };
