import { InvalidInputError } from "@orion/protocol/common";
import type { Executor, Mode } from "@orion/protocol/kernels";
import { createComputeProcess, type ComputeProcess } from "@orion/protocol/kernels/node";
import { decodePort, encodePort, type Port, type Sample } from "@orion/protocol/models";
import { joinRows, shapeOf, shardRows, type Tensor } from "@orion/protocol/tensor";

import type { ModelBundle } from "./bundle.ts";
import type { Arrays } from "./data-files.ts";

/** What of a model is computed. */
export type Computable = Pick<ModelBundle, "program" | "constants" | "inputs" | "outputs">;

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly onBatch?: (done: number, total: number) => void;
}

/** The model on a compute device of this machine. */
export interface RunningModel {
  readonly device: ComputeProcess;
  /** The stored outputs of all batches of the data, by output, their rows behind each other. */
  run(data: Arrays, options: RunOptions): Promise<Tensor[]>;
  /** The real numbers of all outputs for one sample. */
  reals(sample: Sample, options: RunOptions): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/** Starts a compute process and opens the model there. @throws ConfigurationError where no mode is exact here */
export async function openModel(model: Computable, mode: Mode | "auto"): Promise<RunningModel> {
  const device = await createComputeProcess({ mode });
  const executor = device.createExecutor(model.program, model.constants);
  const run: RunningModel["run"] = (data, options) => runBatches(model, executor, encoded(model.inputs, data), options);
  return {
    device,
    run,
    async reals(sample, options) {
      const stored = await run(new Map(Object.entries(sample)), options);
      return model.outputs.map((port, at) => decodePort(port, stored[at]!).data as Float32Array);
    },
    async dispose() {
      executor.dispose();
      await device.dispose();
    },
  };
}

/** Data as the program's inputs store them, all batches behind each other. @throws InvalidInputError for missing and unfit arrays */
export function encoded(inputs: readonly Port[], data: Arrays): Tensor[] {
  return inputs.map((port) => {
    const array = data.get(port.name);
    if (array !== undefined) return encodePort(port, array);
    throw new InvalidInputError(`the data has no array for the input "${port.name}"`, {
      hint: `name the arrays ${inputs.map(({ name }) => name).join(", ")}`,
    });
  });
}

async function runBatches(
  { inputs, outputs }: Computable,
  executor: Executor,
  stored: readonly Tensor[],
  { signal, onBatch }: RunOptions,
): Promise<Tensor[]> {
  const batches = inputs.map(({ shape }) => shape[0]!);
  const counts = stored.map((input, at) => shapeOf(input)[0]! / batches[at]!);
  const count = Math.min(...counts);
  if (counts.some((other) => other !== count)) {
    throw new InvalidInputError(`the inputs have different numbers of rows: ${counts.join(", ")} batches`);
  }
  const parts: Tensor[][] = outputs.map(() => []);
  for (let batch = 0; batch < count; batch++) {
    onBatch?.(batch, count);
    const shard = stored.map((input, at) => shardRows(input, batches[at]!, batch));
    const results = await executor.outputs({ shared: [], shard }, { signal });
    for (const [at, port] of outputs.entries()) parts[at]!.push(results[port.index]!);
  }
  onBatch?.(count, count);
  return parts.map((part) => joinRows(part, count * batches[0]!, batches[0]!));
}
