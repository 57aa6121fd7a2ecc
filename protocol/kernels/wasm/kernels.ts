import type { ProgramNode, TypedData } from "../../tensor/types.ts";
import type { NodeRunner, ProgramKernels } from "../kernel-set.ts";
import { prepareWasmContraction } from "./contraction/contraction.ts";
import { prepareArithmetic } from "./ops/arithmetic.ts";
import { prepareElements, prepareLookup } from "./ops/elements.ts";
import { preparePool } from "./ops/pool.ts";
import { prepareReduce } from "./ops/reduce.ts";
import { Workspace } from "./workspace.ts";

/** The WebAssembly kernels of one program, with a memory of their own. */
export function wasmKernels(): ProgramKernels {
  let workspace: Workspace | undefined;
  return {
    prepare(node, constants) {
      // Copied by plain JavaScript as fast: a view does nothing else.
      if (node.op === "view") return undefined;
      return prepareNode((workspace ??= new Workspace()), node, constants);
    },
  };
}

function prepareNode(
  workspace: Workspace,
  node: ProgramNode,
  [, second, table]: readonly (TypedData | undefined)[],
): NodeRunner | undefined {
  if (node.op === "matmul" || node.op === "conv2d") {
    return table && prepareWasmContraction(workspace, node, table, second);
  }
  return (
    prepareArithmetic(workspace, node) ??
    prepareElements(workspace, node) ??
    prepareLookup(workspace, node, second) ??
    prepareReduce(workspace, node) ??
    preparePool(workspace, node)
  );
}
