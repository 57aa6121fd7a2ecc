import type { ProgramNode, Tensor, TypedData } from "../tensor/types.ts";
import type { Pause } from "./pause.ts";

/** A node that was prepared once and runs many times. */
export interface NodeRunner {
  /** The node's output, or undefined if the operands' values are beyond what these kernels compute exactly. */
  run(operands: readonly Tensor[], pause: Pause): Promise<TypedData | undefined>;
}

/** The kernels of one program on one kind of hardware. */
export interface ProgramKernels {
  /**
   * Prepares a computed node; `constants` are the data of its operands that are constants. Undefined if these kernels do
   * not compute it.
   */
  prepare(node: ProgramNode, constants: readonly (TypedData | undefined)[]): NodeRunner | undefined;
}

/** Makes the kernels of a program. */
export type KernelSet = () => ProgramKernels;
