import { interpret, type ProgramInputs } from "../../tensor/interpret.ts";
import { tensor } from "../../tensor/shape.ts";
import type { Program, Tensor } from "../../tensor/types.ts";
import type { GraphTensor } from "../graph/types.ts";
import type { FloatRunner, Sample } from "../quantize/calibrate.ts";
import { decode, encodeAll } from "../quantize/encoding.ts";
import type { Port } from "./lower-graph.ts";
import { memoryDims, type Stored, strideOfAxes } from "./stored.ts";

/** Computes the tensors of all nodes of a program. */
export type RunProgram = (program: Program, inputs: ProgramInputs) => readonly Tensor[] | Promise<readonly Tensor[]>;

/** Error of one value of the graph in the program against the float graph, over all samples compared. */
export interface TensorError {
  readonly name: string;
  /** Signal to noise in dB; infinite where nothing differs. */
  readonly snr: number;
  /** Largest distance of an element. */
  readonly worst: number;
}

interface Sums {
  signal: number;
  noise: number;
  worst: number;
}

/** Flat index in memory of every element of a value, in the graph's order. */
function memoryIndices(x: Stored): Int32Array {
  const strides = strideOfAxes(x);
  const count = memoryDims(x).reduce((all, extent) => all * extent, 1);
  const indices = new Int32Array(count);
  for (let at = 0; at < count; at++) {
    let [rest, index] = [at, 0];
    for (let axis = x.dims.length - 1; axis >= 0; axis--) {
      const extent = x.dims[axis]!;
      index += (rest % extent) * strides[axis]!;
      rest = Math.floor(rest / extent);
    }
    indices[at] = index;
  }
  return indices;
}

function addErrors(sums: Sums, wanted: ArrayLike<number | bigint>, given: Tensor, x: Stored): void {
  const indices = memoryIndices(x);
  for (let at = 0; at < indices.length; at++) {
    const right = Number(wanted[at]!);
    const distance = Math.abs(right - decode(given.data[indices[at]!]!, x.encoding));
    if (!(distance < Infinity)) continue;
    sums.signal += right ** 2;
    sums.noise += distance ** 2;
    sums.worst = Math.max(sums.worst, distance);
  }
}

/** The tensors of a sample as the slots of a program take them. */
export function encodeInputs(inputs: readonly Port[], sample: Sample): Tensor[] {
  return inputs.map(({ name, shape, encoding }) => {
    const reals = Float64Array.from(sample[name]!.data as ArrayLike<number | bigint>, Number);
    return tensor(encoding.dtype, shape, encodeAll(reals, encoding));
  });
}

/** Runs samples through a program and through the float graph, and gives the error of every value that both have. */
export async function compareWithFloat(
  { program, constants, inputs }: { program: Program; constants: readonly Tensor[]; inputs: readonly Port[] },
  places: readonly { readonly name: string; readonly stored: Stored }[],
  runner: FloatRunner,
  samples: Iterable<Sample> | AsyncIterable<Sample>,
  run: RunProgram = interpret,
): Promise<TensorError[]> {
  const stored = new Map(places.map((place) => [place.name, place.stored]));
  const sums = new Map<string, Sums>();
  for await (const sample of samples) {
    const values = await run(program, { constants, shared: [], shard: encodeInputs(inputs, sample) });
    const onValue = (name: string, { data }: GraphTensor): void => {
      const x = stored.get(name);
      if (x === undefined) return;
      const sum = sums.get(name) ?? { signal: 0, noise: 0, worst: 0 };
      sums.set(name, sum);
      addErrors(sum, data, values[x.value.node]!, x);
    };
    await runner.run(sample, { onValue });
  }
  return [...sums].map(([name, { signal, noise, worst }]) => {
    return { name, snr: noise === 0 ? Infinity : 10 * Math.log10(signal / noise), worst };
  });
}
