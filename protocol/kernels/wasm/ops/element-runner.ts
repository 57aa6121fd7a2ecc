import { allocate, dtypeBytes } from "../../../tensor/dtype.ts";
import { elementCount } from "../../../tensor/shape.ts";
import type { ProgramNode, Tensor } from "../../../tensor/types.ts";
import type { NodeRunner } from "../../kernel-set.ts";
import { inSlices } from "../../pause.ts";
import type { Workspace } from "../workspace.ts";
import { followerOf, type Follower } from "./follower.ts";

/** Elements that are copied, computed and copied back at a time: they stay in a first- or second-level cache. */
export const TILE_ELEMENTS = 8192;
/** What kernels take to widen blocks of two operands. */
const ROOM = 4096;

/** Computes `count` elements from the operands at `a` and `b` to `out`. */
export type TileKernel = (count: number, a: number, b: number, out: number, room: number) => void;

/** Runs an operator whose element i depends on element i of one or two operands. */
export function elementRunner(workspace: Workspace, node: ProgramNode, compute: TileKernel): NodeRunner {
  return {
    ...runnerOf(workspace, node, compute, undefined),
    followedBy(second, constants) {
      const follower = followerOf(workspace, second, constants);
      return follower && runnerOf(workspace, node, compute, follower);
    },
  };
}

function runnerOf(
  workspace: Workspace,
  node: ProgramNode,
  compute: TileKernel,
  follower: Follower | undefined,
): NodeRunner {
  const elementBytes = dtypeBytes(node.dtype);
  return {
    async run(operands, pause) {
      const [x, y] = operands as readonly [Tensor, Tensor | undefined];
      const out = follower?.allocate() ?? allocate(node.dtype, elementCount(node.dims));
      const tiles = Math.ceil(out.length / TILE_ELEMENTS);
      const run = (first: number, end: number): void => {
        const [a, b, to, last, room] = workspace.scratch(
          TILE_ELEMENTS * x.data.BYTES_PER_ELEMENT,
          y === undefined ? 0 : TILE_ELEMENTS * y.data.BYTES_PER_ELEMENT,
          TILE_ELEMENTS * elementBytes,
          TILE_ELEMENTS * (follower?.elementBytes ?? 0),
          ROOM,
        );
        for (
          let from = first * TILE_ELEMENTS;
          from < Math.min(end * TILE_ELEMENTS, out.length);
          from += TILE_ELEMENTS
        ) {
          const count = Math.min(TILE_ELEMENTS, out.length - from);
          workspace.write(a, x.data, from, from + count);
          if (y !== undefined) workspace.write(b, y.data, from, from + count);
          compute(count, a, b, to, room);
          follower?.compute(count, to, last);
          workspace.read(follower === undefined ? to : last, out, from, count);
        }
      };
      await inSlices(tiles, run, pause);
      return out;
    },
  };
}
