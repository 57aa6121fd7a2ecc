import type { ProgramNode } from "../tensor/types.ts";
import type { Backend } from "./backend.ts";
import { estimateSeconds } from "./cost/work-classes.ts";
import { workOfNode } from "./cost/workload.ts";
import type { Constants, KernelSet, NodeRunner, ProgramKernels } from "./kernel-set.ts";

type Measured = Pick<Backend, "kernels" | "mode" | "rates">;

/** Kernels of two backends: every node is computed by the one that is faster at it, by the rates that were measured of both. */
export function fasterKernels(first: Measured, second: Measured): KernelSet {
  return () => {
    const [one, two] = [opened(first), opened(second)];
    return {
      prepare(node, constants) {
        const isFirst = seconds(first, node) <= seconds(second, node);
        const [faster, slower] = isFirst ? [one, two] : [two, one];
        const runner = faster.prepare(node, constants);
        if (runner === undefined) return slower.prepare(node, constants);
        return isDecided(node, constants) ? runner : either(runner, slower.prepare(node, constants));
      },
    };
  };
}

function seconds({ mode, rates }: Measured, node: ProgramNode): number {
  return estimateSeconds(workOfNode(node, mode), rates);
}

function opened({ kernels }: Measured): ProgramKernels {
  const sets = kernels.map((create) => create());
  return {
    prepare(node, constants) {
      for (const set of sets) {
        const runner = set.prepare(node, constants);
        if (runner !== undefined) return runner;
      }
      return undefined;
    },
  };
}

/** Whether a node that kernels have taken is computed by them for sure: weights that are computed may be beyond them. */
function isDecided(node: ProgramNode, constants: Constants): boolean {
  return (node.op !== "matmul" && node.op !== "conv2d") || constants[1] !== undefined;
}

function either(faster: NodeRunner, slower: NodeRunner | undefined): NodeRunner {
  return {
    run: async (operands, pause) => (await faster.run(operands, pause)) ?? (await slower?.run(operands, pause)),
  };
}
