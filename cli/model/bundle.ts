import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";

import { z } from "zod";

import { InvalidInputError, toHex } from "@orion/protocol/common";
import { assembleProgram } from "@orion/protocol/jobs";
import { nativeSha256 } from "@orion/protocol/kernels/node";
import type { CompiledModel, Port } from "@orion/protocol/models";
import {
  decodeNpy,
  decodeProgram,
  DTYPES,
  encodeNpy,
  encodeProgram,
  programRoot,
  shapeOf,
  type Program,
  type Tensor,
  type TensorType,
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
  programRoot: z.string(),
  /** What was fixed at import, by input. */
  shapes: z.record(z.string(), z.array(z.number().int().nonnegative())),
  constants: z.record(z.string(), z.number()),
  inputs: z.array(PORT).min(1),
  outputs: z.array(PORT).min(1),
});

/** A model that was imported: a program, its weights, and what its inputs and outputs stand for. */
export interface ModelBundle {
  readonly folder: string;
  readonly name: string;
  readonly source: string;
  readonly programRoot: string;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly constantInputs: Readonly<Record<string, number>>;
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

const WEIGHT_NAME = /^\d{5}\.npy$/;
const weightName = (index: number): string => `${String(index).padStart(5, "0")}.npy`;

/** Writes a model's folder; the file that names the others comes last, so that a folder with it is whole. */
export async function writeBundle(
  folder: string,
  model: CompiledModel,
  about: Pick<ModelBundle, "name" | "source" | "shapes" | "constantInputs">,
): Promise<void> {
  const paths = bundlePaths(folder);
  await forget(paths, model.constants.length);
  for (const [index, constant] of model.constants.entries()) {
    await writeWhole(path.join(paths.weights, weightName(index)), encodeNpy(constant));
  }
  await writeWhole(paths.program, encodeProgram(model.program));
  const { inputs, outputs } = model;
  const { name, source, shapes, constantInputs } = about;
  const facts: z.infer<typeof FACTS> = {
    ...{ format: FORMAT, name, source, programRoot: toHex(programRoot(model.program, nativeSha256)) },
    shapes: Object.fromEntries(Object.entries(shapes).map(([input, shape]) => [input, [...shape]])),
    constants: { ...constantInputs },
    inputs: inputs.map((port) => ({ ...port, shape: [...port.shape] })),
    outputs: outputs.map((port) => ({ ...port, shape: [...port.shape] })),
  };
  await writeWhole(paths.facts, `${JSON.stringify(facts, undefined, 2)}\n`);
}

/** Removes the description of an earlier model, because a folder without one is not read, and the weights that the new model does not replace. */
async function forget({ facts, weights }: ReturnType<typeof bundlePaths>, count: number): Promise<void> {
  await rm(facts, { force: true });
  const names = await readdir(weights).catch(() => []);
  const stale = names.filter((name) => WEIGHT_NAME.test(name) && Number(name.slice(0, -4)) >= count);
  await Promise.all(stale.map((name) => rm(path.join(weights, name))));
}

/** Inputs and outputs of a model's folder. @throws InvalidInputError naming the file */
export async function readBundleFacts(folder: string): Promise<Omit<ModelBundle, "program" | "constants">> {
  const { facts } = bundlePaths(folder);
  const there = await stat(facts).catch(() => undefined);
  if (there === undefined) {
    throw new InvalidInputError(`${folder} is not the folder of an imported model`, {
      hint: "import the model first: `orion model import model.onnx --calibrate data.npy` writes such a folder",
    });
  }
  const bytes = await readInput(facts, "model's description", MAX_FACTS_BYTES);
  try {
    const { constants, ...rest } = FACTS.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return { folder, constantInputs: constants, ...rest };
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : [];
    const where = issue === undefined ? "" : `: ${issue.path.join(".")}: ${issue.message}`;
    throw new InvalidInputError(`${facts} does not describe a model${where}`, {
      cause,
      hint: "import the model anew with `orion model import`",
    });
  }
}

/** Reads a model's folder whole, and checks that its parts belong together. @throws InvalidInputError naming the file */
export async function readBundle(folder: string): Promise<ModelBundle> {
  const facts = await readBundleFacts(folder);
  const paths = bundlePaths(folder);
  const bytes = await readInput(paths.program, "program", MAX_PROGRAM_BYTES);
  try {
    const program = decodeProgram(bytes);
    if (toHex(programRoot(program, nativeSha256)) !== facts.programRoot) throw new Error("it is another model's");
    const constants: Tensor[] = [];
    for (const node of program.nodes) {
      if (node.op !== "constant") continue;
      const file = path.join(paths.weights, weightName(constants.length));
      constants.push(decodeNpy(await readInput(file, "weights", MAX_WEIGHT_BYTES), { maxBytes: MAX_WEIGHT_BYTES }));
    }
    const loaded = assembleProgram(bytes, constants, nativeSha256);
    requirePorts(facts.inputs, loaded.facts.shardTypes, "input");
    requirePorts(facts.outputs, loaded.facts.outputTypes, "output");
    return { ...facts, program, constants };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidInputError(`the model's folder ${folder} is damaged: ${reason}`, {
      cause,
      hint: "import the model anew with `orion model import`",
    });
  }
}

function requirePorts(ports: readonly Port[], types: readonly TensorType[], kind: string): void {
  for (const { name, index, shape, encoding } of ports) {
    const type = types[index];
    const fits = type?.dtype === encoding.dtype && shapeOf(type).join() === shape.join();
    if (!fits) throw new Error(`the program has no such ${kind} as "${name}"`);
  }
  if (ports.length !== types.length) throw new Error(`the program has ${types.length} ${kind}s, not ${ports.length}`);
}
