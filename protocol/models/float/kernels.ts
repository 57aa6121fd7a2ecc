import { nodeError } from "../graph/model-error.ts";
import type { Kernel, KernelCall, Work } from "./kernel.ts";
import { BINARY } from "./ops/binary.ts";
import { CONV } from "./ops/conv.ts";
import { CONV_TRANSPOSE } from "./ops/conv-transpose.ts";
import { LAYOUT } from "./ops/layout.ts";
import { MATMUL } from "./ops/matmul.ts";
import { POOL } from "./ops/pool.ts";
import { QUANTIZATION } from "./ops/quantization.ts";
import { RECURRENT } from "./ops/recurrent.ts";
import { REDUCTION } from "./ops/reduction.ts";
import { RESIZE } from "./ops/resize.ts";
import { UNARY } from "./ops/unary.ts";
import type { GraphTensor } from "../graph/types.ts";

const KERNELS: ReadonlyMap<string, Kernel> = new Map(
  Object.entries({
    ...UNARY,
    ...BINARY,
    ...LAYOUT,
    ...REDUCTION,
    ...MATMUL,
    ...CONV,
    ...CONV_TRANSPOSE,
    ...POOL,
    ...RESIZE,
    ...RECURRENT,
    ...QUANTIZATION,
  }),
);

/** Computes a node in canonical form. Throws InvalidInputError for operators that the graph has not. */
export function runKernel(call: KernelCall): GraphTensor[] | Work {
  const kernel = KERNELS.get(call.op);
  if (kernel === undefined) throw nodeError(call, "the interpreter has no such operator");
  return kernel(call);
}
