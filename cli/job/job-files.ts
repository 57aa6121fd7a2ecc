import { readdir, stat } from "node:fs/promises";
import path from "node:path";

import { InvalidInputError, OrionError } from "@orion/protocol/common";
import type { DatasetFiles } from "@orion/protocol/jobs";
import { decodeNpy, NpyError, type Tensor } from "@orion/protocol/tensor";

import { readInput } from "../core/read-file.ts";

const MAX_PROGRAM_BYTES = 2 ** 25;
const MAX_NPY_BYTES = 2 ** 31;

export interface JobPaths {
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
  const program = await readInput(paths.program, "program", MAX_PROGRAM_BYTES);
  const constants: Tensor[] = [];
  for (const file of await weightFiles(paths.weights)) constants.push((await readNpy(file, "weights")).tensor);
  const inputs: Uint8Array[] = [];
  for (const file of paths.inputs) inputs.push((await readNpy(file, "input")).bytes);
  const shared: Uint8Array[] = [];
  for (const file of paths.shared) shared.push((await readNpy(file, "shared input")).bytes);
  return { program, constants, files: { inputs, shared } };
}

async function readNpy(file: string, what: string): Promise<{ bytes: Uint8Array; tensor: Tensor }> {
  const bytes = await readInput(file, what, MAX_NPY_BYTES);
  try {
    return { bytes, tensor: decodeNpy(bytes, { maxBytes: MAX_NPY_BYTES }) };
  } catch (cause) {
    if (!(cause instanceof NpyError)) throw cause;
    const hint = cause instanceof OrionError ? cause.hint : undefined;
    throw new InvalidInputError(`the ${what} ${file}: ${cause.message}`, {
      cause,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

async function weightFiles(given: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(
    given.map(async (entry) => {
      const isFolder = await stat(entry).then(
        (found) => found.isDirectory(),
        () => false,
      );
      if (!isFolder) return [entry];
      const names = (await readdir(entry)).filter((name) => name.endsWith(".npy"));
      const byNumber = new Intl.Collator("en", { numeric: true });
      return names.sort(byNumber.compare).map((name) => path.join(entry, name));
    }),
  );
  return lists.flat();
}
