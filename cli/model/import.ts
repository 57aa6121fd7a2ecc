import path from "node:path";

import { Argument, Option } from "commander";

import { InvalidInputError } from "@orion/protocol/common";
import {
  ACTIVATIONS,
  compileModel,
  createInterpreter,
  unrollRecurrent,
  WEIGHT_TYPES,
  type Activations,
  type CompiledModel,
  type Graph,
  type Sample,
  type WeightType,
} from "@orion/protocol/models";

import { command, type Invocation } from "../core/command.ts";
import { wholeNumber } from "../core/options.ts";
import { createProgress } from "../core/progress.ts";
import { facts, table } from "../core/table.ts";
import { agreementLines, agreements, type Found } from "./agreement.ts";
import { writeBundle } from "./bundle.ts";
import { floatModelOptions, readFloatModel, readModelFile, readSamples, type FloatModelFlags } from "./float-model.ts";
import type { Reference } from "./onnx-runtime.ts";
import { portLines } from "./port-lines.ts";
import { openModel } from "./run-model.ts";

interface Flags extends FloatModelFlags {
  readonly calibrate?: readonly string[];
  readonly samples: number;
  readonly activations: Activations;
  readonly weights: WeightType;
  readonly out?: string;
}

const DEFAULT_SAMPLES = 64;
const MOST_SAMPLES = 4_096;
/** Samples on which the program is compared at the end. */
const CHECKED = 8;
/** dB; below it, classes and words begin to differ. */
const GOOD_SQNR = 30;

export const modelImport = command<Flags>({
  name: "import",
  summary: "turn an ONNX model into a tensor program that the network computes exactly",
  details: `Float models are quantised: --calibrate names data like those that the model will see (.npy, .npz or safetensors, samples behind each other), on which the
range of every value is measured. Models that are quantised already keep their own scales. It writes a folder with the program, its weights and a description of its inputs
and outputs, which \`orion job post\` takes as it is.`,
  args: [new Argument("<model>", "an .onnx file")],
  options: [
    ...floatModelOptions,
    new Option(
      "--calibrate <files...>",
      "data to measure the ranges of values on; one .npy for each input, or named arrays",
    ),
    new Option("--samples <n>", "samples taken from it at most")
      .argParser(wholeNumber(1, MOST_SAMPLES))
      .default(DEFAULT_SAMPLES),
    new Option("--activations <type>", "width of values: auto is i8 where that loses next to nothing, else i16")
      .choices(ACTIVATIONS)
      .default("auto"),
    new Option("--weights <type>", "width of weights: auto is i16 for layers that lose too much by i8")
      .choices(WEIGHT_TYPES)
      .default("auto"),
    new Option("--out <folder>", "where to write it (default: the model's name)"),
  ],
  examples: [
    "orion model import model.onnx --calibrate data.npy",
    "orion model import recogniser.onnx --shape x=1x3x48x320 --calibrate lines.npy --out recogniser",
    "orion model import voice.onnx --shape input=1x512 --constant sr=16000 --calibrate voice.npz --activations i16",
  ],
  async run(invocation) {
    const { args, flags, terminal } = invocation;
    const file = args[0] as string;
    const { bytes, source } = await readModelFile(file);
    const progress = createProgress(terminal);
    try {
      progress.update("reading the model");
      const graph = unrollRecurrent(await readFloatModel(file, bytes, flags));
      const samples = await samplesOf(graph, flags);
      const model = await compiled(invocation, graph, samples, (done) =>
        progress.update("measuring ranges", done, samples.length),
      );
      const name = path.basename(file).replace(/\.onnx$/i, "");
      const folder = flags.out ?? name;
      progress.update("writing the program");
      await writeBundle(folder, model, {
        ...{ name, source, shapes: flags.shape ?? {}, constantInputs: flags.constant ?? {} },
      });
      progress.update("comparing with the float model");
      const found = await checked(invocation, graph, model, samples.slice(0, CHECKED));
      progress.end();
      const { report, inputs, outputs } = model;
      const { programNodes, macs, work, constantBytes, worstGas, worstBytes } = report;
      terminal.result(
        {
          ...{ folder, name, source, inputs, outputs, samples: samples.length },
          ...{ programNodes, macs, work, constantBytes, worstGas, worstBytes },
          ...{ agreement: found, operators: report.operators, nodes: report.nodes, tensors: report.tensors },
        },
        [
          ...facts([
            ["model", folder],
            ["program", `${programNodes} nodes, ${macs} multiply-accumulates, ${work} units of work`],
            ["weights", `${constantBytes} bytes`],
            ["dispute", `${worstGas} gas and ${worstBytes} bytes for one step at most`],
          ]),
          "",
          ...portLines(inputs, outputs),
          "",
          ...(found.length === 0 ? [] : [...agreementLines(found), ...adviceOf(found, flags), ""]),
          ...table(
            ["operator", "nodes", "multiply-accumulates"],
            report.operators.map(({ op, nodes, macs: each }) => [op, String(nodes), String(each)]),
          ),
        ],
      );
    } finally {
      progress.end();
    }
  },
});

/** The program against the float model, on data that it was calibrated with. */
async function checked(
  { interrupts }: Invocation<Flags>,
  graph: Graph,
  compiledModel: CompiledModel,
  samples: readonly Sample[],
): Promise<Found[]> {
  if (samples.length === 0) return [];
  const { signal } = interrupts;
  const interpreter = createInterpreter(graph);
  const float: Reference = { name: "float", run: (sample) => interpreter.run(sample, { signal }) };
  const model = await openModel(compiledModel, "auto");
  try {
    return await agreements(graph, compiledModel.outputs, samples, [float], (sample) =>
      model.reals(sample, { signal }),
    );
  } finally {
    await model.dispose();
  }
}

/** What to try where much is lost, on the very data that the ranges were measured on. */
function adviceOf(found: readonly Found[], { activations, weights }: Flags): string[] {
  if (found.every(({ sqnr }) => sqnr >= GOOD_SQNR)) return [];
  const wider = activations === "i16" && weights === "i16" ? "" : "try `--activations i16 --weights i16`; ";
  return [`The program loses much of what the model says: ${wider}calibrate with real data, a few dozen samples.`];
}

/** @throws InvalidInputError where a model has nothing to be calibrated with */
async function samplesOf(graph: Graph, { calibrate, samples }: Flags): Promise<Sample[]> {
  if (calibrate !== undefined) return readSamples(graph, calibrate, samples);
  const isFloat = [...graph.values].some(([name, { type }]) => type === "f32" && !graph.constants.has(name));
  if (!isFloat) return [];
  throw new InvalidInputError("the model computes in floating point, and its values' ranges are not known", {
    hint: "give data like those that it will see: `--calibrate data.npy`, a few dozen samples suffice",
  });
}

async function compiled(
  { flags, interrupts }: Invocation<Flags>,
  graph: Graph,
  samples: readonly Sample[],
  onSample: (done: number) => void,
): Promise<CompiledModel> {
  const { signal } = interrupts;
  const interpreter = createInterpreter(graph);
  let done = 0;
  const runner = {
    run: async (...[inputs, options]: Parameters<typeof interpreter.run>) => {
      const values = await interpreter.run(inputs, { ...options, signal });
      onSample(++done);
      return values;
    },
  };
  onSample(0);
  return compileModel(graph, { samples, runner, activations: flags.activations, weights: flags.weights });
}
