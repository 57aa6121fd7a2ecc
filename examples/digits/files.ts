import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidInputError } from "@orion/protocol/common";
import {
  decodeNpy,
  decodeProgram,
  encodeNpy,
  encodeProgram,
  type Program,
  type Tensor,
  tensor,
} from "@orion/protocol/tensor";
import type { Digits } from "./build.ts";
import { IMAGE_SIZE } from "./drawing/draw.ts";
import { formatReport } from "./report.ts";

/** This example's own folder, which holds the committed files. */
export const DIGITS_FOLDER = dirname(fileURLToPath(import.meta.url));

/** Names below the example's folder. */
export const FILES = {
  program: "model/program.ortp",
  report: "model/report.json",
  floatWeights: "model/float-weights.bin",
  weights: "model/weights",
  test: "data/test.npy",
  labels: "data/labels.npy",
} as const;

/** File of the constant that is node `node` of the program. */
export function constantFile(node: number): string {
  return `${FILES.weights}/constant-${node}.npy`;
}

/** Nodes of the program that are constants, in node order. */
export function constantNodes(program: Program): number[] {
  return program.nodes.flatMap(({ op }, node) => (op === "constant" ? [node] : []));
}

/** Writes all files of a build below `folder`; constants of an earlier build are removed. */
export async function writeDigits(digits: Digits, folder: string): Promise<void> {
  const { program, constants, test } = digits;
  await rm(join(folder, FILES.weights), { recursive: true, force: true });
  const images = tensor("u8", [test.count, IMAGE_SIZE, IMAGE_SIZE, 1], test.images);
  const files: [name: string, content: Uint8Array | string][] = [
    [FILES.program, encodeProgram(program)],
    [FILES.report, formatReport(digits.report)],
    [FILES.floatWeights, digits.floatWeights],
    [FILES.test, encodeNpy(images)],
    [FILES.labels, encodeNpy(tensor("u8", [test.count], test.labels))],
    ...constantNodes(program).map((node, i): [string, Uint8Array] => [constantFile(node), encodeNpy(constants[i]!)]),
  ];
  for (const [name, content] of files) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

/** What a poster of the digits job, or a reader of its result, needs. */
export interface DigitsFiles {
  /** The program file. */
  program: Uint8Array;
  /** In node order. */
  constants: Tensor[];
  /** The test images as a .npy file, u8 [count, 28, 28, 1]. */
  test: Uint8Array;
  /** The class of every test image, 0…9. */
  labels: Uint8Array;
}

/** Reads a build back. Throws InvalidInputError if a file is not what the program or the example says it is. */
export async function readDigits(folder: string): Promise<DigitsFiles> {
  const read = async (name: string): Promise<Uint8Array> => new Uint8Array(await readFile(join(folder, name)));
  const program = await read(FILES.program);
  const nodes = constantNodes(decodeProgram(program));
  const constants = await Promise.all(nodes.map(async (node) => decodeNpy(await read(constantFile(node)))));
  const labels = decodeNpy(await read(FILES.labels));
  if (!(labels.data instanceof Uint8Array)) {
    throw new InvalidInputError(`${FILES.labels} holds ${labels.dtype}, labels are u8`);
  }
  return { program, constants, test: await read(FILES.test), labels: labels.data };
}
