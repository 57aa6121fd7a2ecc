import { createHash } from "node:crypto";
import path from "node:path";

import { z } from "zod";

import { InvalidInputError } from "@orion/protocol/common";
import type { CompiledModel, Port } from "@orion/protocol/models";
import {
  decodeNpy,
  decodeProgram,
  DTYPES,
  encodeNpy,
  encodeProgram,
  type Program,
  type Tensor,
} from "@orion/protocol/tensor";

import { readInput } from "../core/read-file.ts";
import { writeWhole } from "../core/write-file.ts";

/** Names below a model's folder. */
const FILES = { facts: "model.json", program: "program.ortp", weights: "weights" } as const;
const FORMAT = 1;
const MAX_FACTS_BYTES = 2 ** 24;
const MAX_PROGRAM_BYTES = 2 ** 25;
const MAX_WEIGHT_BYTES = 2 ** 31;
const MAX_EXTENT = 2 ** 31;

const PORT = z.object({
  name: z.string(),
  index: z.number().int().nonnegative(),
  shape: z.array(z.number().int().positive().max(MAX_EXTENT)).min(1).max(4),
  encoding: z.object({ dtype: z.enum(DTYPES), scale: z.number().positive(), zeroPoint: z.number().int() }),
});
const FACTS = z.object({
  format: z.literal(FORMAT),
  name: z.string(),
  /** SHA-256 of the file that it was imported from, in hex. */
  source: z.string(),
  inputs: z.array(PORT).min(1),
  outputs: z.array(PORT).min(1),
});

/** A model that was imported: a program, its weights, and what its inputs and outputs stand for. */
export interface ModelBundle {
  readonly folder: string;
  readonly name: string;
  readonly source: string;
  readonly program: Program;
  readonly constants: readonly Tensor[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** Where the files of a model lie, for commands that read them one by one. */
export function bundlePaths(folder: string): {
  readonly facts: string;
  readonly program: string;
  readonly weights: string;
} {
  const at = (name: string): string => path.join(folder, name);
  return { facts: at(FILES.facts), program: at(FILES.program), weights: at(FILES.weights) };
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const weightName = (index: number): string => `${String(index).padStart(5, "0")}.npy`;

/** Writes a model's folder; the file that names the others comes last, so that a folder with it is whole. */
export async function writeBundle(
  folder: string,
  model: CompiledModel,
  about: { readonly name: string; readonly source: string },
): Promise<void> {
  const paths = bundlePaths(folder);
  for (const [index, constant] of model.constants.entries()) {
    await writeWhole(path.join(paths.weights, weightName(index)), encodeNpy(constant));
  }
  await writeWhole(paths.program, encodeProgram(model.program));
  const { inputs, outputs } = model;
  const facts: z.infer<typeof FACTS> = {
    ...{ format: FORMAT, ...about },
    inputs: inputs.map((port) => ({ ...port, shape: [...port.shape] })),
    outputs: outputs.map((port) => ({ ...port, shape: [...port.shape] })),
  };
  await writeWhole(paths.facts, `${JSON.stringify(facts, undefined, 2)}\n`);
}

/** Inputs and outputs of a model's folder. @throws InvalidInputError naming the file */
export async function readBundleFacts(folder: string): Promise<Omit<ModelBundle, "program" | "constants">> {
  const { facts } = bundlePaths(folder);
  const bytes = await readInput(facts, "model's description", MAX_FACTS_BYTES);
  try {
    const { name, source, inputs, outputs } = FACTS.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return { folder, name, source, inputs, outputs };
  } catch (cause) {
    throw new InvalidInputError(`${facts} does not describe a model`, {
      cause,
      hint: "import the model anew with `orion model import`",
    });
  }
}

/** Reads a model's folder whole. @throws InvalidInputError naming the file, NpyError, ProgramError */
export async function readBundle(folder: string): Promise<ModelBundle> {
  const facts = await readBundleFacts(folder);
  const paths = bundlePaths(folder);
  const program = decodeProgram(await readInput(paths.program, "program", MAX_PROGRAM_BYTES));
  const constants: Tensor[] = [];
  for (const node of program.nodes) {
    if (node.op !== "constant") continue;
    const file = path.join(paths.weights, weightName(constants.length));
    constants.push(decodeNpy(await readInput(file, "weights", MAX_WEIGHT_BYTES), { maxBytes: MAX_WEIGHT_BYTES }));
  }
  return { ...facts, program, constants };
}
