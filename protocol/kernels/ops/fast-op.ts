import type { ProgramNode, Tensor, TypedData } from "../../tensor/types.ts";

/** A whole node in one loop; undefined where its bounds need wider arithmetic than doubles: then the reference rule runs. */
export type FastOp = (node: ProgramNode, operands: readonly Tensor[]) => TypedData | undefined;
