import { allocate, dtypeBytes, dtypeCode, dtypeMax, dtypeMin } from "../../../tensor/dtype.ts";
import { attr, operandAt } from "../../../tensor/ops/operator.ts";
import { elementCount } from "../../../tensor/shape.ts";
import type { ProgramNode, Tensor, TypedData } from "../../../tensor/types.ts";
import { contractionScales } from "../../contraction/scales.ts";
import type { NodeRunner } from "../../kernel-set.ts";
import { inSlices, type Pause } from "../../pause.ts";
import { followerOf, type Follower } from "../ops/follower.ts";
import type { Workspace } from "../workspace.ts";
import { frameOf, matricesOf } from "./frame.ts";
import { inputForm, type InputForm } from "./parameters.ts";
import { pathOf, slabOf } from "./path.ts";
import { planOf, type Plan } from "./plan.ts";
import { segmentsOf } from "./pieces.ts";
import { runTile, type TileRun } from "./run-tile.ts";

/** A plan whose image stands in the workspace, from `address` on, and nowhere else. */
export interface Placed extends Omit<Plan, "image"> {
  readonly address: number;
}

/** What packed weights take depends a little on their values. No room is ever given back, so the first one has some to spare, and so has each further one. */
export const COMPUTED_ROOM = 1.25;

/**
 * Prepares a validated matmul or conv2d. `table` is its parameter table and `constant` its weights, where they are a
 * constant: then they are packed once.
 */
export function prepareWasmContraction(
  workspace: Workspace,
  node: ProgramNode,
  table: TypedData,
  constant: TypedData | undefined,
): NodeRunner {
  const frame = frameOf(node);
  const matrices = matricesOf(node);
  const path = pathOf(node);
  const x = operandAt(node, 0);
  const za = attr(node, 0);
  const form: InputForm = path === "wide" ? { zero: 0, padding: za, largest: 0 } : inputForm(x.dtype, za);
  const slab = slabOf(path, frame);
  const scales = contractionScales(node, table);
  const segments = slab.spread ? slab.segments : segmentsOf(frame, slab.tiling);
  const plans = (weights: TypedData): Plan[] =>
    Array.from({ length: matrices }, (_, matrix) => {
      const size = weights.length / matrices;
      const own = weights.subarray(matrix * size, (matrix + 1) * size);
      return planOf({ path, frame, form, scales, base: slab.tiling.base, segments }, own);
    });
  const known = constant && keep(workspace, plans(constant));
  const output = { code: dtypeCode(node.dtype), elementBytes: dtypeBytes(node.dtype), zp: attr(node, 1) };
  const run = async (
    placed: readonly Placed[],
    data: TypedData,
    pause: Pause,
    follower: Follower | undefined,
  ): Promise<TypedData> => {
    const out = follower?.allocate() ?? allocate(node.dtype, elementCount(node.dims));
    const inputs = data.length / matrices;
    const outputs = out.length / matrices;
    for (const [matrix, plan] of placed.entries()) {
      const tileRun: TileRun = {
        workspace,
        path,
        frame,
        form,
        slab,
        plan,
        follower,
        input: { code: dtypeCode(x.dtype), data: data.subarray(matrix * inputs, (matrix + 1) * inputs) },
        output: { ...output, lo: dtypeMin(node.dtype), hi: dtypeMax(node.dtype), data: out, to: matrix * outputs },
      };
      await inSlices(
        slab.tiling.count,
        (from, to) => {
          for (let index = from; index < to; index++) runTile(tileRun, slab.tiling.tile(index));
        },
        pause,
      );
    }
    return out;
  };
  const room = computedRoom(workspace);
  const runner = (follower: Follower | undefined): NodeRunner => ({
    run([input, weights], pause) {
      const { data } = input as Tensor;
      if (known !== undefined) return run(known, data, pause, follower);
      return room(
        () => plans((weights as Tensor).data),
        (placed) => run(placed, data, pause, follower),
      );
    },
  });
  return {
    ...runner(undefined),
    followedBy(second, constants) {
      const follower = followerOf(workspace, second, constants);
      return follower && runner(follower);
    },
  };
}

function keep(workspace: Workspace, plans: readonly Plan[]): Placed[] {
  return place(workspace, plans, workspace.keep(sizeOf(plans)));
}

function place(workspace: Workspace, plans: readonly Plan[], address: number): Placed[] {
  let next = address;
  return plans.map(({ image, ...plan }) => {
    const placed = { ...plan, address: next };
    image.writeTo(workspace, next);
    next += image.size;
    return placed;
  });
}

const sizeOf = (plans: readonly Plan[]): number => plans.reduce((sum, { image }) => sum + image.size, 0);

/** Room for weights that are computed: it stays between the steps of a run, and one run after the other has it. */
function computedRoom(
  workspace: Workspace,
): <T>(plans: () => readonly Plan[], run: (placed: readonly Placed[]) => Promise<T>) => Promise<T> {
  let room = { address: 0, size: -1 };
  let last: Promise<unknown> = Promise.resolve();
  return (plans, run) => {
    const result = last.then(() => {
      // One after the other: those of a run that waits take no memory yet.
      const made = plans();
      const wanted = sizeOf(made);
      if (wanted > room.size) {
        const size = Math.ceil(wanted * COMPUTED_ROOM);
        room = { address: workspace.keep(size), size };
      }
      return run(place(workspace, made, room.address));
    });
    last = result.catch(() => undefined);
    return result;
  };
}
