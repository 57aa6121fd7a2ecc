import { InvalidInputError } from "../../common/errors.ts";
import { elementCount } from "../graph/dims.ts";
import { quoted } from "../graph/model-error.ts";
import { allocate, numbersOf, tensorOf } from "../graph/tensors.ts";
import type { Graph, GraphTensor, ValueInfo, ValueType } from "../graph/types.ts";
import type { Sample } from "../quantize/calibrate.ts";
import { batchesOf } from "./batches.ts";
import { requireFinite } from "./ports.ts";

/**
 * Cuts data into inputs of a graph, one after another. An array holds any number of them behind each other, along its first axis or an axis
 * more; numbers are converted to the type that the graph reads.
 *
 * @param most samples taken at most
 * @throws InvalidInputError where an input is missing, or the elements of its array are no whole number of inputs
 */
export function splitSamples(graph: Graph, arrays: ReadonlyMap<string, GraphTensor>, most = Infinity): Sample[] {
  requireArrays(graph, arrays);
  const counts = graph.inputs.map((name) => countOf(name, infoOf(graph, name), arrays.get(name)!));
  const count = Math.min(...counts);
  const uneven = counts.findIndex((one) => one !== count);
  if (uneven >= 0) {
    throw new InvalidInputError(
      `input ${quoted(graph.inputs[uneven]!)} has ${counts[uneven]} samples, another has ${count}`,
    );
  }
  return Array.from({ length: Math.min(count, most) }, (_, at) =>
    Object.fromEntries(graph.inputs.map((name) => [name, cut(infoOf(graph, name), arrays.get(name)!, at)])),
  );
}

const infoOf = (graph: Graph, name: string): ValueInfo => graph.values.get(name)!;

function requireArrays(graph: Graph, arrays: ReadonlyMap<string, GraphTensor>): void {
  const missing = graph.inputs.find((name) => !arrays.has(name));
  if (missing === undefined) return;
  const given = [...arrays.keys()].map(quoted).join(", ");
  throw new InvalidInputError(`the data has no array for the input ${quoted(missing)}, only ${given}`, {
    hint: `name the arrays ${graph.inputs.map(quoted).join(", ")}`,
  });
}

function countOf(name: string, { dims }: ValueInfo, values: GraphTensor): number {
  if (values.type === "f32" || values.type === "f64") requireFinite(name, values.data);
  return batchesOf(name, dims, values.dims);
}

function cut({ type, dims }: ValueInfo, tensor: GraphTensor, at: number): GraphTensor {
  const each = elementCount(dims);
  const part = tensor.data.subarray(at * each, (at + 1) * each);
  return tensor.type === type ? tensorOf(type, dims, part) : converted(type, dims, tensorOf(tensor.type, dims, part));
}

function converted(type: ValueType, dims: readonly number[], values: GraphTensor): GraphTensor {
  const numbers = numbersOf(values);
  if (type === "i64") return { type, dims, data: BigInt64Array.from(numbers, (value) => BigInt(Math.trunc(value))) };
  const data = allocate(type, numbers.length);
  data.set(numbers);
  return tensorOf(type, dims, data);
}
