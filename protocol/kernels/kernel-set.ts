import type { ProgramNode, Tensor, TypedData } from "../tensor/types.ts";
import type { Pause } from "./pause.ts";

/** A node that was prepared once and runs many times. */
export interface NodeRunner {
  /** The node's output, or undefined if the operands' values are beyond what these kernels compute exactly. */
  run(operands: readonly Tensor[], pause: Pause): Promise<TypedData | undefined>;
  /**
   * The same node together with the clamp or lookup that reads it: takes the operands of the first and gives the output of
   * the second, always. Undefined where the two cannot be computed as one.
   */
  followedBy?(follower: ProgramNode, constants: Constants): NodeRunner | undefined;
}

/** The data of those of a node's operands that are constants. */
export type Constants = readonly (TypedData | undefined)[];

/** The kernels of one program on one kind of hardware. */
export interface ProgramKernels {
  /** Prepares a computed node; undefined if these kernels do not compute it. */
  prepare(node: ProgramNode, constants: Constants): NodeRunner | undefined;
}

/** Makes the kernels of a program. */
export type KernelSet = () => ProgramKernels;
