import type { Parameter } from "./parameter.ts";

/** A batch of feature maps, float32 [n, h, w, c]; a batch of vectors has h = w = 1. */
export interface Batch {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly data: Float32Array;
}

/** One step of a network. `backward` refers to the latest `forward`. */
export interface Layer {
  readonly parameters: readonly Parameter[];
  forward(input: Batch): Batch;
  /** Adds to the gradients of `parameters` and returns the gradient of the input. */
  backward(gradient: Batch): Batch;
}
