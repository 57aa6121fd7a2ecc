import { decodeNpy } from "@orion/protocol/tensor";
import { evaluate, type Evaluation } from "./evaluate.ts";

/**
 * How well a job's result agrees with the labels. `result` is the aggregated .npy of the digits program, i32 [count, 1]:
 * the class of every image. Throws RangeError if it has another number of rows than there are labels.
 */
export function accuracyOfResult(result: Uint8Array, labels: Uint8Array): Evaluation {
  return evaluate(decodeNpy(result).data, labels);
}
