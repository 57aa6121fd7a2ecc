import { listOf, numberOf } from "../../graph/attributes.ts";
import { inputTensor, type Kernel, type KernelCall, newOutput, numbers } from "../kernel.ts";
import { validRange, windowsOf } from "../window.ts";

/** Calls `visit` for every pair of an input element and an output element whose window it lies under. */
function eachTap(call: KernelCall, visit: (from: number, to: number) => void): void {
  const { dims } = inputTensor(call, 0);
  const out = call.outputs[0]!.dims;
  const { y: wy, x: wx } = windowsOf(call, listOf(call, "kernel_shape"), dims.slice(2), out.slice(2));
  const planes = dims[0]! * dims[1]!;
  for (let ky = 0; ky < wy.kernel; ky++) {
    const [fromY, toY] = validRange(wy, ky);
    for (let kx = 0; kx < wx.kernel; kx++) {
      const [fromX, toX] = validRange(wx, kx);
      for (let plane = 0; plane < planes; plane++) {
        for (let oy = fromY; oy < toY; oy++) {
          const row = (plane * wy.size + oy * wy.stride + ky * wy.dilation - wy.pad) * wx.size;
          const write = (plane * wy.out + oy) * wx.out;
          const shift = row + kx * wx.dilation - wx.pad;
          for (let ox = fromX; ox < toX; ox++) visit(shift + ox * wx.stride, write + ox);
        }
      }
    }
  }
}

const maxPool: Kernel = (call) => {
  const x = numbers(call, inputTensor(call, 0));
  const output = newOutput(call);
  const out = output.data as Float32Array;
  out.fill(output.type === "u8" ? 0 : output.type === "i8" ? -128 : -Infinity);
  eachTap(call, (from, to) => {
    const value = x[from]!;
    if (!(value <= out[to]!)) out[to] = value;
  });
  return [output];
};

/** How many elements each window averages over: those on the input, or on the padded input. */
function windowCounts(call: KernelCall): Float64Array {
  const { dims } = inputTensor(call, 0);
  const out = call.outputs[0]!.dims;
  const { y, x } = windowsOf(call, listOf(call, "kernel_shape"), dims.slice(2), out.slice(2));
  const isPadCounted = numberOf(call, "count_include_pad") !== 0;
  const overhang = listOf(call, "overhang");
  const ends = listOf(call, "pads")
    .slice(dims.length - 2)
    .map((pad, axis) => pad - overhang[axis]!);
  const [endY, endX] = ends.length === 1 ? [0, ends[0]!] : (ends as [number, number]);
  const countsOf = ({ kernel, stride, dilation, pad, size, out: extent }: typeof y, end: number): number[] =>
    Array.from({ length: extent }, (_, at) => {
      let count = 0;
      for (let tap = 0; tap < kernel; tap++) {
        const position = at * stride + tap * dilation - pad;
        // Positions behind the model's own padding appear where the extent was rounded up; they never count.
        if (isPadCounted ? position < size + end : position >= 0 && position < size) count++;
      }
      return count;
    });
  const columns = countsOf(x, endX);
  return Float64Array.from(countsOf(y, endY).flatMap((rows) => columns.map((count) => rows * count)));
}

const averagePool: Kernel = (call) => {
  const x = numbers(call, inputTensor(call, 0));
  const output = newOutput(call);
  const sums = new Float64Array(output.data.length);
  eachTap(call, (from, to) => (sums[to]! += x[from]!));
  const counts = windowCounts(call);
  const out = output.data as Float32Array;
  for (let i = 0; i < sums.length; i++) out[i] = sums[i]! / counts[i % counts.length]!;
  return [output];
};

export const POOL: Readonly<Record<string, Kernel>> = { MaxPool: maxPool, AveragePool: averagePool };
