import type { WithAttributes } from "../graph/attributes.ts";
import { elementCount } from "../graph/dims.ts";
import { nodeError } from "../graph/model-error.ts";
import { allocate, tensorOf } from "../graph/tensors.ts";
import type { ArrayOf, GraphTensor, ValueInfo, ValueType } from "../graph/types.ts";

/** A node in canonical form with the values of its inputs and what its outputs must be. */
export interface KernelCall extends WithAttributes {
  readonly inputs: readonly (GraphTensor | undefined)[];
  readonly outputs: readonly ValueInfo[];
}

/** Long kernels yield between pieces of their work, so that whoever drives them can pause or stop. */
export type Work = Generator<void, GraphTensor[]>;

/** Computes a node's outputs. It may return an input's array, and never writes to one. */
export type Kernel = (call: KernelCall) => GraphTensor[] | Work;

/**
 * The arrays as kernels that only move elements see them: a move works on 64-bit integers as on numbers, so that all types share one
 * signature.
 */
export type Cells = Float32Array;

export function cellsOf(tensor: GraphTensor): Cells {
  return tensor.data as unknown as Cells;
}

/** An input that inference has seen to be there. */
export function inputTensor(call: KernelCall, index: number): GraphTensor {
  const tensor = call.inputs[index];
  if (tensor === undefined) throw nodeError(call, `input ${index} is missing`);
  return tensor;
}

/** A new tensor of zeros for an output. */
export function newOutput(call: KernelCall, index = 0): GraphTensor {
  const { type, dims } = call.outputs[index]!;
  return tensorOf(type, dims, allocate(type, elementCount(dims)));
}

/** Numbers to compute with; 64-bit integers are refused by those kernels that have no use for them. */
export function numbers(call: KernelCall, tensor: GraphTensor): Exclude<ArrayOf[ValueType], BigInt64Array> {
  if (tensor.type === "i64") throw nodeError(call, "64-bit integers cannot be computed with here");
  return tensor.data;
}

/** Drives a kernel to its end without a pause. */
export function finish(result: GraphTensor[] | Work): GraphTensor[] {
  if (Array.isArray(result)) return result;
  for (;;) {
    const step = result.next();
    if (step.done === true) return step.value;
  }
}
