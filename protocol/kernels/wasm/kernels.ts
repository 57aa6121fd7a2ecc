import type { ProgramNode, TypedData } from "../../tensor/types.ts";
import type { NodeRunner, ProgramKernels } from "../kernel-set.ts";
import { prepareWasmContraction } from "./contraction/contraction.ts";
import { takesContraction } from "./contraction/path.ts";
import { prepareArithmetic } from "./ops/arithmetic.ts";
import { prepareElements, prepareLookup } from "./ops/elements.ts";
import { preparePool } from "./ops/pool.ts";
import { prepareReduce } from "./ops/reduce.ts";
import { Workspace } from "./workspace.ts";

/** A memory of this size gets no more nodes: none can have more than 4 GiB. */
const FULL = 2 ** 30;

/** The WebAssembly kernels of one program, with a memory of their own, or several for many weights. */
export function wasmKernels(full = FULL): ProgramKernels {
  let workspace: Workspace | undefined;
  return {
    prepare(node, constants) {
      // Copied by plain JavaScript as fast: a view does nothing else.
      if (node.op === "view") return undefined;
      if (workspace === undefined || workspace.size >= full) workspace = new Workspace();
      return prepareNode(workspace, node, constants);
    },
  };
}

function prepareNode(
  workspace: Workspace,
  node: ProgramNode,
  [, second, table]: readonly (TypedData | undefined)[],
): NodeRunner | undefined {
  if (node.op === "matmul" || node.op === "conv2d") {
    return table && takesContraction(node) ? prepareWasmContraction(workspace, node, table, second) : undefined;
  }
  return (
    prepareArithmetic(workspace, node) ??
    prepareElements(workspace, node) ??
    prepareLookup(workspace, node, second) ??
    prepareReduce(workspace, node) ??
    preparePool(workspace, node)
  );
}
