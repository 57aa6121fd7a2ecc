import { createHash } from "node:crypto";
import { lstat, open } from "node:fs/promises";
import path from "node:path";

import { Option } from "commander";

import { InvalidInputError } from "@orion/protocol/common";
import { readOnnx, splitSamples, type Graph, type Sample } from "@orion/protocol/models";

import { readInput } from "../core/read-file.ts";
import { readDataFiles } from "./data-files.ts";
import { collectConstant, collectShape } from "./shapes.ts";

const MAX_MODEL_BYTES = 2 ** 31;

export interface FloatModelFlags {
  readonly shape?: Readonly<Record<string, readonly number[]>>;
  readonly constant?: Readonly<Record<string, number>>;
}

export const floatModelOptions: readonly Option[] = [
  new Option("--shape <name=extents>", "fix the shape of an input, such as x=1x3x48x320; may be repeated").argParser(
    collectShape,
  ),
  new Option("--constant <name=number>", "make an input a constant, such as sr=16000; may be repeated").argParser(
    collectConstant,
  ),
];

/** An .onnx file and its SHA-256 in hex. @throws InvalidInputError naming the file */
export async function readModelFile(file: string): Promise<{ bytes: Uint8Array; source: string }> {
  const bytes = await readInput(file, "model", MAX_MODEL_BYTES);
  return { bytes, source: createHash("sha256").update(bytes).digest("hex") };
}

/** The graph of an .onnx file, with the weights that lie beside it. @throws InvalidInputError that says what is wrong */
export async function readFloatModel(
  file: string,
  bytes: Uint8Array,
  { shape = {}, constant = {} }: FloatModelFlags,
): Promise<Graph> {
  const graph = await readOnnx(bytes, {
    ...{ shapes: shape, constants: constant, externalData: (...place) => besideOf(file, ...place) },
  });
  for (const [name, tensor] of graph.constants) {
    const isNumber = (value: number): boolean => !Number.isNaN(value);
    if ((tensor.type === "f32" || tensor.type === "f64") && !tensor.data.every(isNumber)) {
      throw new InvalidInputError(
        `the model's constant ${JSON.stringify(name)} holds values that are not numbers (NaN)`,
      );
    }
  }
  return graph;
}

/** Bytes of a file in the model's folder, and of none elsewhere: the path is written by whoever made the model. */
async function besideOf(model: string, name: string, offset: number, length: number): Promise<Uint8Array> {
  const folder = path.resolve(path.dirname(model));
  const file = path.resolve(folder, name);
  if (path.dirname(file) !== folder) {
    throw new InvalidInputError(`the model's weights are said to be in ${JSON.stringify(name)}, outside its folder`);
  }
  // A link would lead out of the folder all the same, and what it leads to be published with the job.
  const isLink = await lstat(file).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
  if (isLink) throw new InvalidInputError(`the weights' file ${file} is a link: put the file itself beside the model`);
  const handle = await open(file).catch((cause: unknown) => {
    throw new InvalidInputError(`the model needs the file ${file}, which cannot be read`, { cause });
  });
  try {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(length), 0, length, offset);
    if (bytesRead === length) return buffer;
    throw new InvalidInputError(`the weights' file ${file} ends before byte ${offset + length}`);
  } finally {
    await handle.close();
  }
}

/** Samples of data files for the inputs of a graph. @throws InvalidInputError naming what cannot be used */
export async function readSamples(graph: Graph, files: readonly string[], most?: number): Promise<Sample[]> {
  return splitSamples(graph, await readDataFiles(files, graph.inputs), most);
}
