import { numberOf } from "../../graph/attributes.ts";
import { type FloatArray, multiply } from "../gemm.ts";
import { inputTensor, type Kernel, type KernelCall, newOutput, type Work } from "../kernel.ts";
import { validRange, type Windows, windowsOf } from "../window.ts";

/** Positions of the input that are multiplied at once: bounds the memory for their contributions. */
const POSITIONS = 4096;

/**
 * Adds the contributions of the input positions [from, from + count) to the output. The windows are those of the convolution that this one
 * turns round: its `out` is the input here, its `size` the output.
 */
function scatter(
  contributions: FloatArray,
  from: number,
  count: number,
  windows: Windows,
  filters: number,
  sums: Float64Array,
): void {
  const { y: wy, x: wx } = windows;
  const plane = wy.size * wx.size;
  for (let filter = 0; filter < filters; filter++) {
    for (let ky = 0; ky < wy.kernel; ky++) {
      const [fromY, toY] = validRange(wy, ky);
      for (let kx = 0; kx < wx.kernel; kx++) {
        const [fromX, toX] = validRange(wx, kx);
        const read = ((filter * wy.kernel + ky) * wx.kernel + kx) * count;
        const base = filter * plane + (ky * wy.dilation - wy.pad) * wx.size + kx * wx.dilation - wx.pad;
        for (let at = 0; at < count; at++) {
          const row = Math.floor((from + at) / wx.out);
          const column = from + at - row * wx.out;
          if (row < fromY || row >= toY || column < fromX || column >= toX) continue;
          sums[base + row * wy.stride * wx.size + column * wx.stride]! += contributions[read + at]!;
        }
      }
    }
  }
}

function* convTranspose(call: KernelCall): Work {
  const [input, weights] = [inputTensor(call, 0), inputTensor(call, 1)];
  const output = newOutput(call);
  const bias = call.inputs[2]?.data as FloatArray | undefined;
  const group = numberOf(call, "group");
  const [x, w, out] = [input.data as FloatArray, weights.data as FloatArray, output.data as FloatArray];
  const windows = windowsOf(call, weights.dims.slice(2), output.dims.slice(2), input.dims.slice(2));
  const channels = input.dims[1]! / group;
  const filters = weights.dims[1]!;
  const positions = windows.y.out * windows.x.out;
  const plane = windows.y.size * windows.x.size;
  const taps = filters * windows.y.kernel * windows.x.kernel;
  const sums = new Float64Array(filters * plane);
  for (let block = 0; block < input.dims[0]! * group; block++) {
    const at = block % group;
    for (let filter = 0; filter < filters; filter++) {
      sums.fill(bias === undefined ? 0 : bias[at * filters + filter]!, filter * plane, (filter + 1) * plane);
    }
    for (let from = 0; from < positions; from += POSITIONS) {
      const count = Math.min(POSITIONS, positions - from);
      const contributions = new Float64Array(taps * count);
      yield* multiply(
        { data: w, offset: at * channels * taps, rowStride: 1, columnStride: taps },
        { data: x, offset: block * channels * positions + from, rowStride: positions, columnStride: 1 },
        { data: contributions, offset: 0, rowStride: count },
        taps,
        count,
        channels,
      );
      scatter(contributions, from, count, windows, filters, sums);
      yield;
    }
    out.set(sums, block * filters * plane);
  }
  return [output];
}

export const CONV_TRANSPOSE: Readonly<Record<string, Kernel>> = { ConvTranspose: convTranspose };
