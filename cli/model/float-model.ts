import { open } from "node:fs/promises";
import path from "node:path";

import { Option } from "commander";

import { InvalidInputError } from "@orion/protocol/common";
import { readData, readOnnx, splitSamples, tensorFrom, type Graph, type Sample } from "@orion/protocol/models";

import { readInput } from "../core/read-file.ts";
import { collectConstant, collectShape } from "./shapes.ts";

const MAX_MODEL_BYTES = 2 ** 31;
const MAX_DATA_BYTES = 2 ** 31;

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

/** Reads an .onnx file, with the weights that lie beside it. @throws InvalidInputError naming the file and what is wrong */
export async function readFloatModel(file: string, { shape = {}, constant = {} }: FloatModelFlags): Promise<Graph> {
  const bytes = await readInput(file, "model", MAX_MODEL_BYTES);
  const constants = Object.fromEntries(
    Object.entries(constant).map(([name, value]) => [name, tensorFrom("i64", [], [value])]),
  );
  return readOnnx(bytes, { shapes: shape, constants, externalData: (...place) => besideOf(file, ...place) });
}

/** Bytes of a file in the model's folder, and of none elsewhere: the path is written by whoever made the model. */
async function besideOf(model: string, name: string, offset: number, length: number): Promise<Uint8Array> {
  const folder = path.resolve(path.dirname(model));
  const file = path.resolve(folder, name);
  if (path.dirname(file) !== folder) {
    throw new InvalidInputError(`the model's weights are said to be in ${JSON.stringify(name)}, outside its folder`);
  }
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

/** Samples of a data file for the inputs of a graph. @throws InvalidInputError naming the file */
export async function readSamples(graph: Graph, file: string, most?: number): Promise<Sample[]> {
  const bytes = await readInput(file, "data", MAX_DATA_BYTES);
  try {
    return splitSamples(graph, readData(bytes), most);
  } catch (cause) {
    if (!(cause instanceof InvalidInputError)) throw cause;
    const { hint } = cause;
    throw new InvalidInputError(`${file}: ${cause.message}`, { cause, ...(hint === undefined ? {} : { hint }) });
  }
}
