import type { Program } from "../tensor/types.ts";

/** Which nodes a run computes, and when it can forget what. */
export interface RunPlan {
  /** By node: some wanted node reads it, at some remove. */
  readonly needed: readonly boolean[];
  /** By node: the nodes that nothing reads any more once it is computed. */
  readonly drops: readonly (readonly number[] | undefined)[];
}

/** Plans a run that shall compute the nodes `wanted` and keep those of `kept` to its end. */
export function planRun(program: Program, wanted: readonly number[], kept: readonly number[]): RunPlan {
  const { nodes } = program;
  const needed = new Array<boolean>(nodes.length).fill(false);
  const lastRead = new Map<number, number>();
  for (const node of wanted) needed[node] = true;
  for (let index = nodes.length - 1; index >= 0; index--) {
    if (!needed[index]) continue;
    for (const { node } of nodes[index]?.operands ?? []) {
      needed[node] = true;
      // From the last node backwards: the first reader that is met is the last one to run.
      if (!lastRead.has(node)) lastRead.set(node, index);
    }
  }
  const keep = new Set(kept);
  const drops = new Array<number[] | undefined>(nodes.length).fill(undefined);
  for (const [index, isNeeded] of needed.entries()) {
    if (isNeeded && !keep.has(index)) (drops[lastRead.get(index) ?? index] ??= []).push(index);
  }
  return { needed, drops };
}
