import { Argument, Option } from "commander";

import { InvalidInputError } from "@orion/protocol/common";
import { MODES, type Mode } from "@orion/protocol/kernels";
import { createInterpreter } from "@orion/protocol/models";

import { command } from "../core/command.ts";
import { wholeNumber } from "../core/options.ts";
import { createProgress } from "../core/progress.ts";
import { agreementLines, agreements } from "./agreement.ts";
import { readBundle } from "./bundle.ts";
import { floatModelOptions, readFloatModel, readModelFile, readSamples, type FloatModelFlags } from "./float-model.ts";
import { onnxRuntime, type Reference } from "./onnx-runtime.ts";
import { openModel } from "./run-model.ts";

interface Flags extends FloatModelFlags {
  readonly input: readonly string[];
  readonly samples: number;
  readonly mode: Mode | "auto";
}

const MOST_SAMPLES = 100_000;

export const modelCompare = command<Flags>({
  name: "compare",
  summary: "compare an imported model with the float model that it came from",
  details: `Both compute the same data. The float model runs in this program's own interpreter, and in ONNX Runtime as well where the package onnxruntime-node is installed.`,
  args: [
    new Argument("<onnx>", "the .onnx file that the model was imported from"),
    new Argument("<model>", "the folder of the imported model"),
  ],
  options: [
    ...floatModelOptions,
    new Option(
      "--input <files...>",
      "data: one .npy for each input, or named arrays (.npz, safetensors)",
    ).makeOptionMandatory(),
    new Option("--samples <n>", "samples taken from it at most")
      .argParser(wholeNumber(1, MOST_SAMPLES))
      .default(MOST_SAMPLES),
    new Option("--mode <mode>", "how to compute").choices(["auto", ...MODES]).default("auto"),
  ],
  examples: ["orion model compare model.onnx model --input data.npy --samples 100"],
  async run({ args, flags, terminal, interrupts }) {
    const [file, folder] = args as [string, string];
    const bundle = await readBundle(folder);
    const { bytes, source } = await readModelFile(file);
    if (source !== bundle.source) {
      throw new InvalidInputError(`${folder} was imported from another file than ${file}`, {
        hint: "name the file that it was imported from, or import this one",
      });
    }
    const fixed = {
      shape: { ...bundle.shapes, ...flags.shape },
      constant: { ...bundle.constantInputs, ...flags.constant },
    };
    const graph = await readFloatModel(file, bytes, fixed);
    const samples = await readSamples(graph, flags.input, flags.samples);
    const interpreter = createInterpreter(graph);
    const references: Reference[] = [
      { name: "float", run: (sample) => interpreter.run(sample, { signal: interrupts.signal }) },
    ];
    const runtime = await onnxRuntime(file, graph, fixed.constant);
    if (runtime !== undefined) references.push(runtime);
    const progress = createProgress(terminal);
    progress.update("starting the device");
    const model = await openModel(bundle, flags.mode);
    try {
      const found = await agreements(graph, bundle.outputs, samples, references, (sample, done) => {
        progress.update("comparing", done, samples.length);
        return model.reals(sample, { signal: interrupts.signal });
      });
      progress.end();
      terminal.result({ samples: samples.length, agreement: found }, agreementLines(found));
    } finally {
      progress.end();
      await model.dispose();
    }
  },
});
