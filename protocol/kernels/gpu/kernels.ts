import { prepareContraction } from "../contraction/contraction.ts";
import type { ProgramKernels } from "../kernel-set.ts";
import type { Device } from "./device.ts";

/** Contractions on a device of gpu.js. */
export function gpuKernels(device: Device): ProgramKernels {
  return {
    prepare(node, [, weights, table]) {
      if (node.op !== "matmul" && node.op !== "conv2d") return undefined;
      return table && prepareContraction(device, node, table, weights);
    },
  };
}
