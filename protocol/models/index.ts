export { createInterpreter, type Interpreter, type RunOptions } from "./float/interpreter.ts";
export { prune } from "./graph/prune.ts";
export * from "./graph/types.ts";
export type { OnnxOptions } from "./onnx/options.ts";
export { readOnnx } from "./onnx/read-onnx.ts";
export type { ExternalData } from "./onnx/read-tensor.ts";
