import type { Lowering } from "../lowering.ts";
import { arrange, inOrder, type Stored, stored } from "../stored.ts";

interface Block {
  readonly old: readonly number[];
  readonly made: readonly number[];
}

/** The finest split of both shapes into runs of axes with equal products; axes of extent 1 join any run. */
function blocksOf(from: readonly number[], to: readonly number[]): Block[] {
  const blocks: Block[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const block = { old: [] as number[], made: [] as number[] };
    let [left, right] = [1, 1];
    const takeOld = (): void => {
      left *= from[i]!;
      block.old.push(i++);
    };
    const takeMade = (): void => {
      right *= to[j]!;
      block.made.push(j++);
    };
    if (i < from.length) takeOld();
    if (j < to.length) takeMade();
    // Both shapes hold equally many elements, so whichever product is behind has an axis left.
    while (left !== right) {
      if (left < right) takeOld();
      else takeMade();
    }
    blocks.push(block);
  }
  return blocks;
}

/** Memory order of the new axes if no element has to move, or undefined. */
function keptOrder(x: Stored, dims: readonly number[]): number[] | undefined {
  const blocks = blocksOf(x.dims, dims);
  const memory = x.order.filter((axis) => x.dims[axis] !== 1);
  const order: number[] = [];
  for (let at = 0; at < memory.length;) {
    const block = blocks.find(({ old }) => old.includes(memory[at]!))!;
    const long = block.old.filter((axis) => x.dims[axis] !== 1);
    if (!long.every((axis, offset) => memory[at + offset] === axis)) return undefined;
    order.push(...block.made);
    at += long.length;
  }
  const rest = inOrder(dims.length).filter((axis) => !order.includes(axis));
  return [...rest, ...order];
}

/** The value with other extents; elements move only where their order in memory is not that of the graph. */
export function reshaped(ctx: Lowering, x: Stored, dims: readonly number[]): Stored {
  const order = keptOrder(x, dims);
  if (order !== undefined) return stored(x.value, x.encoding, dims, order);
  const plain = arrange(ctx.builder, x, inOrder(x.dims.length));
  return stored(plain.value, x.encoding, dims);
}
