import { readdir } from "node:fs/promises";
import path from "node:path";

import { InvalidInputError, type OrionError } from "@orion/protocol/common";
import type { DatasetFiles } from "@orion/protocol/jobs";
import {
  decodeNpy,
  decodeProgram,
  encodeNpy,
  NpyError,
  ProgramError,
  validateProgram,
  type Tensor,
} from "@orion/protocol/tensor";

import { isFolder, readInput } from "../core/read-file.ts";
import { bundlePaths, readBundleFacts } from "../model/bundle.ts";
import { readDataFiles } from "../model/data-files.ts";
import { encoded } from "../model/run-model.ts";

const MAX_PROGRAM_BYTES = 2 ** 25;
const MAX_NPY_BYTES = 2 ** 31;

export interface JobPaths {
  /** A .ortp file, or the folder of an imported model. */
  readonly program: string;
  /** .npy files in node order, or folders of them, whose files are taken in the order of the numbers in their names. */
  readonly weights: readonly string[];
  readonly inputs: readonly string[];
  readonly shared: readonly string[];
}

export interface JobFiles {
  readonly program: Uint8Array;
  readonly constants: readonly Tensor[];
  readonly files: DatasetFiles;
}

/** Reads what `orion job post` is given. @throws InvalidInputError naming the file that can't be used */
export async function readJobFiles(paths: JobPaths): Promise<JobFiles> {
  return (await isFolder(paths.program)) ? readModelFiles(paths) : readProgramFiles(paths);
}

/** The folder of an imported model: it names its weights itself, and says how data are stored. */
async function readModelFiles(paths: JobPaths): Promise<JobFiles> {
  const { inputs, folder } = await readBundleFacts(paths.program);
  const { program, weights } = bundlePaths(folder);
  const names = inputs.map(({ name }) => name);
  const stored = encoded(inputs, await readDataFiles(paths.inputs, names));
  const files = await readProgramFiles({
    ...{ program, shared: paths.shared, inputs: [] },
    weights: paths.weights.length === 0 ? [weights] : paths.weights,
  });
  return { ...files, files: { ...files.files, inputs: stored.map(encodeNpy) } };
}

async function readProgramFiles(paths: JobPaths): Promise<JobFiles> {
  const program = await readProgram(paths.program);
  const constants: Tensor[] = [];
  for (const file of await weightFiles(paths.weights)) constants.push((await readNpy(file, "weights")).tensor);
  const inputs: Uint8Array[] = [];
  for (const file of paths.inputs) inputs.push((await readNpy(file, "input")).bytes);
  const shared: Uint8Array[] = [];
  for (const file of paths.shared) shared.push((await readNpy(file, "shared input")).bytes);
  return { program, constants, files: { inputs, shared } };
}

/** Judged here already, so that a bad program needs no network to be found. */
async function readProgram(file: string): Promise<Uint8Array> {
  const bytes = await readInput(file, "program", MAX_PROGRAM_BYTES);
  try {
    validateProgram(decodeProgram(bytes));
    return bytes;
  } catch (cause) {
    if (cause instanceof ProgramError) throw refused(cause, `the program ${file}`);
    throw cause;
  }
}

function refused(cause: OrionError, what: string): InvalidInputError {
  const { hint } = cause;
  return new InvalidInputError(`${what}: ${cause.message}`, { cause, ...(hint === undefined ? {} : { hint }) });
}

async function readNpy(file: string, what: string): Promise<{ bytes: Uint8Array; tensor: Tensor }> {
  const bytes = await readInput(file, what, MAX_NPY_BYTES);
  try {
    return { bytes, tensor: decodeNpy(bytes, { maxBytes: MAX_NPY_BYTES }) };
  } catch (cause) {
    if (cause instanceof NpyError) throw refused(cause, `the ${what} ${file}`);
    throw cause;
  }
}

async function weightFiles(given: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(
    given.map(async (entry) => {
      if (!(await isFolder(entry))) return [entry];
      const names = (await readdir(entry)).filter((name) => name.endsWith(".npy"));
      const byNumber = new Intl.Collator("en", { numeric: true });
      return names.sort(byNumber.compare).map((name) => path.join(entry, name));
    }),
  );
  return lists.flat();
}
