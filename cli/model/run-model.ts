import { InvalidInputError } from "@orion/protocol/common";
import type { Executor } from "@orion/protocol/kernels";
import { createComputeProcess, type ComputeProcess } from "@orion/protocol/kernels/node";
import { encodePort, type DataFile, type GraphTensor, type Port } from "@orion/protocol/models";
import { shapeOf, tensor, type Tensor, type TypedData } from "@orion/protocol/tensor";
import type { Mode } from "@orion/protocol/kernels";

import type { ModelBundle } from "./bundle.ts";

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly onBatch?: (done: number, total: number) => void;
}

/** The model on a compute device of this machine. */
export interface RunningModel {
  readonly device: ComputeProcess;
  /** The stored outputs of all batches of the data, by output, their rows behind each other. */
  run(data: DataFile, options: RunOptions): Promise<Tensor[]>;
  dispose(): Promise<void>;
}

/** Starts a compute process and opens the model there. @throws ConfigurationError where no mode is exact here */
export async function openModel(model: ModelBundle, mode: Mode | "auto"): Promise<RunningModel> {
  const device = await createComputeProcess({ mode });
  const executor = device.createExecutor(model.program, model.constants);
  return {
    device,
    run: (data, options) => runBatches(model, executor, encoded(model, data), options),
    async dispose() {
      executor.dispose();
      await device.dispose();
    },
  };
}

/** Data as the program's inputs store them, all batches behind each other. */
export function encoded({ inputs }: Pick<ModelBundle, "inputs">, data: DataFile): Tensor[] {
  return inputs.map((port) => encodePort(port, arrayOf(inputs, port, data)));
}

function arrayOf(inputs: readonly Port[], { name }: Port, data: DataFile): GraphTensor {
  if ("array" in data) {
    if (inputs.length === 1) return data.array;
    throw new InvalidInputError(`the model has ${inputs.length} inputs, and a .npy file holds one array`, {
      hint: `give a .npz or safetensors file with the arrays ${inputs.map((port) => port.name).join(", ")}`,
    });
  }
  const array = data.arrays.get(name);
  if (array !== undefined) return array;
  throw new InvalidInputError(`the data has no array for the input "${name}"`, {
    hint: `name the arrays ${inputs.map((port) => port.name).join(", ")}`,
  });
}

async function runBatches(
  { inputs, outputs }: ModelBundle,
  executor: Executor,
  stored: readonly Tensor[],
  { signal, onBatch }: RunOptions,
): Promise<Tensor[]> {
  const counts = stored.map((input, at) => shapeOf(input)[0]! / inputs[at]!.shape[0]!);
  const count = Math.min(...counts);
  if (counts.some((other) => other !== count)) {
    throw new InvalidInputError(`the inputs have different numbers of rows: ${counts.join(", ")} batches`);
  }
  const parts: Tensor[][] = outputs.map(() => []);
  for (let batch = 0; batch < count; batch++) {
    onBatch?.(batch, count);
    const shard = stored.map((input, at) => rowsOf(input, inputs[at]!, batch));
    const results = await executor.outputs({ shared: [], shard }, { signal });
    for (const [at, port] of outputs.entries()) parts[at]!.push(results[port.index]!);
  }
  onBatch?.(count, count);
  return parts.map(joined);
}

function rowsOf({ dtype, data }: Tensor, { shape }: Port, batch: number): Tensor {
  const each = shape.reduce((product, extent) => product * extent, 1);
  return tensor(dtype, [...shape], data.subarray(batch * each, (batch + 1) * each));
}

function joined(parts: readonly Tensor[]): Tensor {
  const [first] = parts as [Tensor];
  const shape = shapeOf(first);
  const data = first.data.slice(0, 0).constructor as new (length: number) => TypedData;
  const all = new data(parts.length * first.data.length);
  for (const [at, part] of parts.entries()) all.set(part.data, at * first.data.length);
  return tensor(first.dtype, [parts.length * shape[0]!, ...shape.slice(1)], all);
}
