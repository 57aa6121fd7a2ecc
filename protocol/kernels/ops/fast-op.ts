import type { ProgramNode, Tensor, TypedData } from "../../tensor/types.ts";

/** A node prepared for its operands. Its loop may be run in any number of slices, in order. */
export interface NodeKernel {
  readonly data: TypedData;
  /** What the loop counts: elements, pixels, lines. None where `data` is complete as it is. */
  readonly units: number;
  /** Computes the units [from, to). */
  run(from: number, to: number): void;
}

/** A whole node in one loop; undefined where its bounds need wider arithmetic than doubles: then the reference rule runs. */
export type FastOp = (node: ProgramNode, operands: readonly Tensor[]) => NodeKernel | undefined;

/** A kernel that computes one element a unit. */
export function elementKernel(data: TypedData, run: (from: number, to: number) => void): NodeKernel {
  return { data, units: data.length, run };
}
