import { InvalidInputError } from "../../common/errors.ts";
import { elementCount } from "../graph/dims.ts";
import { quoted } from "../graph/model-error.ts";
import { allocate, numbersOf, tensorOf } from "../graph/tensors.ts";
import type { Graph, GraphTensor, ValueInfo, ValueType } from "../graph/types.ts";
import type { Sample } from "../quantize/calibrate.ts";
import { batchesOf } from "./batches.ts";
import { requireFinite } from "./ports.ts";
import type { DataFile } from "./read-data.ts";

/**
 * Cuts data into inputs of a graph, one after another. An array holds any number of them behind each other, along its first axis or an axis
 * more; numbers are converted to the type that the graph reads.
 *
 * @param most samples taken at most
 * @throws InvalidInputError where an input is missing, or the elements of its array are no whole number of inputs
 */
export function splitSamples(graph: Graph, data: DataFile, most = Infinity): Sample[] {
  const arrays = arraysOf(graph, data);
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

function arraysOf(graph: Graph, data: DataFile): ReadonlyMap<string, GraphTensor> {
  const names = graph.inputs.map(quoted).join(", ");
  if ("array" in data) {
    const [only, second] = graph.inputs;
    if (only !== undefined && second === undefined) return new Map([[only, data.array]]);
    throw new InvalidInputError(`the model has the inputs ${names}, and a .npy file holds one array`, {
      hint: "give a .npz or safetensors file with an array for each input",
    });
  }
  const missing = graph.inputs.find((name) => !data.arrays.has(name));
  if (missing === undefined) return data.arrays;
  const given = [...data.arrays.keys()].map(quoted).join(", ");
  throw new InvalidInputError(`the data has no array for the input ${quoted(missing)}, only ${given}`, {
    hint: `name the arrays ${names}`,
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
