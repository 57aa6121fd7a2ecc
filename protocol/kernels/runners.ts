import type { Program, ProgramNode, Tensor } from "../tensor/types.ts";
import type { Backend } from "./backend.ts";
import { fusablePairs } from "./fusion.ts";
import type { Constants, NodeRunner } from "./kernel-set.ts";

/** A node that is computed together with the one that reads it. */
export interface FusedRunner {
  readonly runner: NodeRunner;
  /** The node whose output the runner gives. */
  readonly follower: number;
}

/** How a program's nodes are computed. */
export interface Runners {
  /** By node: the ways to compute it, the fastest first; plain JavaScript is left where none does. */
  readonly single: Map<number, readonly NodeRunner[]>;
  /** By first node of a pair. */
  readonly fused: Map<number, FusedRunner>;
}

/** Prepares all nodes of a program; `fixed` holds its constants by node. */
export function prepareRunners(program: Program, fixed: ReadonlyMap<number, Tensor>, backend: Backend): Runners {
  const sets = backend.kernels.map((create) => create());
  const pairs = fusablePairs(program);
  const single = new Map<number, readonly NodeRunner[]>();
  const fused = new Map<number, FusedRunner>();
  const constantsOf = (node: ProgramNode): Constants => node.operands.map((operand) => fixed.get(operand.node)?.data);
  for (const [index, node] of program.nodes.entries()) {
    if (node.op === "input" || node.op === "constant") continue;
    const prepared = sets.map((kernels) => kernels.prepare(node, constantsOf(node)));
    const runners = prepared.filter((runner) => runner !== undefined);
    single.set(index, runners);
    const follower = pairs.get(index);
    if (follower === undefined) continue;
    const second = program.nodes[follower] as ProgramNode;
    const runner = runners[0]?.followedBy?.(second, constantsOf(second));
    if (runner !== undefined) fused.set(index, { runner, follower });
  }
  return { single, fused };
}
