import { numberOf } from "../../graph/attributes.ts";
import { elementCount } from "../../graph/dims.ts";
import { inputTensor, type Kernel, type KernelCall, newOutput, numbers } from "../kernel.ts";
import { roundHalfEven } from "./unary.ts";

const LIMITS: Readonly<Record<string, readonly [low: number, high: number]>> = {
  u8: [0, 255],
  i8: [-128, 127],
  i16: [-32_768, 32_767],
  i32: [-(2 ** 31), 2 ** 31 - 1],
};

/** Calls `visit` for every element with its position in the lists of scales and zero points. */
function eachElement(call: KernelCall, visit: (element: number, scale: number, zero: number) => void): void {
  const { dims } = inputTensor(call, 0);
  const [scales, zeros] = [inputTensor(call, 1).data.length, inputTensor(call, 2).data.length];
  const axis = numberOf(call, "axis");
  const inner = elementCount(dims.slice(axis + 1));
  const channels = dims[axis] ?? 1;
  const count = elementCount(dims);
  for (let element = 0; element < count; element++) {
    const channel = Math.floor(element / inner) % channels;
    visit(element, scales === 1 ? 0 : channel, zeros === 1 ? 0 : channel);
  }
}

const quantize: Kernel = (call) => {
  const [x, scales, zeros] = [0, 1, 2].map((index) => numbers(call, inputTensor(call, index))) as [
    Float32Array,
    Float32Array,
    Int32Array,
  ];
  const output = newOutput(call);
  const out = output.data as Int32Array;
  const [low, high] = LIMITS[output.type]!;
  eachElement(call, (element, scale, zero) => {
    const level = roundHalfEven(Math.fround(x[element]! / scales[scale]!)) + zeros[zero]!;
    out[element] = Math.min(Math.max(level, low), high);
  });
  return [output];
};

const dequantize: Kernel = (call) => {
  const [x, scales, zeros] = [0, 1, 2].map((index) => numbers(call, inputTensor(call, index))) as [
    Int32Array,
    Float32Array,
    Int32Array,
  ];
  const output = newOutput(call);
  const out = output.data as Float32Array;
  eachElement(call, (element, scale, zero) => {
    out[element] = (x[element]! - zeros[zero]!) * scales[scale]!;
  });
  return [output];
};

export const QUANTIZATION: Readonly<Record<string, Kernel>> = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
};
