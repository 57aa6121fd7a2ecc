import { numberOf } from "../attributes.ts";
import { FLOATS, type Infer, type InferNode, inputOf, requireAttribute, requireShapes, typedInput } from "./infer.ts";

/** Scale and zero point are one for all, or one for each position along the axis. */
function requireParameters(node: InferNode, dims: readonly number[]): void {
  const [scale, zero] = [inputOf(node, 1).dims, inputOf(node, 2).dims];
  const count = scale.reduce((product, dim) => product * dim, 1);
  const zeros = zero.reduce((product, dim) => product * dim, 1);
  const axis = numberOf(node, "axis");
  requireAttribute(node, Number.isInteger(axis) && axis >= 0, `axis ${axis} is out of range`);
  const fits = (length: number): boolean => length === 1 || length === dims[axis];
  requireShapes(node, fits(count) && (zeros === 1 || zeros === count), "scale and zero point do not fit the axis");
}

const quantize: Infer = (node) => {
  const { dims } = typedInput(node, 0, ...FLOATS, "i32");
  typedInput(node, 1, ...FLOATS);
  const { type } = typedInput(node, 2, "u8", "i8", "i16", "i32");
  requireParameters(node, dims);
  return [{ type, dims }];
};

const dequantize: Infer = (node) => {
  const { dims, type } = typedInput(node, 0, "u8", "i8", "i16", "i32");
  const scale = typedInput(node, 1, ...FLOATS);
  typedInput(node, 2, type);
  requireParameters(node, dims);
  return [{ type: scale.type, dims }];
};

export const QUANTIZATION: Readonly<Record<string, Infer>> = {
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
};
