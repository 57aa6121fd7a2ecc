import type { Program, Tensor } from "../tensor/types.ts";
import type { Backend } from "./backend.ts";
import type { Executor } from "./executor.ts";

/** Computes elsewhere than in this thread. */
export interface Compute extends Pick<Backend, "name" | "mode" | "macsPerSecond" | "rates"> {
  /** Prepares a validated program; its constants are in node order. */
  createExecutor(program: Program, constants: readonly Tensor[]): Executor;
}
