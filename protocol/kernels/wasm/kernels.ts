import type { ProgramKernels } from "../kernel-set.ts";
import { prepareWasmContraction } from "./contraction/contraction.ts";
import { Workspace } from "./workspace.ts";

/** The WebAssembly kernels of one program, with a memory of their own. */
export function wasmKernels(): ProgramKernels {
  let workspace: Workspace | undefined;
  return {
    prepare(node, [, weights, table]) {
      if (node.op !== "matmul" && node.op !== "conv2d") return undefined;
      return table && prepareWasmContraction((workspace ??= new Workspace()), node, table, weights);
    },
  };
}
