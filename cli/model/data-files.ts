import { InvalidInputError } from "@orion/protocol/common";
import { readData, type DataFile, type GraphTensor } from "@orion/protocol/models";
import { NpyError } from "@orion/protocol/tensor";

import { readInput } from "../core/read-file.ts";

const MAX_DATA_BYTES = 2 ** 31;

/** Arrays by the name of the input. */
export type Arrays = ReadonlyMap<string, GraphTensor>;

/**
 * An array for each input of a model: files with named arrays, and files with one array in the order of the inputs that are left.
 * @throws InvalidInputError naming the file that cannot be read, or where there are more files than inputs
 */
export async function readDataFiles(files: readonly string[], inputs: readonly string[]): Promise<Arrays> {
  const arrays = new Map<string, GraphTensor>();
  const unnamed: GraphTensor[] = [];
  for (const file of files) {
    const data = await readDataFile(file);
    if ("array" in data) unnamed.push(data.array);
    else for (const [name, array] of data.arrays) arrays.set(name, array);
  }
  const open = inputs.filter((name) => !arrays.has(name));
  if (unnamed.length > open.length) {
    throw new InvalidInputError(`${files.length} files were given, the model's inputs are ${inputs.join(", ")}`);
  }
  for (const [at, array] of unnamed.entries()) arrays.set(open[at] as string, array);
  return arrays;
}

async function readDataFile(file: string): Promise<DataFile> {
  const bytes = await readInput(file, "data", MAX_DATA_BYTES);
  try {
    return readData(bytes);
  } catch (cause) {
    if (!(cause instanceof NpyError || cause instanceof InvalidInputError)) throw cause;
    const { hint } = cause;
    throw new InvalidInputError(`the data ${file}: ${cause.message}`, {
      cause,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
