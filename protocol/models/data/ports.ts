import { InvalidInputError } from "../../common/errors.ts";
import { tensor as tensorOfShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/types.ts";
import type { Port } from "../compile/lower-graph.ts";
import { batchesOf } from "./batches.ts";
import { quoted } from "../graph/model-error.ts";
import { numbersOf, tensorOf } from "../graph/tensors.ts";
import type { GraphTensor, ValueType } from "../graph/types.ts";
import { decodeAll, encodeAll } from "../quantize/encoding.ts";

const FLOATS: readonly ValueType[] = ["f32", "f64"];
const STORED: readonly ValueType[] = ["i8", "u8", "i16", "i32"];

/**
 * Data as the program stores them: floats are divided by the port's scale, rounded half to even and saturated; values of the port's own
 * integer type are taken as they are stored, other integers as real numbers.
 *
 * @param values the rows of one or more batches: a multiple of the port's elements
 * @returns shape [batches · port.shape[0], …port.shape[1…]]
 * @throws InvalidInputError where the array has other axes or is no whole number of batches, or a number is not finite
 */
export function encodePort({ name, shape, encoding }: Port, values: GraphTensor): Tensor {
  const batches = batchesOf(name, shape, values.dims);
  const dims = [batches * shape[0]!, ...shape.slice(1)];
  if (values.type === encoding.dtype && STORED.includes(values.type)) {
    return tensorOfShape(encoding.dtype, dims, values.data);
  }
  const reals = values.type === "i64" ? numbersOf(values) : (values.data as ArrayLike<number>);
  if (FLOATS.includes(values.type)) requireFinite(name, reals);
  return tensorOfShape(encoding.dtype, dims, encodeAll(reals, encoding));
}

export function requireFinite(name: string, reals: ArrayLike<number>): void {
  for (let i = 0; i < reals.length; i++) {
    if (!Number.isFinite(reals[i])) throw new InvalidInputError(`input ${quoted(name)} is not finite at element ${i}`);
  }
}

/** The real numbers of stored data, in their shape: scale · (stored − zeroPoint), rounded to 32-bit floats. */
export function decodePort({ encoding }: Port, stored: Tensor): GraphTensor {
  const dims = stored.dims.slice(4 - stored.rank);
  return tensorOf("f32", dims, Float32Array.from(decodeAll(stored.data, encoding)));
}
